#!/bin/bash
# SPDX-License-Identifier: ISC
# Install what is missing, build, and run all tests.
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: scripts/test.sh [--werror] [--asan | --tsan | --windows] [--lint] [--mutate] [--debian 12|13]
                       [--] [CTEST-OPTION...]

Installs missing Debian packages (through sudo when not root), builds, and runs all tests with ctest.

  --werror   treat compiler warnings as errors
  --asan     build with clang, AddressSanitizer and UndefinedBehaviorSanitizer
  --tsan     build the tests that run threads with clang and ThreadSanitizer, and run these alone
  --windows  build for Windows with mingw-w64, and run the tests under wine; the libraries that Debian has no
             such packages of are built from Debian's sources first (about 4 minutes, once)
  --lint     check the sources first: rooms, pictures, style, clang-format, clang-tidy, cppcheck, shellcheck,
             luacheck, mandoc
  --mutate   also take out the checks of what comes from outside one at a time, and see that a test notices
             (tests/mutate.py)
  --debian N do all that on a fresh Debian N, in a chroot that is made for it and removed afterwards (as root)
  --help     show this text
TEXT
}

all=("$@")
preset=dev
werror=OFF
mutate=OFF
groups=(build test)
while [ $# -gt 0 ]; do
	case $1 in
	--werror) werror=ON ;;
	--asan)
		preset=asan
		groups+=(asan)
		;;
	--tsan)
		preset=tsan
		groups+=(asan)
		;;
	--windows) preset=windows ;;
	--lint) groups+=(lint) ;;
	--mutate) mutate=ON ;;
	--debian)
		# Its own words go, the others are for the script in the chroot.
		at=$((${#all[@]} - $#))
		exec "$(dirname "$0")/debian-chroot.sh" "${2-}" scripts/test.sh "${all[@]:0:at}" "${@:3}"
		;;
	--help)
		usage
		exit 0
		;;
	--)
		shift
		break
		;;
	*)
		echo "test.sh: unknown option '$1'" >&2
		usage >&2
		exit 2
		;;
	esac
	shift
done

case "$preset ${groups[*]}" in
windows*" lint")
	echo "test.sh: --lint goes with a build for Linux, not with --windows" >&2
	exit 2
	;;
windows*) groups=(windows) ;;
esac

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
"$top/scripts/install-packages.sh" "${groups[@]}"
[ "$preset" != windows ] || "$top/scripts/windows-deps.sh"
cmake --preset "$preset" -DSLIPWAY_WERROR="$werror" -DSLIPWAY_MUTATE="$mutate"
case " ${groups[*]} " in
*" lint "*) "$top/scripts/lint.sh" "$top/build/$preset" ;;
esac
cmake --build --preset "$preset" -j "$(nproc)"
[ "$preset" != windows ] || trap '"$top/scripts/wine.sh" --stop' EXIT
# One more than there are cores: many tests wait for a disk or a deadline.
ctest --preset "$preset" -j "$(($(nproc) + 1))" "$@"
