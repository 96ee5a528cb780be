# SPDX-License-Identifier: ISC
# Each file that Slipway keeps for itself, in each state that a file can get into: HI starts by the policy, the next
# update or --repair mends it, and what was damaged is kept as evidence.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

state=$STATION/state/$INSTALLATION/$APP
url=file://$REPO/served

make_repo
mkdir -p release/install release/app release/scripts/machine release/scripts/user
key="SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP"
release() {
	echo "$1" > release/install/version
	echo "$1" > release/app/file
	echo "set([[HKLM\\$key]], \"Release\", $1)" > release/scripts/machine/10.lua
	echo "set([[HKCU\\$key]], \"Release\", $1)" > release/scripts/user/10.lua
	publish release
}
release 1
expect 0 enroll.log slipway enroll "$url" --root "$REPO/served/metadata/1.root.json" --installation "$INSTALLATION" \
	--app "$APP" --install-dir "$WORK/installed" --app-dir "$WORK/appdir"
expect 0 update.log slipway update
release 2
expect 0 update.log slipway update
release 3
expect 0 update.log slipway update
expect 0 update.log slipway update	# nothing new: the notes are as they stay

# What there isn't always.
put_there() {
	case $1 in
	*/journal* | */waiting.json | */leftovers.json | */learned.json | */brought.json | */refused | */staging/*)
		mkdir -p "${1%/*}"
		[ "${1%/*}" != "$state/staging" ] || chmod 700 "$state/staging"
		[ -e "$1" ] || echo '{}' > "$1"
		;;
	esac
}
damage() { # FILE HOW
	case $2 in
	empty) : > "$1" ;;
	cut) truncate -s $(($(stat -c %s "$1") / 2)) "$1" ;;
	garbage) head -c 300 /dev/urandom > "$1" ;;
	directory) rm -rf "$1" && mkdir "$1" && echo x > "$1/x" ;;
	link) rm -rf "$1" && ln -s /etc/passwd "$1" ;;
	long) truncate -s 100M "$1" ;;
	file) rm -rf "$1" && echo x > "$1" ;;
	esac
}
hi=(slipway run -- cat "$WORK/installed/version")
# Lock, staged and kept content have no form: each content will do, or is known by its hash.
is_damage() {
	case $1:$2 in
	*/lock:directory | */lock:link) return 0 ;;
	*/lock:* | */kept/*:empty | */kept/*:cut | */kept/*:garbage | */kept/*:long) return 1 ;;
	*/user.conf:empty | */user.conf:cut) return 1 ;;	# a start puts back what the release sets
	*/staging/*:empty | */staging/*:cut | */staging/*:garbage | */staging/*:long) return 1 ;;
	esac
}
evidence() {
	find station -name '*.damaged-*' -o -name journal.torn
}
one() { # FILE HOW
	local what="$1, $2" on status=0
	rm -rf station installed appdir
	cp -a good/. .
	put_there "$1"
	damage "$1" "$2"
	cp -a station damaged
	for on in launch block; do
		[ "$on" = launch ] || sed -i '/^InstallDir/a OnError = block' station/machine.conf 2> sed.err || continue
		status=0
		timeout 60 "${hi[@]}" > run.log 2>&1 || status=$?
		wantno run.log 'no release was ever applied'
		if [ "$status" -eq 0 ]; then
			grep -qx 3 run.log || fail "want HI started: $what" run.log
		else
			[ "$on:$status" = block:1 ] || fail "want HI started, got $status: $what" run.log
			want run.log 'is not started, because this site set OnError to block' 0
			! grep -qx 3 run.log || fail "want HI not started: $what" run.log
		fi
		rm -rf station
		cp -a damaged station
	done
	rm -rf damaged
	if ! slipway update > update.log 2>&1 || [ -z "$(evidence)" ]; then
		expect 0 repair.log slipway update --repair
	fi
	expect 0 again.log slipway update
	wantno again.log damaged
	want again.log 'nothing new' 0
	expect 0 verify.log slipway verify
	expect 0 status.log slipway status
	want status.log 'release       3, ' 0
	wantno status.log never
	expect 0 history.log slipway history
	cat run.log update.log repair.log > told.log 2> /dev/null || true
	if is_damage "$1" "$2"; then
		[ -n "$(evidence)" ] || fail "want evidence: $what" told.log
	fi
	rm -f repair.log
}

mkdir good
cp -a station installed appdir good/
kept=$(find "$state/kept" -type f | head -n 1)
files=(applied.json history/000000000{1,2,3}.json refreshed servers.json waiting.json leftovers.json lock root.copy.json
	wanted.json learned.json brought.json
	metadata/{root,timestamp,snapshot,targets,"$APP"}.json metadata/refused "kept/${kept##*/}" "staging/${kept##*/}"
	journal journal.new journal.undo user/applied.json user/history/000000000{1,3}.json user/lock user/journal
	user/journal.new)
folders=(history kept staging metadata user user/history)
# Each of so many cases is tried (1: all of them).
every=${1-1} n=0
try() {
	[ $((n++ % every)) -ne 0 ] || one "$@"
}
for how in empty cut garbage directory link long; do
	for file in "${files[@]}"; do
		try "$state/$file" "$how"
	done
	for file in machine user; do
		try "$STATION/$file.conf" "$how"
	done
done
for file in "${folders[@]}"; do
	try "$state/$file" file
	[ "$file" = user ] || try "$state/$file" link	# a user's home may lie elsewhere
done
