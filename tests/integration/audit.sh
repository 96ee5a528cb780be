#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo log: the record of changes, tampering with it, and power failures.
# usage: audit.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"

status 0 "$repo" help log; says '--verify'
status 0 "$repo" init "$R" --no-passphrase
[ "$(stat -c %a "$R/audit.log")" = 600 ] || fail "mode of audit.log"
release one
status 0 "$repo" --repo "$R" app add COV_PB --no-passphrase
status 0 "$repo" --repo "$R" publish --app COV_PB rel
status 0 "$repo" --repo "$R" cert new kernel
status 0 "$repo" cert new elsewhere --out "$work/certs"
# A release that begins with a certificate: the starter script with the names of the site; nothing is overwritten.
status 0 "$repo" cert new first --out "$work/certs" --release new --installation D2EXE_X --app X_1
says 'next: slipway-repo publish --app X_1 new'
cmp new/app/server.crt certs/first.crt || fail "want the certificate"
sed 's/^local installation = .*/local installation = "D2EXE_X"/; s/^local application = .*/local application = "X_1"/' \
	"$here/../../share/scripts/tls-client.lua" | cmp - new/scripts/machine/10-tls.lua || fail "want the script"
status 1 "$repo" cert new second --out "$work/certs" --release new --installation D2EXE_X --app X_1
says 'server.crt is there already'
rm new/app/server.crt
status 1 "$repo" cert new second --out "$work/certs" --release new --installation D2EXE_X --app X_1; says '10-tls.lua is there'
[ ! -e new/app/server.crt ] && [ ! -e certs/second.pem ] || fail "want nothing made"
# A release that can't be begun leaves no pair.
mkdir blocked && touch blocked/scripts
status 1 "$repo" cert new second --out "$work/certs" --release blocked --installation D2EXE_X --app X_1
[ ! -e "$work/certs/second.pem" ] || fail "want no key without the release"
rm -r blocked/* && ln -s nowhere blocked/app
status 1 "$repo" cert new second --out "$work/certs" --release blocked --installation D2EXE_X --app X_1
[ ! -e "$work/certs/second.pem" ] || fail "want no key without the release"
status 2 "$repo" cert new second --out "$work/certs" --release new; says 'want --release DIR, --installation'
status 2 "$repo" cert new second third --out "$work/certs" --release n2 --installation D2EXE_X --app X_1
status 2 "$repo" cert new second --out "$work/certs" --release n2 --installation 'D2"EXE' --app X_1; says -- --installation
status 0 "$repo" --repo "$R" log
says ' init$'; says ' app add .*targets version 2$'; says ' publish COV_PB version 1 release 1$'; says ' cert new name=kernel '
[ "$(wc -l <"$work/out")" = 4 ] || fail "want 4 lines in the log"
status 0 "$repo" --repo "$R" log --verify; says '^4 lines, the chain holds$'
head=$(sed -n 's/^head //p' "$work/out")
[ "$head" = "$(tail -n 1 "$R/audit.log" | head -c -1 | sha256sum | cut -d' ' -f1)" ] || fail "head isn't the last line's hash"
status 0 "$repo" --repo "$R" log --json
cmp "$work/out" "$R/audit.log" || fail "--json prints something else"
status 2 "$repo" --repo "$R" log --head abc

# A judge of its own: canonical form, chain, state.
python3 - "$R" <<'PY'
import hashlib, json, sys
R = sys.argv[1]
prev, n = "0" * 64, 0
for line in open(R + "/audit.log", "rb"):
    line = line.rstrip(b"\n")
    j = json.loads(line)
    n += 1
    assert j["prev"] == prev and j["seq"] == n, j
    assert json.dumps(j, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == line
    prev = hashlib.sha256(line).hexdigest()
ts = open(R + "/served/metadata/timestamp.json", "rb").read()
assert j["state"]["timestamp"] == {"sha256": hashlib.sha256(ts).hexdigest(), "version": json.loads(ts)["signed"]["version"]}
PY

cp "$R/audit.log" good
restore() { cat good >"$R/audit.log"; }
broken() {	# broken TEXT: log --verify fails and says so
	status 1 "$repo" --repo "$R" log --verify; says "$1"
	grep -q 'chain holds' "$work/out" && fail "a broken chain was said to hold"
	restore
}
sed -i '3s/COV_PB/COV_PC/' "$R/audit.log"; broken 'line 4'
sed -i '4s/kernel/kernem/' "$R/audit.log"
status 0 "$repo" --repo "$R" log --verify
status 1 "$repo" --repo "$R" log --verify --head "$head"; says 'no line with hash'; restore
sed -i 2d "$R/audit.log"; broken 'line 2'
sed -i 1d "$R/audit.log"; broken 'line 1'
sed -i '2p' "$R/audit.log"; broken 'line 3'
sed -i '2s/,"prev"/, "prev"/' "$R/audit.log"; broken 'line 2: not as it was written'
sed -i '2s/.*/garbage/' "$R/audit.log"; broken 'line 2'
printf '%300000s\n' x >>"$R/audit.log"; broken 'line 5'
# lines taken away at the end: only a head that was kept elsewhere shows it
sed -i '$d' "$R/audit.log"
status 0 "$repo" --repo "$R" log --verify
status 1 "$repo" --repo "$R" log --verify --head "$head"; says 'no line with hash'
restore
status 0 "$repo" --repo "$R" log --verify --head "$head"

