#!/bin/bash
# SPDX-License-Identifier: ISC
# The installer, in a prefix of its own: installs, enrols when it is told to and only then, upgrades, repairs, removes.
#
# usage: msi.sh BUILD-DIR VERSION SLIPWAY-REPO.exe
set -euo pipefail

build=$1
version=$2
repo_program=$3
top=$(cd "$(dirname "$0")/../.." && pwd)
command -v wixl >/dev/null || {
	echo "skipped: no wixl here; run scripts/install-packages.sh windows"
	exit 77
}
work=$(mktemp -d)
export SLIPWAY_WINEPREFIX=$work/prefix
trap '"$top/scripts/wine.sh" --stop; rm -rf "$work"' EXIT
wine=$top/scripts/wine.sh
here="$work/prefix/drive_c/Program Files/Slipway"
state=$work/prefix/drive_c/ProgramData/Slipway

fail() {
	echo "msi: $*" >&2
	[ ! -f "$work/log" ] || tail -n 20 "$work/log" | tr -d '\0' >&2
	exit 1
}

windows() { echo "Z:${1//\//\\}"; }

# installer STATUS ARGUMENT...: msiexec, which ends so; of Windows' statuses, 8 bits arrive here.
installer() {
	local want=$1 got=0
	shift
	"$wine" msiexec.exe "$@" /qn '/l*v' "$(windows "$work/log")" </dev/null >"$work/said" 2>&1 || got=$?
	case $want-$got in
	ok-0 | fails-[1-9]*) ;;
	*) fail "want msiexec $* to end with $want, got $got: $(cat "$work/said")" ;;
	esac
}

enrolled() { "$wine" reg.exe query 'HKLM\SOFTWARE\Slipway' /s 2>/dev/null | tr -d '\r' | grep -E '^HKEY|REG_' || true; }

files() { (cd "$1" && find . -type f | sort); }

"$top/scripts/msi.sh" "$build" "$work/old.msi" 0.0.9
"$top/scripts/msi.sh" "$build" "$work/new.msi"
"$top/scripts/install-apart.sh" "$build" "$work/want" >/dev/null
"$wine" "$repo_program" init "$(windows "$work/repo")" --no-passphrase >"$work/said" 2>&1 || fail "$(cat "$work/said")"
old=$(windows "$work/old.msi")
new=$(windows "$work/new.msi")
code=$(msiinfo export "$work/new.msi" Property | tr -d '\r' | sed -n 's/^ProductCode\t//p')
# Windows hands such properties over from a user who asks for a repair.
msiinfo export "$work/new.msi" Property | grep -qE 'SecureCustomProperties.*(SERVER|ROOT|KEY)' &&
	fail "want no property that users can give"
enrol=(SERVER=sftp://slipway@127.0.0.1:2299/repo HOSTKEY="SHA256:$(printf 'A%.0s' $(seq 43))"
	ROOT="$(windows "$work/repo/served/metadata/1.root.json")" INSTALLATION=D2EXE_MSI)
no=(CHECK=no)	# nobody listens at that port

installer ok /i "$old"
[ "$(files "$here")" = "$(files "$work/want")" ] || fail "want every file of the zip, got" "$(files "$here")"
[ -z "$(enrolled)" ] || fail "want no enrolment that nobody asked for"
[ "$("$wine" "$here/slipway.exe" version)" = "slipway $version" ] || fail "want a program that runs"

# A newer one takes its place, puts every file anew, and enrols; the login key is made here.
rm "$here/README.md"
echo old >"$here/hi.exe"
installer ok /i "$new" "${enrol[@]}" "${no[@]}" APP=MSI
[ "$(files "$here")" = "$(files "$work/want")" ] || fail "want every file after the upgrade, got" "$(files "$here")"
[ "$("$wine" "$here/hi.exe" --version)" = "hi $version" ] || fail "want hi.exe replaced"
enrolled | grep -qF 'sftp://slipway@127.0.0.1:2299/repo' || fail "want the enrolment, got $(enrolled)"
[ -s "$state/D2EXE_MSI/MSI/metadata/root.json" ] && [ -s "$state/D2EXE_MSI/MSI/login" ] || fail "want anchor and key"
[ "$("$wine" reg.exe query 'HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall' /s | grep -c 'DisplayName.*Slipway')" -eq 1 ] ||
	fail "want one Slipway among the programs"
installer fails /i "$old"	# a newer one is there

# Anybody can ask for a repair: it brings back the files, and enrols nothing.
rm "$here/README.md"
installer ok /i "$code" REINSTALL=ALL REINSTALLMODE=amus "${enrol[@]}" "${no[@]}" APP=EVIL
[ -s "$here/README.md" ] || fail "want the file back"
enrolled | grep -qi EVIL && fail "want no enrolment by a repair"

# Removed, the station stays enrolled; nothing else is left.
installer ok /x "$code"
[ ! -e "$here" ] || fail "want no folder left, got $(find "$here")"
enrolled | grep -qF 'sftp://slipway@127.0.0.1:2299/repo' || fail "want the station still enrolled"

# The same line again: what is enrolled stays so.
installer ok /i "$new" "${enrol[@]}" APP=MSI SERVER=sftp://another@127.0.0.1:2299/repo
enrolled | grep -q another && fail "want the enrolment as it was"
installer ok /x "$code"

# What can't be enrolled isn't installed.
installer fails /i "$new" SERVER=sftp://slipway@127.0.0.1:2299/repo
[ ! -e "$here/slipway.exe" ] || fail "want nothing installed without HOSTKEY"
installer fails /i "$new" "${enrol[@]}" APP=OTHER	# the server doesn't answer
[ ! -e "$here/slipway.exe" ] || fail "want nothing installed when the enrolment fails"
enrolled | grep -q OTHER && fail "want no such enrolment"
# A directory for the release, with a space, and a key of one's own reach the program as they are.
mkdir "$work/a b"
cp "$state/D2EXE_MSI/MSI/login" "$work/a b/key"
installer ok /i "$new" "${enrol[@]}" "${no[@]}" APP=OTHER RELEASEDIR='C:\Program Files\COV PB' KEY="$(windows "$work/a b/key")"
enrolled | grep -qF 'Program Files/COV PB' || enrolled | grep -qF 'Program Files\COV PB' || fail "want the directory, got $(enrolled)"
enrolled | grep -qF 'a b' || fail "want the key, got $(enrolled)"
installer ok /x "$code"
