#!/bin/bash
# SPDX-License-Identifier: ISC
# Install what is missing, build, and show the main job on 127.0.0.1 as an ordinary user.
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: scripts/demo.sh [--build-dir DIR]

Installs missing Debian packages (through sudo when not root), builds, and runs the main job in a
temporary directory, which stays.  Exits 0 only if every step was seen to happen.

  --build-dir DIR   use the programs of this build instead of building
  --help            show this text
TEXT
}

top=$(cd "$(dirname "$0")/.." && pwd)
build=
while [ $# -gt 0 ]; do
	case $1 in
	--build-dir)
		[ $# -ge 2 ] || {
			echo "demo.sh: --build-dir: want a directory" >&2
			exit 2
		}
		build=$2
		shift
		;;
	--help)
		usage
		exit 0
		;;
	*)
		echo "demo.sh: unknown argument '$1'" >&2
		usage >&2
		exit 2
		;;
	esac
	shift
done

if [ -z "$build" ]; then
	"$top/scripts/install-packages.sh" build run
	build=$top/build/demo
	mkdir -p "$build"
	echo "building in $build"
	{
		cmake -S "$top" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DBUILD_TESTING=OFF &&
			cmake --build "$build" -j "$(nproc)"
	} > "$build/build.log" 2>&1 || {
		cat "$build/build.log" >&2
		exit 1
	}
fi
exec "$top/scripts/as-user.sh" --keep "$build" "$top/tests/endtoend/demo.sh"