# a line that a power failure cut is reported, and the next line replaces it
for keep in 1 200 "$(($(tail -n 1 good | wc -c) - 1))"; do
	restore
	{ head -n 3 good; tail -n 1 good | head -c "$keep"; } >"$R/audit.log"
	status 0 "$repo" --repo "$R" log --verify; says "cut after $keep bytes"; says '^3 lines'
	status 0 "$repo" --repo "$R" cert new again --force
	status 0 "$repo" --repo "$R" log; says 'cut by a power failure'
	grep -q "\"cut\":{\"bytes\":$keep,\"sha256\":\"$(tail -n 1 good | head -c "$keep" | sha256sum | cut -d' ' -f1)\"}" \
		"$R/audit.log" || fail "what was cut isn't recorded"
	status 0 "$repo" --repo "$R" log --verify; says '^4 lines'
done

# a damaged end stops changes before they are made
restore; echo garbage >>"$R/audit.log"
release two
cp "$R/served/metadata/timestamp.json" before
status 1 "$repo" --repo "$R" publish --app COV_PB rel; says 'audit.log is damaged'
cmp before "$R/served/metadata/timestamp.json" || fail "changed although it can't be recorded"
restore
ln -s elsewhere.log link && mv "$R/audit.log" elsewhere.log && ln -s "$work/elsewhere.log" "$R/audit.log"
status 1 "$repo" --repo "$R" publish --app COV_PB rel; says 'symbolic link'
cmp before "$R/served/metadata/timestamp.json" || fail "changed although it can't be recorded"
rm "$R/audit.log"; mv elsewhere.log "$R/audit.log"
status 0 "$repo" --repo "$R" publish --app COV_PB rel
status 0 "$repo" --repo "$R" log --verify; says '^5 lines'

# a change that isn't recorded is noticed
sed -i '$d' "$R/audit.log"
status 0 "$repo" --repo "$R" log --verify; says 'is not what the last line says'
release three
status 0 "$repo" --repo "$R" publish --app COV_PB rel
status 0 "$repo" --repo "$R" log --verify; says 'from version 3 to 5'

# texts from outside: a text that a person may choose breaks neither the log nor a terminal
for name in $'root\nx' $'\n{"action":"init"}' $'\e[31m' $'\xc2\x9b31m' $'\xe2\x80\xaeexe' $'Gr\xfc\xdf' $'cut\xe2\x82'; do
	SUDO_USER=$name status 0 "$repo" --repo "$R" cert new again --force
	status 0 "$repo" --repo "$R" log --verify; says 'the chain holds'
	for how in '' --json; do
		status 0 "$repo" --repo "$R" log $how
		LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f-\xff]' "$work/out" && fail "a terminal gets the bytes of $(printf %q "$name")"
	done
done

# a full disk (a limit of whole blocks, so fill up the last block): no unrecorded change goes live
status 0 "$repo" --repo "$R" cert ca site
cp "$R/certs/kernel.crt" rel/app/server.crt
status 0 "$repo" --repo "$R" publish --app COV_PB rel
size() { stat -c %s "$R/audit.log"; }
blocks() { echo $((($(size) + 1023) / 1024)); }
n=0
while [ $(($(blocks) * 1024 - $(size))) -gt 150 ]; do
	n=$((n + 1))	# names of other lengths, so that no sequence of lines comes around
	status 0 "$repo" --repo "$R" cert new "$(printf 'a%.0s' $(seq $((n % 40 + 1))))" --force
