#!/bin/bash
# SPDX-License-Identifier: ISC
# Make the installer for Windows, OUT, of a complete build with the preset windows.  VERSION is for a try of upgrades.
set -euo pipefail

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
	echo "usage: scripts/msi.sh BUILD-DIR OUT.msi [VERSION]" >&2
	exit 2
fi
top=$(cd "$(dirname "$0")/.." && pwd)
build=$1
out=$(realpath -m -- "$2")
version=${3:-$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")}
case $version in
*[!0-9.]* | '')
	echo "msi.sh: want a version like 1.2.3, got '$version'" >&2
	exit 2
	;;
esac
for tool in wixl wixl-heat; do
	command -v "$tool" >/dev/null || {
		echo "msi.sh: want $tool; run scripts/install-packages.sh windows" >&2
		exit 127
	}
done

work=$(mktemp -d "${TMPDIR:-/tmp}/slipway-msi-XXXXXXXX")
trap 'rm -rf "$work"' EXIT
if ! DESTDIR='' cmake --install "$build" --prefix "$work/files" --strip >"$work/log" 2>&1; then
	cat "$work/log" >&2
	echo "msi.sh: want a complete build in $build; build it first" >&2
	exit 1
fi
find "$work/files" -type f | LC_ALL=C sort |
	wixl-heat --prefix "$work/files/" --component-group Files --var var.Files --directory-ref INSTALLDIR --win64 >"$work/files.wxs"
program=$(grep -oE '<File [^>]*/slipway\.exe"[^>]*>' "$work/files.wxs" | sed -E 's/.* Id="([^"]+)".*/\1/')
include=$(grep -oE '<Directory [^>]*Name="include"[^>]*>' "$work/files.wxs" | sed -E 's/.* Id="([^"]+)".*/\1/')
# One code for each version: Windows takes two installers with one code for the same product.
code=$(python3 -c 'import sys, uuid; print(uuid.uuid5(uuid.UUID("1f0c8a3e-52f5-4c39-9f55-6a5d2f6f9b7c"), sys.argv[1]))' \
	"$version")
mkdir -p "$(dirname "$out")"
cd "$work/files" # wixl finds files by relative paths only, and what it is told of must come first
wixl --arch x64 --output "$work/slipway.msi" -D "Version=$version" -D "ProductCode=$code" -D "SlipwayExe=$program" \
	-D "Include=$include" -D Files=. -D Win64=yes "$work/files.wxs" "$top/share/windows/slipway.wxs" 2>"$work/log" || {
	cat "$work/log" >&2
	exit 1
}
[ ! -s "$work/log" ] || {
	cat "$work/log" >&2
	echo "msi.sh: want nothing that wixl ignores" >&2
	exit 1
}
# wixl takes the older version away before the transaction begins: a failure would leave none.
msibuild "$work/slipway.msi" -q \
	"UPDATE \`InstallExecuteSequence\` SET \`Sequence\` = 1501 WHERE \`Action\` = 'RemoveExistingProducts'"
cp "$work/slipway.msi" "$out"
