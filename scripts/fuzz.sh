#!/bin/bash
# SPDX-License-Identifier: ISC
# Build the fuzzers and run them, as many at once as there are processors.
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: scripts/fuzz.sh [--seconds N | --runs N] [--list] [HARNESS...]

Builds the harnesses of tests/fuzz with clang, libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer (preset
"fuzz") and runs those named, or all, one on each processor. Prints a line for each: runs, new units, crashes. What
they find is kept in build/fuzz/found/HARNESS, crashes as crash-*, timeout-*, oom-* or leak-*, with the command that
repeats each one. Exits 1 when there was a crash.

  --seconds N   for all together, divided evenly (default: 600)
  --runs N      the same N inputs of each harness every time: from the seeds alone, with a fixed random seed
  --list        print the harnesses
  --help        show this text
TEXT
}

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
mapfile -t all < <(sed -n 's/^fuzz(\([a-z_]*\) .*/\1/p' tests/fuzz/CMakeLists.txt)

seconds=600
runs_each=
chosen=()
while [ $# -gt 0 ]; do
	case $1 in
	--seconds | --runs)
		[[ ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || {
			echo "fuzz.sh: $1: want a number from 1 to 999999999, got '${2:-}'" >&2
			exit 2
		}
		if [ "$1" = --runs ]; then runs_each=$2; else seconds=$2; fi
		shift
		;;
	--list)
		printf '%s\n' "${all[@]}"
		exit 0
		;;
	--help)
		usage
		exit 0
		;;
	-*)
		echo "fuzz.sh: unknown option '$1'" >&2
		usage >&2
		exit 2
		;;
	*)
		[[ " ${all[*]} " == *" $1 "* ]] || {
			echo "fuzz.sh: want one of ${all[*]}, got '$1'" >&2
			exit 2
		}
		chosen+=("$1")
		;;
	esac
	shift
done
[ ${#chosen[@]} -gt 0 ] || chosen=("${all[@]}")
jobs=$(nproc)
each=$((seconds * jobs / ${#chosen[@]}))
[ "$each" -gt 0 ] || each=1

"$top/scripts/install-packages.sh" build test asan
mkdir -p build/fuzz
if ! { cmake --preset fuzz && cmake --build --preset fuzz --target fuzzers -j "$(nproc)"; } >build/fuzz/build.log 2>&1; then
	cat build/fuzz/build.log >&2
	exit 1
fi

# The most that each input is given: some harnesses are slow under the sanitizers.
limits=(-timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=512 -max_len=8192)
export UBSAN_OPTIONS=print_stacktrace=1
# fuzz HARNESS: run it, and print its line.
fuzz() {
	local h=$1 found program log marker units status=0 runs new c
	local dictionary=() span=() crashes=()
	found=build/fuzz/found/$h
	program=build/fuzz/tests/fuzz/fuzz_$h
	log=build/fuzz/$h.log
	case $h in
	json | root | timestamp | snapshot | targets | client | key) dictionary=(-dict=tests/fuzz/metadata.dict) ;;
	script | convert | keyfile | regfile) dictionary=("-dict=tests/fuzz/$h.dict") ;;
	esac
	mkdir -p "$found/units"
	marker=$(mktemp)
	# What it finds goes to the first directory; the seeds are only read.
	units=$found/units
	span=(-max_total_time="$each")
	if [ -n "$runs_each" ]; then
		rm -rf "$found/again"
		mkdir "$found/again"
		units=$found/again
		span=(-runs="$runs_each" -seed=1)
	fi
	"$program" "${limits[@]}" "${dictionary[@]}" "${span[@]}" -print_final_stats=1 \
		-artifact_prefix="$found/" "$units" "tests/fuzz/corpus/$h" >"$log" 2>&1 || status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	new=$(sed -n 's/^stat::new_units_added: *//p' "$log")
	mapfile -t crashes < <(find "$found" -maxdepth 1 -type f -newer "$marker" ! -name 'slow-unit-*' | sort)
	rm -f "$marker"
	printf '%-12s %10s %6s %8d\n' "$h" "${runs:-?}" "${new:-?}" "${#crashes[@]}"
	for c in "${crashes[@]}"; do
		echo "    $program $c"
	done
	if [ "$status" -ne 0 ] || [ ${#crashes[@]} -gt 0 ]; then
		tail -n 40 "$log" >&2
		return 1
	fi
}

# Each in a process group of its own, so that none outlives Ctrl-C.
set -m
j=
trap 'for j in $(jobs -p); do kill -- "-$j" 2>/dev/null || true; done' EXIT
trap 'exit 130' INT TERM
rc=0
running=0
printf '%-12s %10s %6s %8s\n' harness runs new crashes
for h in "${chosen[@]}"; do
	if [ "$running" -eq "$jobs" ]; then
		wait -n || rc=1
		running=$((running - 1))
	fi
	fuzz "$h" &
	running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
	wait -n || rc=1
	running=$((running - 1))
done
exit "$rc"