done
cp "$R/audit.log" good
release four
# unchanged COMMAND...: it fails, and neither served/ nor the record nor a key changes
unchanged() {
	rm -rf served.before && cp -a "$R/served" served.before
	ls -A "$R/keys" >keys.before
	"$@" >"$work/out" 2>"$work/err" </dev/null && fail "done, but not recorded: $*"
	diff -r served.before/metadata "$R/served/metadata" || fail "went live, but isn't recorded: $*"
	ls -A "$R/keys" | diff keys.before - || fail "a key is left of what wasn't done: $*"
	[ ! -e "$R/begun.json" ] || fail "something is left of what wasn't done: $*"
}
small() { unchanged bash -c 'trap "" XFSZ; ulimit -f '"$(blocks)"'; exec "$@"' x "$repo" --repo "$R" "$@"; }
small publish --app COV_PB rel
says 'publish: not done, because it can.t be recorded'; says 'audit.log'
small refresh; says 'refresh: not done'
small app add OTHER --no-passphrase; says 'app add: not done'
small key rotate root --no-passphrase; says 'key rotate: not done'
small key new root --no-passphrase; says 'key new: not done'
small cert new other; says 'cert new: not done'
small cert ca other; says 'cert ca: not done'
small cert crl --ca site; says 'cert crl: not done'
echo left >"$R/served/metadata/9.COV_PB.json"
small gc; says 'gc: not done'
[ -e "$R/served/metadata/9.COV_PB.json" ] || fail "removed, but not recorded"
rm "$R/served/metadata/9.COV_PB.json"
cp -a "$R/certs" certs.before
small cert replace kernel; says 'cert replace: not done'
diff -r certs.before "$R/certs" || fail "a pair that isn't recorded"
unchanged bash -c 'trap "" XFSZ; ulimit -f 0; exec "$@"' x "$repo" init "$work/none" --no-passphrase
[ -z "$(ls -A "$work/none")" ] || fail "init leaves something that isn't recorded"
status 0 "$repo" init "$work/none" --no-passphrase
[ ! -e "$R/certs/other.pem" ] && [ ! -e "$R/ca/other" ] && [ ! -e "$R/ca/site/crl.pem" ] || fail "made, but not recorded"
cmp "$R/audit.log" good || fail "a full disk changed the log"
status 0 "$repo" --repo "$R" log --verify
grep -q 'not what the last line says' "$work/err" && fail "the record doesn't fit what is live"
# killed by that limit, or otherwise, while the line is written: the next line replaces the incomplete one
"$repo" --repo "$R" refresh >/dev/null || fail "refresh with a disk that isn't full"
cp "$R/served/metadata/timestamp.json" before
bash -c 'ulimit -f '"$(blocks)"'; exec "$@"' x "$repo" --repo "$R" publish --app COV_PB rel >/dev/null 2>&1
if cmp -s before "$R/served/metadata/timestamp.json"; then
	status 0 "$repo" --repo "$R" publish --app COV_PB rel
fi
status 0 "$repo" --repo "$R" log --verify; says 'chain holds'

# a record that can't be written, as after one run with sudo: by this user, or as root by another
as=() other=$R
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	cp -a "$R" "$work/theirs" && chown -R 4242:4242 "$work/theirs" && other=$work/theirs
	chown 0 "$other/audit.log"
	as=(setpriv --reuid 4242 --regid 4242 --clear-groups)
fi
for mode in 400 444 600; do
	[ "$mode" != 600 ] || [ "${#as[@]}" != 0 ] || continue
	chmod "$mode" "$other/audit.log"
	before=$(sha256sum "$other/served/metadata/timestamp.json")
	for command in refresh 'renew targets' 'cert new other' 'key new root --no-passphrase' gc; do
		# shellcheck disable=SC2086
		status 1 "${as[@]}" "$repo" --repo "$other" $command; says 'was it made by root\|got one of root'
	done
	[ "$before" = "$(sha256sum "$other/served/metadata/timestamp.json")" ] || fail "live, but not recorded"
	[ ! -e "$other/certs/other.pem" ] || fail "made, but not recorded"
done
chmod 600 "$R/audit.log"
mv "$R/audit.log" good && mkdir "$R/audit.log"
unchanged "$repo" --repo "$R" refresh; says 'audit.log'
rmdir "$R/audit.log"

# a record that is missing (a .gitignore with *.log), or empty, is begun anew only by --accept
for missing in no empty; do
	[ $missing = no ] || : >"$R/audit.log"
	for command in refresh 'renew targets' 'app add OTHER --no-passphrase' 'cert new other' \
		'cert crl --ca site' 'key new root --no-passphrase'; do
		# shellcheck disable=SC2086
		unchanged "$repo" --repo "$R" $command; says 'log --accept'
	done
	[ ! -e "$R/certs/other.pem" ] || fail "a pair that isn't recorded"
	rm -f "$R/audit.log"
done
status 2 "$repo" --repo "$R" log --accept --verify
status 0 "$repo" --repo "$R" log --accept; says '^accepted: timestamp version'
status 0 "$repo" --repo "$R" refresh
status 0 "$repo" --repo "$R" log --verify; says '^2 lines'

