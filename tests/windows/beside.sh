#!/bin/bash
# SPDX-License-Identifier: ISC
# Run a test for Windows under wine and, on the Linux side, the commands that the test asks for
# (tests/integration/sshd_side_windows.c).  Their processes end with the test.
#
# usage: beside.sh PROGRAM.exe [ARGUMENT...]
set -euo pipefail

limit=300 # seconds
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/slipway-beside-XXXXXX")
export SLIPWAY_TEST_BESIDE=$dir
touch "$dir/started"
# A pipe that nobody writes to, to wait for a moment without starting a process.
mkfifo "$dir/never"
exec {never}<> "$dir/never"

# start DESCRIPTORS COMMAND...: in the background; prints its process.
start() {
	(
		[ "$1" -eq 0 ] || ulimit -n "$1"
		exec "${@:2}"
	) < /dev/null > /dev/null 2>&1 &
	echo $! | tee -a "$dir/started"
}

# tell SIGNAL PID below|all: every process below PID, and PID itself.
tell() {
	local child
	for child in $(ps -o pid= --ppid "$2"); do
		tell "$1" "$child" all
	done
	[ "$3" = below ] || kill "-$1" "$2" 2> /dev/null || true
}

# runs PID: whether the process exists and isn't a zombie.
runs() {
	grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"
}

# busy: whether a started process runs.
busy() {
	local pid
	while read -r pid; do
		! runs "$pid" || return 0
	done < "$dir/started"
	return 1
}

end() {
	local pid
	[ -z "${test-}" ] || kill "$test" 2> /dev/null || true
	while read -r pid; do
		! runs "$pid" || tell KILL "$pid" all
	done < "$dir/started"
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 143' TERM INT HUP

timeout -k 5 "$limit" "$top/scripts/wine.sh" "$@" {never}>&- &
test=$!
n=1
while kill -0 "$test" 2> /dev/null; do
	if [ ! -e "$dir/ask-$n" ]; then
		read -r -t 0.005 -u "$never" || true
		continue
	fi
	status=0
	# shellcheck disable=SC1090  # what the test asks for
	(set +eu; . "$dir/ask-$n") > "$dir/said" || status=$?
	{ echo "$status" && cat "$dir/said"; } > "$dir/part"
	mv "$dir/part" "$dir/answer-$n"
	n=$((n + 1))
done
status=0
wait "$test" || status=$?
test=
exit "$status"
