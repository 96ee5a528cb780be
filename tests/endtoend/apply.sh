# SPDX-License-Identifier: ISC
# Plan, update, rollback, and files that people changed by hand.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

key="HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client"
appdir=$STATION/config/$APP

# release DIR LEVEL USER: a release with these settings; the caller adds files.
release() {
	mkdir -p "$1/app/tls" "$1/install/bin" "$1/scripts/machine" "$1/scripts/user"
	cat > "$1/scripts/machine/10.lua" <<LUA
set([[$key]], "TLS_RequiredLevel", "$2")
set([[$key]], "TLS_ExpiryWarnDays", 30)
LUA
	echo "set([[HKCU\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP]], \"Skin\", \"$3\")" > "$1/scripts/user/10.lua"
	echo "certificate $2" > "$1/app/tls/server.crt"
	echo stays > "$1/app/tls/ca.crt"
	printf 'program %s' "$2" > "$1/install/bin/tool"
}

make_repo
release r1 TLSNoPeerAuth day
mkdir r1/app/old
echo old > r1/app/old/only.txt
publish r1
url=file://$REPO/served
expect 0 enroll.log slipway enroll "$url" --root "$REPO/served/metadata/1.root.json" --installation "$INSTALLATION" \
	--app "$APP" --install-dir "$WORK/installed"

# No release is applied yet: the plan lists the whole release, and changes nothing.
expect 3 plan.log slipway plan
want plan.log "$APP: release 1 would be the first to be applied here." 0
want plan.log "  add     $appdir/tls/server.crt  (26 bytes)" 0
want plan.log "Settings of $key" 0
want plan.log '  add     TLS_RequiredLevel = TLSNoPeerAuth' 0
want plan.log '  add     Skin = day' 0
want plan.log "4 files and 3 settings would change. 'slipway update' does it." 0
[ ! -e "$appdir" ] && [ ! -e installed ] || fail "want nothing made by plan"
expect 1 verify.log slipway verify
want verify.log 'no release was ever applied' 0
expect 0 history.log slipway history
want history.log 'nothing was applied yet' 0
# json FILE EXPRESSION: it holds for the result r in the file.
json() {
	python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' "$@" ||
		fail "want $2" "$1"
}
expect 1 back.log slipway rollback
want back.log 'no release was ever applied' 0
expect 0 update.log bash -c 'slipway update --progress=json > progress.json'
want update.log "applied release 1: 4 files changed" 0
python3 - progress.json <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
first, last = lines[0], lines[-1]
assert len(lines) >= 2 and first["files"] == first["bytes"] == 0, lines
assert last["files"] == last["of_files"] == 4 and last["bytes"] == last["of_bytes"] > 0, last
PY
expect 2 progress.log slipway update --progress=line
want progress.log "--progress: want json, got 'line'" 0
expect 0 plan.log slipway plan
want plan.log "nothing would change, release 1 is applied" 0
expect 0 verify.log slipway verify
want verify.log "release 1, 4 files and 3 settings: all as they were applied" 0
expect 0 value.log slipway settings get "HKCU\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP" Skin
want value.log day 0
one=$(state)

# The second release: changed, new and removed files, and another mode; a file that a person changed is kept.
release r2 TLSPeerAuth night
chmod 755 r2/install/bin/tool
echo new > r2/app/tls/new.crt
publish r2 --allow no-trust
echo "my own" > "$appdir/tls/server.crt"
aside=$appdir/tls/server.crt.changed-by-hand-$(date -u +%Y-%m-%d)
expect 3 plan.log slipway plan
want plan.log 'release 2 would follow release 1' 0
want plan.log "  replace $appdir/tls/server.crt  (24 bytes, now 7)" 0
want plan.log "is kept as $(basename "$aside")" 0
want plan.log "  remove  $appdir/old/only.txt" 0
want plan.log '  change  TLS_RequiredLevel = TLSPeerAuth  (now TLSNoPeerAuth)' 0
wantno plan.log ca.crt
wantno plan.log ExpiryWarnDays
wantno plan.log $'\033'
expect 3 colour.log script -qec 'slipway plan' /dev/null
want colour.log $'\033[33m' 0
expect 3 plan.log bash -c 'slipway plan --json > plan.json'
python3 - plan.json <<'PY'
import json, sys
p = json.load(open(sys.argv[1]))
assert (p["applied"], p["release"], p["held"]) == (1, 2, False), p
assert sorted(f["action"] for f in p["files"]) == ["add", "remove", "replace", "replace"], p
assert {s["name"]: (s["value"], s["now"]) for s in p["settings"]} == {
    "TLS_RequiredLevel": ("TLSPeerAuth", "TLSNoPeerAuth"), "Skin": ("night", "day")}, p
