# SPDX-License-Identifier: ISC
# Processes that hold a login key or signing keys, and the child that fetches, leave no core file, and other processes
# of the same user don't look into them.  The program that slipway starts has its limits back.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_repo
mkdir -p release/install installed
echo one > release/install/one
publish release

# shut PID: no core file, and memory that this user can't read (AddressSanitizer has to look into its own process).
shut() {
	grep -qE '^Max core file size +0 ' "/proc/$1/limits" || fail "want no core file of $2" "/proc/$1/limits"
	if [ "$sanitized" = no ] && [ "$(id -u)" -ne 0 ] && cat "/proc/$1/environ" > environ.log 2>/dev/null; then
		fail "want $2 shut for other processes of its user"
	fi
}
sanitized=no
if grep -q __asan_init "$(command -v slipway)"; then sanitized=yes; fi
ulimit -S -c unlimited 2>/dev/null || true
[ "$(ulimit -S -c)" != 0 ] || { echo "skipped: no core files here"; exit 77; }

# A process of ours is open to ours, or the test proves nothing.
sleep 60 & other=$!
jobs_started+=("$other")
cat "/proc/$other/environ" > environ.log || fail "want an ordinary process open"
if grep -qE '^Max core file size +0 ' "/proc/$other/limits"; then fail "want core files of an ordinary process"; fi

make_login
start_server
expect 0 enroll.log enroll
# The child is confined once it has fetched something.
stopped_when "$STATION/state/$INSTALLATION/$APP/metadata/timestamp.json" slipway update
shut "$job" 'the updater'
children=$(cat "/proc/$job/task/$job/children")
[ -n "$children" ] || fail "want the child that fetches"
for child in $children; do
	shut "$child" 'the child that fetches'
done
kill -CONT "$job"
wait "$job" || fail "want the update to end well" stopped.log

stopped_when "$REPO/served" slipway-repo --repo "$REPO" refresh
shut "$job" 'slipway-repo'
kill -CONT "$job"
wait "$job" || fail "want the refresh to end well" stopped.log

before=$(ulimit -S -c)
# shellcheck disable=SC2016  # the started shell expands it
expect 0 run.log slipway run -- bash -c 'echo "core $(ulimit -S -c)"; cat /proc/self/environ > /dev/null && echo open'
# AddressSanitizer itself leaves no core files.
[ "$sanitized" = yes ] || want run.log "core $before" 0
want run.log open 0
echo "no core files of those who hold keys"
