#!/bin/bash
# SPDX-License-Identifier: ISC
# The zip for users: it has all files, and the programs run from a folder with a space in its name.
#
# usage: zip.sh BUILD-DIR VERSION FILE...     (programs, and libraries of lib/)
set -euo pipefail

build=$1
version=$2
shift 2
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "zip: $*" >&2
	exit 1
}

cpack --config "$build/CPackConfig.cmake" -B "$work/package" > "$work/log" 2>&1 || fail "$(cat "$work/log")"
zip=$work/package/slipway-$version-windows-x86_64.zip
[ -f "$zip" ] || fail "want $zip, got $(ls "$work/package")"
mkdir "$work/Program Files"
(cd "$work/Program Files" && cmake -E tar xf "$zip")
here="$work/Program Files/slipway-$version-windows-x86_64"

for program in "$@"; do
	case $program in
	*.dll) file=$here/lib/$(basename "$program") ;;
	*) file=$here/$(basename "$program") ;;
	esac
	[ -f "$file" ] || fail "want $(basename "$program") in the zip"
	"$top/tests/windows/programs.sh" "$version" "$file"
	[ "$(stat -c %s "$file")" -le "$(stat -c %s "$program")" ] || fail "want what only a debugger reads stripped"
done
for file in README.md slipway-update.xml docs/{windows,tls-library}.md scripts/tls-client.lua \
	include/slipway/tls.h lib32/libslipway-tls.dll{,.a} lib/{libslipway-tls.dll.a,slipway-tls.def} \
	licenses/{openssl,libssh2,lua5.4,jansson}.txt \
	licenses/{mingw-w64-x86-64-dev,gcc-mingw-w64-x86-64-win32,gcc-mingw-w64-i686-win32}.txt; do
	[ -s "$here/$file" ] || fail "want $file in the zip"
done
# The task: as the system, by its SID in any language of Windows, and on battery.
python3 - "$here/slipway-update.xml" <<'TEXT' || fail "want the task as docs/windows.md describes it"
import sys
import xml.etree.ElementTree as tree

space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
texts = {e.tag.removeprefix(space): e.text for e in tree.parse(sys.argv[1]).iter()}
want = {
    "UserId": "S-1-5-18",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "StartWhenAvailable": "true",
    "Interval": "PT15M",
    "Command": '"%ProgramFiles%\\Slipway\\slipwayw.exe"',
    "Arguments": "update --quiet",
}
sys.exit([n for n in want if texts.get(n) != want[n]] or 0)
TEXT
grep -q 'Apache License' "$here/licenses/openssl.txt" || fail "want OpenSSL's licence in full"

for program in "$@"; do
	name=$(basename "$program" .exe)
	case $name in
	slipway | slipway-repo) argument=version ;;
	slipway-tuf | hi | example-kernel) argument=--version ;;
	*) continue ;;
	esac
	said=$("$top/scripts/wine.sh" "$here/$name.exe" "$argument")
	[ "$said" = "$name $version" ] || fail "want '$name $version', got '$said'"
done
