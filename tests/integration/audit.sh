#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo log: what is recorded, and what tampering and power cuts do to the record.
# usage: audit.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
set -u
. "$(dirname "$0")/repolib.sh"

status 0 "$repo" help log; says '--verify'
status 0 "$repo" init "$R" --no-passphrase
[ "$(stat -c %a "$R/audit.log")" = 600 ] || fail "mode of audit.log"
release one
status 0 "$repo" --repo "$R" app add COV_PB --no-passphrase
status 0 "$repo" --repo "$R" publish --app COV_PB rel
status 0 "$repo" --repo "$R" cert new kernel
status 0 "$repo" cert new elsewhere --out "$work/certs"
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
python=$(command -v python3) && { "$python" - "$R" <<'PY' || exit 1; }
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

# a line that a power failure cut is told, and replaced by the next one
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

# a full disk (a limit of whole blocks, so fill up the last one): told, and the log keeps its whole lines
size() { stat -c %s "$R/audit.log"; }
blocks() { echo $((($(size) + 1023) / 1024)); }
while [ $(($(blocks) * 1024 - $(size))) -gt 300 ]; do
	status 0 "$repo" --repo "$R" cert new again --force
done
cp "$R/audit.log" good
release four
status 1 bash -c 'trap "" XFSZ; ulimit -f '"$(blocks)"'; exec "$@"' x "$repo" --repo "$R" publish --app COV_PB rel
says 'publish: done, but not recorded'; says 'audit.log'
cmp "$R/audit.log" good || fail "a full disk changed the log"
status 0 "$repo" --repo "$R" log --verify; says 'is not what the last line says'
echo ok
