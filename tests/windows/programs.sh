#!/bin/bash
# SPDX-License-Identifier: ISC
# Properties of the programs and libraries for Windows: hardening, libraries, version, manifest, and the directories in
# their data.
#
# usage: programs.sh VERSION FILE...
set -euo pipefail

version=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Windows' own, all in its system directory; one .exe is one file to copy.
system=' advapi32.dll bcrypt.dll crypt32.dll gdi32.dll iphlpapi.dll kernel32.dll mpr.dll msvcrt.dll ntdll.dll ole32.dll oleaut32.dll shell32.dll user32.dll userenv.dll ws2_32.dll '

fail() {
	echo "$program: $*" >&2
	rc=1
}

rc=0
for program in "$@"; do
	triple=x86_64-w64-mingw32 flags='HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT' bits=64
	if x86_64-w64-mingw32-objdump -f "$program" | grep -q 'file format pei-i386'; then
		triple=i686-w64-mingw32 flags='DYNAMIC_BASE NX_COMPAT' bits=32
	fi
	"$triple-objdump" -p "$program" > "$work/headers"
	"$triple-objdump" -h "$program" > "$work/sections"
	"$triple-windres" -O rc "$program" > "$work/resources" || fail "want resources"

	# ASLR over the whole address space, with what is needed to move it there; data is never run.
	for flag in $flags; do
		grep -qw "$flag" "$work/headers" || fail "want $flag in DllCharacteristics"
	done
	[ "$bits" = 32 ] || grep -qE 'ImageBase[[:space:]]+[0-9a-f]{7}[1-9a-f][0-9a-f]{8}' "$work/headers" ||
		fail "want an image base above 4 GB, got $(grep ImageBase "$work/headers")"
	grep -qE ' \.reloc +0*[1-9a-f]' "$work/sections" || fail "want relocations"
	! grep -q 'relocations stripped' "$work/headers" || fail "want relocations, got none"

	count=0
	while read -r library; do
		count=$((count + 1))
		case $system in
		*" ${library,,} "*) ;;
		*) fail "want Windows' own libraries only, got $library" ;;
		esac
	done < <(sed -n 's/.*DLL Name: //p' "$work/headers")
	[ "$count" -gt 0 ] || fail "want imports, got none"

	grep -qF "VALUE \"FileVersion\", \"$version\"" "$work/resources" || fail "want version $version in its resources"
	grep -qF "VALUE \"OriginalFilename\", \"$(basename "$program")\"" "$work/resources" || fail "want its name in its resources"
	grep -qE "FILEVERSION +${version//./, *}, *0$" "$work/resources" || fail "want file version $version"
	if [ "${program##*.}" = exe ]; then
		for text in 'level="asInvoker"' 'SMI/2016/WindowsSettings">true</longPathAware>' '>UTF-8</activeCodePage>'; do
			grep -qaF "$text" "$program" || fail "want $text in its manifest"
		done
	fi

	# Tests name directories for their cases.
	case ${program##*/} in
	test_*) continue ;;
	esac
	# Programs must not read from a directory that every user can make or write to.  Paths with a drive may only
	# be ones that only administrators can write to, and no path of the machine of the build.
	"$triple-objcopy" --remove-section .text "$program" "$work/data"	# machine code spells anything
	{ strings -d "$work/data"; strings -d -e l "$work/data"; } > "$work/strings"	# not the debugger's
	if grep -aoE '\b[A-Za-z]:[/\\][A-Za-z][A-Za-z0-9 ._/\\-]+' "$work/strings" | grep -aviE '^C:[/\\](Program Files|Windows)([/\\]|$)'; then
		fail "want no directory besides those of Windows and of programs"
	fi
	if grep -aE '(^|[^A-Za-z])/(usr|etc|home|root|tmp|opt|var)/' "$work/strings" | grep -aE 'ssl|engines|modules|\.cnf|lib/lua'; then
		fail "want no directory of the machine that it was built on"
	fi
done
exit "$rc"
