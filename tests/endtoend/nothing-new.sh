# SPDX-License-Identifier: ISC
# wanted.json, by which a start with nothing new needs no second look at a release: it counts for these bytes of
# metadata and applied.json alone, and in each doubt the full way is taken.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

state=$STATION/state/$INSTALLATION/$APP
wanted=$state/wanted.json
metadata=$state/metadata
url=file://$REPO/served
key="SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP"

make_repo
mkdir -p release/install release/app release/scripts/machine release/scripts/user
release() {
	echo "$1" > release/install/version
	echo "$1" > release/app/file
	echo "set([[HKCU\\$key]], \"Release\", $1)" > release/scripts/user/10.lua
	publish release
}
enrol() {
	expect 0 enroll.log slipway enroll "$url" --root "$REPO/served/metadata/1.root.json" \
		--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed" --app-dir "$WORK/$1" "${@:2}"
}
release 1
enrol appdir
expect 0 update.log slipway update
cp "$metadata/$APP.json" one.json
cp -R "$REPO/served" served-one

# The file is used exactly when its text is believed: the release that it names is told, right or wrong.
says() { # RELEASE
	sed -i -E "s/\"(release|newest)\": [0-9]+/\"\\1\": $1/" "$(readlink -f "$wanted")"
}
used() { # NAME [OPTION...]
	cp "$wanted" before.json
	says 77
	expect 0 "$1.log" slipway update "${@:2}"
	want "$1.log" 'nothing new, release 77 is applied' 0
	cp before.json "$wanted"
	expect 0 "$1.log" slipway update "${@:2}"
	wantre "$1.log" 'nothing new, release [12] is applied' 0
}
# It is not used, nothing goes wrong, and afterwards it counts again.
unused() { # NAME [OPTION...]
	says 77
	expect 0 "$1.log" slipway update "${@:2}"
	wantno "$1.log" 'release 77'
	[ ! -L "$wanted" ] || fail "want a file: $1" "$1.log"
	used "$1-again"
}
used first

# The server's state moves on without anything for this station, and with a release.
expect 0 refresh.log slipway-repo --repo "$REPO" refresh
used refreshed
expect 0 renew.log slipway-repo --repo "$REPO" renew targets
unused targets-renewed
release 2
says 77
expect 0 release.log slipway update
want release.log 'applied release 2' 0
[ "$(cat installed/version)" = 2 ] || fail "want release 2" release.log
want "$STATION/user.conf" 'Release = dword:2' 0
used applied

# The role's file on the disk: another one that the same key signed, cut, gone.
cp "$metadata/$APP.json" two.json
cp one.json "$metadata/$APP.json"
unused swapped
cmp "$metadata/$APP.json" two.json || fail "want the newest metadata again" swapped.log
truncate -s -2 "$metadata/$APP.json"
unused cut
rm "$metadata/$APP.json"
unused gone
cmp "$metadata/$APP.json" two.json || fail "want the newest metadata again" gone.log

# The server goes back to an older state: refused, and HI starts on what is applied.
mv "$REPO/served" served-two
cp -R served-one "$REPO/served"
expect 1 older.log slipway update
wantre older.log 'want version >= [0-9]+, got' 0
expect 0 older.log slipway run -- echo HI runs
want older.log 'HI runs' 0
rm -rf "$REPO/served"
mv served-two "$REPO/served"
used newer

# The role is over before the timestamp: looked at on the present clock.
expect 0 renew.log slipway-repo --repo "$REPO" renew "$APP" --days 1
says 77
expect 0 renewed.log slipway update
used renewed
cp "$state/refreshed" refreshed.good
date -u -d '+2 days' +%Y-%m-%dT%H:%M:%SZ > "$state/refreshed"
expect 1 over.log slipway update
wantre over.log "$APP version [0-9]+: expired on .*\('slipway-repo renew $APP'\)" 0
expect 0 over.log slipway run -- echo HI runs
want over.log 'HI runs' 0
cp refreshed.good "$state/refreshed"
expect 0 renew.log slipway-repo --repo "$REPO" renew "$APP"
expect 0 well.log slipway update
used well

# The file itself: by another version of Slipway, of a newer format, writable for others, a link, damaged.
sed -i -E 's/"slipway": "[^"]*"/"slipway": "0.0.1"/' "$wanted"
unused version
chmod 666 "$wanted"
unused writable
mv "$wanted" "$state/elsewhere"
ln -s elsewhere "$wanted"
unused link
rm -f "$state/elsewhere"
sed -i -E 's/"format": 1/"format": 2/' "$wanted"
expect 0 format.log slipway update
want format.log 'a newer Slipway wrote it' 0
want "$wanted" '"format": 2' 0
sed -i -E 's/"format": 2/"format": 1/' "$wanted"
used format
head -c 300 /dev/urandom > "$wanted"
expect 0 damaged.log slipway update
want damaged.log 'was damaged' 0
used damaged

# What is applied: another record, a copy of it that the history lacks, a user who hasn't followed yet.
sed -i 's/"action": "update"/"action": "repair"/' "$state/applied.json"
unused record
mv "$state"/history "$state/history.away"
unused history
[ -n "$(ls "$state/history")" ] || fail "want the record in the history again" history.log
rm -rf "$state/history"
mv "$state/history.away" "$state/history"
used followed
rm -rf "$state/user"
sed -i '/^Release/d' "$STATION/user.conf"
expect 0 user.log slipway update
want user.log '1 setting of this user changed' 0
want "$STATION/user.conf" 'Release = dword:2' 0

# Nothing new is no word about installed files: --repair looks at them, and so does another AppDir.
rm installed/version
expect 0 repair.log slipway update --repair
[ "$(cat installed/version)" = 2 ] || fail "want the file again" repair.log
used repaired
enrol moved --force
expect 0 moved.log slipway update
[ "$(cat moved/file)" = 2 ] || fail "want the files in the new AppDir" moved.log
used moved

# After a way back nothing is new, and the newest release isn't taken again.
expect 0 rollback.log slipway rollback
expect 0 held.log slipway update
wantre held.log 'release 1 stays, .*release 2 ' 0
sed -i 's/"release": 1/"release": 77/' "$wanted"
expect 0 held.log slipway update
wantre held.log 'release 77 stays, .*release 2 ' 0
sed -i 's/"release": 77/"release": 1/' "$wanted"
expect 0 held.log slipway run -- cat "$WORK/installed/version"
wantre held.log 'release 1 stays, .*release 2 ' 0
wantre held.log '^1$' 0
