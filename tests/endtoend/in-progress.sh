# SPDX-License-Identifier: ISC
# A start while another process works on the station: what isn't committed is no failure, and what is committed is
# waited for while it moves.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_repo
mkdir -p release/install
dd if=/dev/zero of=release/install/large bs=64k count=4 status=none
url=file://$REPO/served
state=$STATION/state/$INSTALLATION/$APP

# enrol [ARG...]: with a deadline of 2 seconds; nothing is started after an error.
enrol() {
	expect 0 enroll.log slipway enroll "$url" --root "$REPO/served/metadata/1.root.json" --installation "$INSTALLATION" \
		--app "$APP" --install-dir "$WORK/installed" --deadline 2 --on-error block --force "$@"
}
release() {
	echo "$1" > release/install/first
	echo "$1" > release/install/second
	publish release
}
starts() {
	expect 0 run.log timeout 60 slipway run -- cat installed/first installed/second
	want run.log "$1"$'\n'"$1" 0
	want run.log "$2" 0
}
stops() {
	expect 1 run.log timeout 60 slipway run -- echo hi-runs
	wantno run.log hi-runs
	want run.log "$1" 0
}
goes_on() {
	kill -CONT "$job"
	wait "$job" || fail "want the update to end well" stopped.log
}

# The first release is on its way: there is none to start on.
enrol
release one
stopped_when "$state/journal.new" slipway update
stops 'another process is updating'
want run.log "$APP: waiting for another update, process $job" 0

# Ctrl-C says what is kept.
interrupted() {	# TEXT COMMAND...
	exec 8> interrupted.log
	env --default-signal=INT "${@:2}" >&8 2>&1 &
	jobs_started+=($!)
	want interrupted.log "$APP: waiting for another update" 10
	kill -INT $!
	got=0
	wait $! || got=$?
	[ "$got" = 130 ] || fail "want an end by the signal, got $got" interrupted.log
	want interrupted.log "$1" 0
}
interrupted 'slipway: interrupted; files that were fetched are kept' slipway update
interrupted 'slipway: interrupted, nothing was started; files that were fetched are kept' \
	slipway run --deadline 60 -- echo hi-runs
wantno interrupted.log hi-runs
goes_on

# Work in progress: HI starts on the last good state, also with OnError=block.
release two
stopped_when "$state/journal.new" slipway update
starts one 'another process is updating'
want run.log 'with release 1, applied earlier' 0
wantno run.log warning
slipway status > status.log 2>&1 || fail "want a status" status.log
enrol --block-after-days 3
echo 2026-01-02T00:00:00Z > "$state/refreshed"
stops 'BlockAfterDays'
date -u +%Y-%m-%dT%H:%M:%SZ > "$state/refreshed"
starts one 'another process is updating'
goes_on
enrol

# So is a lock that somebody else holds.
release three
# shellcheck disable=SC2016  # the inner bash expands it
background held.log bash -c 'exec 9<> "$0" && flock 9 && exec sleep 60' "$state/lock"
until ! flock -n "$state/lock" true; do sleep 0.05; done
starts two 'another process is updating'
kill "$job"
wait "$job" || true
starts three 'applied release 3'

# A committed change that stands still: there is no last good state on the disk.
release four
stopped_when "$state/journal" slipway update
stops 'stands still; what is there may be of two releases'
enrol --on-error launch
expect 0 run.log timeout 60 slipway run -- echo hi-runs
want run.log 'stands still; what is there may be of two releases' 0
want run.log hi-runs 0

# One that goes on is waited for, and HI starts on its end.
enrol
background waiting.log slipway run -- cat installed/first installed/second
waiting=$job
job=${jobs_started[-2]}
sleep 0.5	# so that it waits; where it doesn't yet, the case is easier
goes_on
wait "$waiting" || fail "want HI started after the change" waiting.log
want waiting.log 'four
four' 0
starts four 'nothing new'