# served/ from a backup beside a newer record: version numbers that stations have seen aren't used again
cp -a "$R/served" old
status 0 "$repo" --repo "$R" refresh
second=$(date +%s)
cp -a "$R/served" newer
restored() {
	for command in refresh 'publish --app COV_PB rel' 'renew targets' 'app add OTHER --no-passphrase' \
		'key rotate snapshot' 'cert crl --ca site' 'cert new other' gc; do
		# shellcheck disable=SC2086
		unchanged "$repo" --repo "$R" $command; says 'an old copy restored'
	done
	for command in status verify; do
		status 1 "$repo" --repo "$R" "$command"; says 'an old copy restored'
	done
}
release five
rm -rf "$R/served" && cp -a old "$R/served"
restored
# the same numbers of another history; in the same second the same numbers are the same files
until [ "$(date +%s)" != "$second" ]; do sleep 0.05; done
status 0 "$repo" --repo "$R" log --accept
status 0 "$repo" --repo "$R" refresh
rm -rf "$R/served" && cp -a newer "$R/served"
restored
status 0 "$repo" --repo "$R" log --accept
status 0 "$repo" --repo "$R" publish --app COV_PB rel

# a clock that stands before the record
cp "$R/audit.log" good
sed -i '$s/"time":"20[0-9][0-9]-/"time":"2090-/' "$R/audit.log"
for command in refresh 'publish --app COV_PB rel' 'renew targets' 'app add OTHER --no-passphrase' \
	'key rotate snapshot' 'cert crl --ca site' 'cert new other' 'key new root --no-passphrase' \
	'cert ca other' gc; do
	# shellcheck disable=SC2086
	unchanged "$repo" --repo "$R" $command; says 'want a clock that'
done
for command in status verify; do
	status 1 "$repo" --repo "$R" "$command"; says 'want a clock that'
done
[ ! -e "$R/certs/other.pem" ] && [ ! -e "$R/ca/other" ] || fail "something that isn't recorded"
# after a line from a wrong future: accepted, and the dates that were signed then are reported
status 0 "$repo" --repo "$R" log --accept
status 0 "$repo" --repo "$R" refresh --days 60; says 'good for 60 days'
unchanged "$repo" --repo "$R" refresh; says 'want an expiry date that isn.t before'
status 0 "$repo" --repo "$R" renew COV_PB --days 200
release six
unchanged "$repo" --repo "$R" publish --app COV_PB rel; says '--days'
status 0 "$repo" --repo "$R" publish --app COV_PB rel --days 90
status 0 "$repo" --repo "$R" refresh --days 30
status 0 "$repo" --repo "$R" status --json
python3 - "$work/out" <<'PY'
import json, sys
roles = {r["role"]: r for r in json.load(open(sys.argv[1]))["roles"]}
days = {name: r["days_left"] for name, r in roles.items()}
assert days["COV_PB"] in (89, 90) and days["snapshot"] in (29, 30) and days["timestamp"] in (29, 30), days
PY

# the next change settles begun.json of an interrupted change, whether that change went live or not
for left in '' '{' '[]' '{"seq":1}' '{"before":7,"seq":"x","slipway_begun":1}' "$(head -c 5000 /dev/zero | tr '\0' x)"; do
	printf '%s' "$left" >"$R/begun.json"
	status 0 "$repo" --repo "$R" refresh --days 30
	[ ! -e "$R/begun.json" ] || fail "begun.json stays: $left"
	status 0 "$repo" --repo "$R" log --verify
	grep -q warn "$work/err" && fail "want the record to fit what is live after: $left"
done
# a line whose change never went live is followed by one that says so
cp -a "$R/served" live && cp "$R/audit.log" good
status 0 "$repo" --repo "$R" refresh --days 30
rm -rf "$R/served" && mv live "$R/served"
seq=$(wc -l <"$R/audit.log")
tail -n 1 good | sed 's/.*"state":\({.*}}\),"time".*/{"before":\1,"seq":'"$seq"',"slipway_begun":1}/' >"$R/begun.json"
status 0 "$repo" --repo "$R" refresh --days 30
status 0 "$repo" --repo "$R" log; says 'end a change that was cut action=refresh done=false'
status 0 "$repo" --repo "$R" log --verify
grep -q warn "$work/err" && fail "want the record to fit what is live"

# a user without a name in the user database (containers)
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	cp -a "$R" "$work/numbered" && chown -R 4242:4242 "$work/numbered"
	status 0 setpriv --reuid 4242 --regid 4242 --clear-groups "$repo" --repo "$work/numbered" refresh
	status 0 "$repo" --repo "$work/numbered" log; says ' 4242@.* refresh'
	status 0 setpriv --reuid 4242 --regid 4242 --clear-groups "$repo" --repo "$work/numbered" cert new number
fi
echo ok
