#!/bin/bash
# SPDX-License-Identifier: ISC
# Check the sources.  BUILD-DIR is a configured build, for its compile_commands.json.
set -euo pipefail

if [ $# -ne 1 ]; then
	echo "usage: scripts/lint.sh BUILD-DIR" >&2
	exit 2
fi
cd "$(dirname "$0")/.."
build=$1
rc=0

# step NAME COMMAND...: run it; what it says is shown when it fails.
step() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		echo "lint: $name: ok"
	else
		printf '%s\nlint: %s: failed\n' "$out" "$name" >&2
		rc=1
	fi
}

# found NAME...: our files with such names, in a fixed order.
found() {
	local name
	for name in "$@"; do
		find . -path ./build -prune -o -path ./.git -prune -o -type f -name "$name" -print
	done | sort
}

mapfile -t sources < <(found '*.c' '*.h')
mapfile -t posix < <(found '*.c' | grep -v '[_/]windows\.c$')
mapfile -t shell < <(found '*.sh' run)
mapfile -O "${#shell[@]}" -t shell < <(grep -lE '^#!/bin/sh' debian/*inst debian/*rm 2>/dev/null || true)
mapfile -t lua < <(found '*.lua')
mapfile -t man < <(found '*.[1-8]')
if [ ${#sources[@]} -eq 0 ] || [ ${#shell[@]} -eq 0 ]; then
	echo "lint.sh: want sources below $PWD, got none" >&2
	exit 1
fi

# shellcheck disable=SC2317  # called by step
format() {
	printf '%s\0' "${sources[@]}" | xargs -0 -n 40 -P "$(nproc)" clang-format --dry-run -Werror
}

# shellcheck disable=SC2317
tidy() {
	printf '%s\0' "${posix[@]}" |
		xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet -p "$build" --warnings-as-errors='*'
}

# shellcheck disable=SC2317
check_cpp() {
	cppcheck --quiet --project="$build/compile_commands.json" --enable=warning \
		--inline-suppr --error-exitcode=1 -j "$(nproc)" --library=posix \
		--suppress='*:*/usr/include/*'
}

step style scripts/style.py
step fold scripts/fold.py --check lib/base/fold_table.h
step clang-format format
step rooms scripts/rooms.py "$build"
step pictures scripts/draw.sh --check "$build"
step shellcheck shellcheck -x --severity=warning "${shell[@]}"
[ ${#lua[@]} -eq 0 ] || step luacheck luacheck --quiet "${lua[@]}"
for page in "${man[@]}"; do
	step "$page" mandoc -T lint -W warning "$page"
done
step cppcheck check_cpp
step clang-tidy tidy
exit "$rc"
