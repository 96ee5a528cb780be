# SPDX-License-Identifier: ISC
# Two stations (of two users, or of two computers with a share) with one InstallDir and AppDir: their updates go one
# after the other, nothing of the one is taken for a person's change by the other, and HI starts.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_repo
mkdir -p release/install release/app
for i in $(seq 150); do echo "file $i" > "release/install/$i"; done
release() {
	for i in $(seq 1 3 150); do echo "$1" >> "release/install/$i"; done
	echo "$1" > release/app/version
	publish release
}
at() {	# STATION COMMAND...
	SLIPWAY_HOME=$WORK/$1 "${@:2}"
}
release 1
for one in a b; do
	mkdir "$one"
	expect 0 enroll.log at "$one" slipway enroll "file://$REPO/served" --root "$REPO/served/metadata/1.root.json" \
		--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed" --app-dir "$WORK/appdir"
	expect 0 "$one.log" at "$one" slipway update
done
for n in $(seq 2 9); do
	release "$n"
	background a.log env SLIPWAY_HOME="$WORK/a" slipway run -- echo hi-runs
	a=$job
	background b.log env SLIPWAY_HOME="$WORK/b" slipway run -- echo hi-runs
	wait "$a" || fail "want HI started by one station" a.log
	wait "$job" || fail "want HI started by the other station" b.log
	for one in a b; do
		want "$one.log" hi-runs 0
		expect 0 "$one.log" at "$one" slipway update
		expect 0 verify.log at "$one" slipway verify
		want verify.log "release $n" 0
	done
	[ -z "$(find installed appdir -name '*.changed-by-hand-*' -o -name '.slipway-*')" ] ||
		fail "want no false copies and nothing left" b.log
done

# One that was ended in the middle keeps the other from changing the files until it goes on, but not HI from starting.
release 10
stopped_when "$WORK/a/state/$INSTALLATION/$APP/journal" env SLIPWAY_HOME="$WORK/a" slipway update
kill -KILL "$job"
wait "$job" || true
expect 0 b.log at b slipway run -- echo hi-runs
want b.log hi-runs 0
want b.log 'another station' 0
[ -z "$(find installed appdir -name '*.changed-by-hand-*')" ] || fail "want no false copies" b.log
expect 0 a.log at a slipway update
want a.log 'interrupted' 0
expect 0 b.log at b slipway update
for one in a b; do
	expect 0 verify.log at "$one" slipway verify
	want verify.log 'release 10' 0
done

# Where the other one never comes again, a person takes its place.
release 11
stopped_when "$WORK/a/state/$INSTALLATION/$APP/journal" env SLIPWAY_HOME="$WORK/a" slipway update
kill -KILL "$job"
wait "$job" || true
expect 1 b.log at b slipway update
want b.log 'slipway update --repair' 0
expect 0 b.log at b slipway update --repair
expect 0 verify.log at b slipway verify
want verify.log 'release 11' 0