PY
expect 0 update.log slipway run -- true
want update.log 'applied release 2: 4 files changed' 0
want "$aside" 'my own' 0
[ ! -e "$appdir/old" ] || fail "want the directory that Slipway made gone with its file"
[ "$(stat -c %a installed/bin/tool)" = 755 ] || fail "want the mode of the release"
want "$appdir/tls/server.crt" 'certificate TLSPeerAuth' 0
rm "$aside"
two=$(state)

# Back, without a server except for the file whose old content a person had overwritten; settings as they were, of the
# user, too.
expect 0 back.log slipway rollback
want back.log 'returned to release 1' 0
want back.log 'until a release after 2 is published' 0
[ "$(state)" = "$one" ] || fail "want the state of release 1" back.log "$WORK/station/machine.conf"
mv repo away
expect 0 back.log slipway rollback 2
[ "$(state)" = "$two" ] || fail "want the state of release 2" back.log
expect 0 back.log bash -c 'slipway rollback 1 --json > back.json'
json back.json 'r["release"] == 1 and r["newest"] == 2 and r["held"] and r["files"] > 0'
[ "$(state)" = "$one" ] || fail "want the state of release 1" back.log
mv away repo
expect 2 both.log slipway update --json --progress=json
expect 1 back.log bash -c 'slipway rollback 7 --json > back.json'
[ ! -s back.json ] || fail "want nothing on standard output" back.json
want back.log "want release 7, which isn't kept here; there are: 2" 0
expect 2 back.log slipway rollback seven

# The station keeps this release, also when the metadata is signed anew, until a newer release comes.
expect 0 renew.log slipway-repo --repo "$REPO" renew "$APP"
expect 0 update.log bash -c 'slipway update --json > update.json'
json update.json 'r["application"] == "COV_PB" and r["release"] == 1 and r["held"] and not r["changed"]'
json update.json 'r["fresh"] and r["refreshed"].endswith("Z") and r["fetched"] == 0'
want update.log "release 1 stays, to which this station was rolled back; release 2 isn't taken again" 0
expect 0 plan.log slipway plan
want plan.log 'release 1 stays' 0
expect 0 status.log slipway status
want status.log "rolled back   release 2 isn't taken again" 0
[ "$(state)" = "$one" ] || fail "want release 1 held"
release r3 None dusk
publish r3
expect 0 update.log slipway update
want update.log 'applied release 3' 0
[ -d "$appdir/old" ] && fail "want release 3"
expect 0 history.log slipway history
want history.log 'update from release 1; applied now' 0
want history.log 'rollback from release 2' 0
[ "$(wc -l < history.log)" -eq 7 ] || fail "want a line for each of six transactions" history.log
expect 0 history.log bash -c 'slipway history --json > history.json'
python3 -c 'import json, sys; assert [r["release"] for r in json.load(open("history.json"))] == [3, 1, 2, 1, 2, 1]'

# A result that can't be written is a failure.
for c in status history verify plan 'status --json' 'settings list' --help; do
	expect 1 full.log bash -c "slipway $c > /dev/full"
	want full.log 'standard output: No space left on device' 0
done

