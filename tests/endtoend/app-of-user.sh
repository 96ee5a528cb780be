#!/bin/bash
# SPDX-License-Identifier: ISC
# As root, in a mount namespace of its own: AppDir is a folder of each user's.  Files of app/ are each user's part,
# installed at that user's starts from what the machine's part keeps.  Nothing of it is left outside.
# shellcheck source=tests/endtoend/as-root.sh
. "$(dirname "$0")/as-root.sh"
chmod 755 "$work"
mkdir -m 700 alice bob
chown 12345 alice
chown 12346 bob
slipway-repo init repo --no-passphrase > log 2>&1
slipway-repo --repo repo app add A --no-passphrase > log 2>&1
key='HKLM\SOFTWARE\Ipesoft\I\cfg_A\TLS_Client'
rm -rf r && mkdir -p r/app/tls r/install r/scripts/machine r/scripts/user
release() {
	echo "$1" > r/app/tls/server.crt
	printf '#!/bin/sh\necho tool %s\n' "$1" > r/app/tool
	chmod 755 r/app/tool
	echo "$1" > r/install/y
	slipway-repo --repo repo publish --app A r > log 2>&1 || fail publish
}
enroll() {
	slipway enroll "file://$work/repo/served" --root repo/served/metadata/1.root.json --installation I --app A \
		--install-dir "$work/inst" "$@" > log 2>&1
}
# user NAME COMMAND...: as that user, who has no rights and no server.
user() {
	local uid=12345
	[ "$1" = alice ] || uid=12346
	HOME=$work/$1 setpriv --reuid "$uid" --regid "$uid" --clear-groups "${@:2}"
}
start() { user "$1" slipway run cat "$work/$1/.config/A/tls/server.crt" 2> log; }
is() { [ "$1" = "$2" ] || fail "want '$2', got '$1'"; }

# Directories of the administrator's own home are for nobody else.
enroll --app-dir /root/.config/A && fail "want the own home refused"
has "AppDir /root/.config/A: want a directory for all users"
has "%AppData%/NAME"
enroll --app-dir "$work/pub" --install-dir '%AppData%/inst' && fail "want the own home refused"
has "InstallDir /root/.config/inst: want a directory for all users"

# A station whose AppDir was the machine's is enrolled anew.
cat > r/scripts/machine/1.lua <<LUA
set([[$key]], "TLS_TrustedCerts", "%%AppData%%/A/tls/server.crt")
LUA
cat > r/scripts/user/1.lua <<LUA
set([[HKCU\\SOFTWARE\\Ipesoft\\I\\cfg_A]], "Dir", "%AppDir%")
LUA
enroll --app-dir "$work/pub" || fail enroll
release 1
slipway update > log 2>&1 || fail update
is "$(cat pub/tls/server.crt)" 1
has "$work/pub: TLS_TrustedCerts: %AppData%/A/tls/server.crt is in each user's own folder, and app/tls/server.crt goes to AppDir"
enroll --force --app-dir '%AppData%/A' || fail enroll
has "note: files of app/ go to %AppData%/A of each user"
rm -rf pub
slipway update > log 2>&1 || fail update
is "$(cat inst/y)" 1
grep -q 'own folder, and' log && fail "want no warning where AppDir is each user's"
[ ! -e pub ] && [ ! -e /var/lib/A ] || fail "want no files of app/ for the machine"
grep -qF 'TLS_TrustedCerts = %AppData%/A/tls/server.crt' /etc/slipway/machine.conf || fail "want the setting"

# Each user's part comes at the user's own start, without a server.
mv repo away
is "$(start alice)" 1
is "$(stat -c '%u %a' alice/.config/A/tls/server.crt alice/.config/A/tool | paste -sd' ')" "12345 644 12345 755"
is "$(user alice slipway run "$work/alice/.config/A/tool" 2> log)" "tool 1"
is "$(user alice slipway settings get 'HKCU\SOFTWARE\Ipesoft\I\cfg_A' Dir 2> log)" "$work/alice/.config/A"
[ ! -e bob/.config/A ] || fail "want nothing done for another user"
user alice slipway verify > log 2>&1 || fail verify
user alice slipway status > log 2>&1 || fail status
has "files below   $work/alice/.config/A, and of each other user's own"
has "this user     release 1"
user bob slipway status > log 2>&1 || fail status
has "this user     has no release yet"
user alice slipway history > log 2>&1 || fail history
has "This user's part"
user alice slipway history --json > log 2>&1 || fail history
[ "$(grep -c '"user": true' log)" = 1 ] || fail "want one record of the user's"
mv away repo

# A new release, and the way back.
release 2
slipway plan > log 2>&1 && fail "want changes told"
has "2 files of app/ go to %AppData%/A of each user, at the user's own starts"
slipway update > log 2>&1 || fail update
is "$(cat inst/y)" 2
is "$(start bob)" 2
is "$(cat alice/.config/A/tls/server.crt)" 1
is "$(start alice)" 2
is "$(user alice slipway run "$work/alice/.config/A/tool" 2> log)" "tool 2"
slipway rollback > log 2>&1 || fail rollback
is "$(start alice)" 1
is "$(start bob)" 1
slipway update --repair > log 2>&1 || fail repair
is "$(start alice)" 1

