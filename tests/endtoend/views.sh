# SPDX-License-Identifier: ISC
# RegistryView: both writes what a release sets for 32-bit programs, too, in the one transaction.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

key="HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP"
view32="HKLM\\SOFTWARE\\WOW6432Node\\Ipesoft\\$INSTALLATION\\cfg_$APP"
own="HKLM\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP"
make_repo
url=file://$REPO/served

# release LINE...: published with a script of these lines.
release() {
	rm -rf r && mkdir -p r/scripts/machine
	printf '%s\n' "$@" > r/scripts/machine/10.lua
	expect 0 publish.log slipway-repo --repo "$REPO" publish --app "$APP" r
}

# is KEY NAME VALUE: the setting is there, or with VALUE "" isn't.
is() {
	local found
	found=$(slipway settings get "$1" "$2" 2> /dev/null) || found=""
	[ "$found" = "$3" ] || fail "want $2 = '$3' in $1, got '$found'" station/machine.conf
}

enroll() {
	expect "$1" enroll.log slipway enroll "$url" --root "$REPO/served/metadata/1.root.json" \
		--installation "$INSTALLATION" --app "$APP" "${@:2}"
}

enroll 1 --registry-view both
want enroll.log 'one view' 0
[ ! -e station/machine.conf ] || fail "want nothing enrolled" station/machine.conf
enroll 2 --registry-view 32
want enroll.log '64 or both' 0
enroll 0
release "set([[$key]], 'A', 'one')"
expect 0 update.log slipway update
is "$key" A one
is "$view32" A ""

# The same release is applied anew once the setting says so, and what was there is kept for the way back.
expect 0 set.log slipway settings set "$own" RegistryView 64
expect 0 set.log slipway settings set "$view32" A theirs
expect 0 get.log slipway settings get "$key" A
want get.log 'note: 32-bit programs read another value' 0
expect 0 set.log slipway settings set "$own" RegistryView both
expect 3 plan.log slipway plan
want plan.log "WOW6432Node" 0
expect 0 run.log slipway run true
is "$view32" A one
expect 0 get.log slipway settings get "$key" A
wantno get.log note
expect 0 verify.log slipway verify
# There is nothing more to do.
record=station/state/$INSTALLATION/$APP/applied.json
before=$(stat -c '%i %z' "$record")
expect 0 update.log slipway update
expect 0 run.log slipway run true
[ "$before" = "$(stat -c '%i %z' "$record")" ] || fail "want no new record" update.log

# A difference in the other view is told and put back.
expect 0 set.log slipway settings set "$view32" A changed
expect 3 verify.log slipway verify
want verify.log 'WOW6432Node' 0
expect 0 set.log slipway settings delete "$view32" A
expect 0 run.log slipway run true
is "$view32" A one

# Removal and the way back reach both; a killed update ends in one of both states, as always.
release "delete([[$key]], 'A') set([[$key]], 'B', 'two')"
expect 0 update.log slipway update
for k in "$key" "$view32"; do
	is "$k" A ""
	is "$k" B two
done
expect 0 rollback.log slipway rollback
for k in "$key" "$view32"; do
	is "$k" A one
	is "$k" B ""
done

# Scripts name a setting as 64-bit programs do.
rm -rf r && mkdir -p r/scripts/machine
echo "set([[$view32]], 'A', 'x')" > r/scripts/machine/10.lua
expect 1 publish.log slipway-repo --repo "$REPO" publish --app "$APP" r
want publish.log "write $key; where the station's setting RegistryView is both" 0
expect 0 set.log slipway settings set "$own" ScriptKeys "$view32"
expect 0 status.log slipway status
want status.log 'ScriptKeys: want keys as 64-bit programs name them' 0
# What isn't understood stops the update and not the program.
expect 0 set.log slipway settings set "$own" RegistryView 32
expect 0 run.log slipway run true
want run.log "RegistryView: want '64' or 'both', got '32'" 0
echo "both views have what the release sets"