# A record that can't be read is an error, not a station without a release; the next update puts it back.
applied=$STATION/state/$INSTALLATION/$APP/applied.json
cp "$applied" whole.json
for bad in '' '{' '{"serial": "six"}' '{"serial": 6, "release": 3}'; do
	printf '%s' "$bad" > "$applied"
	for c in status 'status --json' history verify; do
		expect 1 unread.log bash -c "slipway $c"
		want unread.log applied.json 0
	done
	expect 0 unread.log slipway update
	want unread.log 'kept as applied.json.damaged-' 0
	cmp "$applied" whole.json || fail "want the record back" unread.log "$applied"
done
expect 0 status.log slipway status
want status.log 'release       3, ' 0

# verify finds files that a person changed, and --repair restores them.
three=$(state)
rm "$appdir/tls/ca.crt"
chmod 600 installed/bin/tool
printf 'program NONE' > installed/bin/tool
expect 0 set.log slipway settings set "$key" TLS_RequiredLevel None2
expect 3 verify.log slipway verify
want verify.log "tls/ca.crt: is missing" 0
want verify.log "bin/tool: was changed" 0
want verify.log "differs; want: set $key TLS_RequiredLevel = None" 0
want verify.log "2 of 3 files and 1 of 3 settings differ; 'slipway update --repair' puts them back" 0
expect 3 verify.log bash -c 'slipway verify --json > verify.json'
python3 -c 'import json; v = json.load(open("verify.json")); assert (len(v["files"]), len(v["settings"])) == (2, 1), v'
expect 0 update.log slipway update
want update.log 'nothing new' 0
expect 0 update.log slipway update --repair
expect 0 verify.log slipway verify
rm installed/bin/tool.changed-by-hand-*
[ "$(state)" = "$three" ] || fail "want the state of release 3"
expect 0 history.log slipway history
want history.log 'repair from release 3; applied now' 0

# A directory or a link in the place of a file: a clear error, and nothing is changed.
release r4 TLSPeerAuth dawn
publish r4 --allow no-trust
mv "$appdir/tls/server.crt" kept.crt
mkdir "$appdir/tls/server.crt"
expect 1 update.log slipway update
want update.log "tls/server.crt: want a file or nothing, found a directory; move it away" 0
rmdir "$appdir/tls/server.crt"
ln -s "$WORK/kept.crt" "$appdir/tls/server.crt"
expect 1 update.log slipway update
want update.log "found a symbolic link; move it away" 0
rm "$appdir/tls/server.crt"
mv kept.crt "$appdir/tls/server.crt"
[ "$(state)" = "$three" ] || fail "want the state of release 3"
expect 0 update.log slipway update
want update.log 'applied release 4' 0

# Files of an earlier release aren't fetched again: only the new file, and the machine's script, which isn't kept.
expect 0 back.log slipway rollback
want back.log 'returned to release 3' 0
cp -R r4 r5
echo one more > r5/app/more.txt
publish r5 --allow no-trust
expect 0 update.log slipway update
want update.log 'applied release 5: 3 files changed (2 fetched)' 0
expect 0 verify.log slipway verify

# The longest name and the longest path that publish takes reach the station; one byte more isn't published.
cp -R r5 r6
name=$(printf 'n%.0s' $(seq 135))
deep=install$(printf '/%0149d' 1 2 3 4 5 6)/
deep=$deep$(printf '%0*d' $((951 - ${#APP} - 1 - ${#deep})) 0)
mkdir -p "r6/${deep%/*}"
echo longest > "r6/$deep"
echo longest > "r6/app/$name"
publish r6 --allow no-trust
expect 0 update.log slipway update
want update.log 'applied release 6: 2 files changed (2 fetched)' 0
[ "$(cat "$appdir/$name" "installed/${deep#install/}")" = "$(printf 'longest\nlongest')" ] || fail "want the longest names"
cp -R r6 r7
echo longer > "r7/app/n$name"
expect 1 publish.log slipway-repo --repo "$REPO" publish --app "$APP" r7
want publish.log 'name over 135 bytes' 0