# What a user lost comes back; what a user changed stays, and is told.
rm -r alice/.config/A/tls
is "$(start alice)" 1
has "lost and put back"
is "$(start bob)" 1
echo changed > bob/.config/A/tls/server.crt
is "$(start bob)" changed
if user bob slipway verify > log 2>&1; then fail "want a difference"; fi
has "$work/bob/.config/A/tls/server.crt: was changed"
# Content that is kept and isn't what was signed is installed for nobody.
release 3
slipway update > log 2>&1 || fail update
kept=$(sha256sum < r/app/tls/server.crt | cut -d' ' -f1)
echo evil > "/var/lib/slipway/I/A/kept/$kept"
is "$(start alice)" 1
has "server.crt"
slipway update --repair > log 2>&1 || fail repair
is "$(start alice)" 3
rm "/var/lib/slipway/I/A/kept/$kept"
slipway update > log 2>&1 || fail update
is "$(start alice)" 3
cmp "/var/lib/slipway/I/A/kept/$kept" r/app/tls/server.crt || fail "want the kept content back"

# A file that goes, one that comes, and a user whose folder can't be written: HI starts.
rm r/app/tool
echo new > r/app/new
release4() { slipway-repo --repo repo publish --app A r > log 2>&1 || fail publish; }
release4
slipway update > log 2>&1 || fail update
chown 0 bob/.config/A bob/.config/A/tls
is "$(start bob)" changed
has "bob/.config/A"
chown 12346 bob/.config/A bob/.config/A/tls
is "$(start alice)" 3
[ ! -e alice/.config/A/tool ] && is "$(cat alice/.config/A/new)" new
is "$(start bob)" 3
ls bob/.config/A/tls > log
has changed-by-hand

# A start of the user's that is killed, or whose call fails, at a call that changes the disk: the program never finds a
# part of a release, and the next start has the new one.
cut=$build/tests/fault/libcut.so
whole() {	# TEXT...: what alice has is one release, one of these
	local got
	got=$(cat alice/.config/A/tls/server.crt alice/.config/A/new 2>> log | paste -sd' ')
	for want; do
		[ "$got" != "$want" ] || return 0
	done
	fail "want one release ($*), got '$got' at call $n"
}
part() { echo "$1" > r/app/new; release "$1"; slipway update > log 2>&1 || fail update; }
every=${CUT_EVERY:-15} number=10	# 1: each call, a minute
part "$number"
user alice env LD_PRELOAD="$cut" CUT_COUNT="$work/alice/count" slipway update > log 2>&1 || [ $? = 3 ] || fail update
calls=$(sort -n alice/count | tail -n 1)
[ "$calls" -gt 30 ] || fail "want calls that change the disk, got $calls"
is "$(start alice)" "$number"
for ((n = 1; n <= calls; n += every)); do
	old=$number
	number=$((number + 1))
	part "$number"
	for how in CUT_AT FAIL_AT; do
		user alice env LD_PRELOAD="$cut" "$how=$n" FAIL_ERRNO=28 \
			slipway update > log 2>&1 || true
		[ "$how" = CUT_AT ] || whole "$old $old" "$number $number"
		# shellcheck disable=SC2016  # the program expands it
		is "$(user alice slipway run sh -c 'cat "$HOME/.config/A/tls/server.crt" "$HOME/.config/A/new" | paste -sd" "' 2> log)" \
			"$number $number"
		[ -z "$(find alice/.config/A -name '.slipway-*')" ] || fail "want no private directory at call $n"
		old=$number
		number=$((number + 1))
		part "$number"
	done
	is "$(start alice)" "$number"
done
release 3
slipway update > log 2>&1 || fail update
is "$(start alice)" 3
is "$(start bob)" 3

# A journal in a user's state reaches nothing outside of AppDir.
user alice python3 - "$work/alice/.local/state/slipway/I/A/user" "$work/alice" <<'PY'
import hashlib, json, sys
state, home = sys.argv[1:]
record = json.load(open(f"{state}/applied.json"))
record["serial"] += 1
record["roots"] = {"app": home}
body = json.dumps({"roots": {"app": home}, "files": [], "dirs": [], "record": record, "set": []}).encode()
with open(f"{state}/journal", "wb") as f:
    f.write(b"slipway-journal 1 %d %s\n" % (len(body), hashlib.sha256(body).hexdigest().encode()) + body)
PY
is "$(start alice)" 3
has "journal"
user alice slipway update --repair > log 2>&1 || true
is "$(start alice)" 3

# Scripts of the machine name no folder of whoever runs them.
for name in AppDir AppData UserProfile; do
	echo "set([[$key]], 'X', '%$name%/x')" > r/scripts/machine/1.lua
	slipway-repo --repo repo publish --app A r > log 2>&1 || fail publish
	slipway update > log 2>&1 && fail "want %$name% refused"
	has "%$name% has no value here"
	has "write %"
	is "$(start alice)" 3
done
# OnError counts for a user's part, too.
echo "set([[$key]], 'X', '1')" > r/scripts/machine/1.lua
release 5
enroll --force --app-dir '%AppData%/A' --on-error block || fail enroll
slipway update > log 2>&1 || fail update
chown 0 alice/.config/A alice/.config/A/tls
if start alice > out; then fail "want nothing started"; fi
[ ! -s out ] || fail "want nothing started"
chown 12345 alice/.config/A alice/.config/A/tls
is "$(start alice)" 5
echo "each user has the files of app/"
