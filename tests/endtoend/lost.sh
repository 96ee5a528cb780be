# SPDX-License-Identifier: ISC
# Installed files and settings that somebody removed: the next start puts them back, from here or from the server, and
# tells it; what a person changed stays.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

state=$STATION/state/$INSTALLATION/$APP
key="SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP"
run=(slipway run -- echo HI)

make_repo
make_login
release() {
	make_release release server.crt="$REPO/certs/kernel.crt"
	mkdir -p release/install/sub/deep release/scripts/user
	echo "version $1" > release/install/version
	echo deep > release/install/sub/deep/file
	echo beside > release/install/sub/beside
	echo "set([[HKCU\\$key]], \"Colour\", \"blue\") set([[HKCU\\$key]], \"Size\", 7)" > release/scripts/user/10.lua
	publish release
}
release 1
start_server
expect 0 enroll.log enroll --app-dir "$WORK/appdir"
expect 0 update.log "${run[@]}"
release 2
expect 0 update.log "${run[@]}"
release 1	# the same content again: kept here
expect 0 update.log "${run[@]}"
expect 0 history.log slipway history

# again TEXT...: a start finds nothing new, says the texts, and ends with everything as it was applied.
again() {
	local text
	expect 0 run.log "${run[@]}"
	want run.log HI 0
	for text; do want run.log "$text" 0; done
	expect 0 verify.log slipway verify
	! compgen -G 'installed/.slipway-*' > /dev/null || fail "want nothing left"
}
another_day() { rm -f "$state/losses.json" "$state/user/losses.json"; }
gone='lost and put back: '

again 'nothing new'
wantno run.log "$gone"
[ ! -e "$state/losses.json" ] || fail "want no note where nothing was lost"

# Files, whole directories, settings, whole keys; one and all.
remove() { # KIND
	case $1 in
	file) rm appdir/server.crt ;;
	directory) rm -r installed/sub ;;
	directories) rm -r installed appdir ;;
	value) slipway settings delete "HKLM\\$key\\TLS_Client" TLS_TrustedCerts ;;
	key) slipway settings delete --tree "HKLM\\$key" ;;
	uservalue) slipway settings delete "HKCU\\$key" Colour ;;
	userfile) rm "$STATION/user.conf" ;;
	script) find "$state/kept" -type f -exec grep -lZ Colour {} + | xargs -0 rm ;;
	esac
}
for kind in file directory directories value key uservalue userfile script; do
	another_day
	remove "$kind"
	expect 0 status.log slipway status
	want status.log 'missing ' 0
	again "$gone"
	expect 0 status.log slipway status
	wantno status.log 'missing '
done
for kind in directories key userfile script; do another_day; remove "$kind"; done
expect 0 json.log slipway status --json
grep -q '"missing": \[$' json.log || fail "want a list of the missing in JSON" json.log
again "${gone}1 file and 2 settings of release 3 (" "${gone}3 files of release 3 (" "${gone}1 file of release 3 ($APP/scripts/user/10.lua)" \
	"${gone}2 settings of release 3 ("

# No server: from what is kept here; the rest is told, and put back when the server is there again.
another_day
stop_server
rm installed/version installed/sub/beside
remove key
remove uservalue
expect 0 run.log "${run[@]}"
want run.log HI 0
want run.log "${gone}1 file and 2 settings of release 3 (" 0
want run.log "missing: 1 file of release 3 ($WORK/installed/sub/beside); could not be put back: " 0
[ "$(cat installed/version)" = 'version 1' ] || fail "want the kept content"
remove value
expect 0 run.log slipway run --offline -- echo HI
want run.log "${gone}1 setting of release 3 (" 0
want run.log "the content isn't kept here, and no server gave it" 0
start_server --port "$port"
another_day
again "${gone}1 file of release 3 ("

# Cut at any change of the disk: the next start, without a server, has everything in place again.
for at in $(seq 1 7 200); do
	another_day
	rm -f installed/version
	remove value > /dev/null
	CUT_AT=$at LD_PRELOAD=$LIBCUT slipway run --offline -- echo HI > cut.log 2>&1 || true
	expect 0 run.log slipway run --offline -- echo HI
	expect 0 verify.log slipway verify
	! compgen -G 'installed/.slipway-*' > /dev/null || fail "want nothing left: cut at $at"
	! grep -q HI cut.log || break
done
[ "$at" -gt 20 ] || fail "want more calls cut" cut.log
want cut.log "$gone" 0

# Somebody's change is told once a day, and stays.
another_day
echo mine, longer than before > installed/version
slipway settings set "HKLM\\$key\\TLS_Client" TLS_RequiredLevel TLSNoPeerAuth > set.log
expect 0 run.log "${run[@]}"
want run.log '1 file and 1 setting of release 3 were changed and stay so' 0
expect 0 run.log "${run[@]}"
wantno run.log 'were changed'
[ "$(cat installed/version)" = 'mine, longer than before' ] || fail "want a person's change kept"
expect 3 verify.log slipway verify
expect 0 repair.log slipway update --repair
rm installed/*.changed-by-hand-*

# What a virus scanner takes again and again is put back twice a day; --repair puts it back.
another_day
for _ in 1 2; do
	remove file
	remove uservalue
	again "$gone"
done
remove file
remove uservalue
expect 0 run.log "${run[@]}"
want run.log HI 0
want run.log 'missing once more, although put back 2 times today' 0
wantno run.log "$gone"
[ ! -e appdir/server.crt ] || fail "want it left alone"
expect 0 repair.log slipway update --repair
expect 0 verify.log slipway verify

# Something else in its place is told, and never removed; the program starts, also with OnError=block.
expect 0 enroll.log enroll --app-dir "$WORK/appdir" --on-error block --force
another_day
rm -r installed/sub installed/version
echo mine > installed/sub
expect 0 run.log "${run[@]}"
want run.log HI 0
want run.log 'installed/sub/beside: want a directory where it was' 0
want run.log "${gone}1 file of release 3 ($WORK/installed/version)" 0
[ "$(cat installed/sub)" = mine ] || fail "want a person's file kept"
rm installed/sub
again "${gone}2 files of release 3 ("

# A damaged note of a station is set aside; a newer Slipway's stays.
echo '{' > "$state/losses.json"
again 'was damaged'
another_day
echo '{"format": 9, "told": true}' > "$state/losses.json"
remove file
again "$gone"
grep -q '"format": 9' "$state/losses.json" || fail "want a newer note kept" "$state/losses.json"
another_day

# Put back a hundred times or once: the releases before are kept, and the way back is the same.
expect 0 history2.log slipway history
grep -v '^slipway' history2.log | grep -c . > lines
for n in $(seq 12); do
	another_day
	remove file
	remove value
	again "$gone"
done
expect 0 history3.log slipway history
cmp history2.log history3.log || fail "want no line in the history" history3.log
expect 0 rollback.log slipway rollback
[ "$(cat installed/version)" = 'version 2' ] || fail "want release 2"
# A release that was returned to stays, and is what is put back.
another_day
rm installed/version
remove key
again "$gone" 'release 2 stays'
[ "$(cat installed/version)" = 'version 2' ] || fail "want release 2"
