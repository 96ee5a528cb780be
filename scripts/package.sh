#!/bin/bash
# SPDX-License-Identifier: ISC
# Build the packages of these sources.
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: scripts/package.sh [--twice] [--version VERSION] [--out DIR]
       scripts/package.sh --debian 12|13 [--twice] [--version VERSION] [--out DIR]
       scripts/package.sh --msi [--out DIR]

Installs missing Debian packages (through sudo when not root), builds Slipway's packages from the files that git knows,
and lets lintian judge them.  They are then in DIR, by default build/packages/debian-N; the last lines are their
SHA-256.  The same sources make the same bytes on the same Debian, in whatever directory.

  --twice     build twice, in directories of different names, and compare the bytes
  --version V name another version than debian/changelog does, for a try
  --out DIR   put the packages there
  --debian N  do all that on a fresh Debian N, in a chroot that is made for it and removed afterwards (as root)
  --msi       build the installer for Windows instead, with wixl, from the preset windows; DIR is by default
              build/packages/windows
  --help      show this text
TEXT
}

die() {
	echo "package.sh: $*" >&2
	exit 1
}

misuse() {
	echo "package.sh: $*" >&2
	usage >&2
	exit 2
}

# sources DIR: a copy of what git knows or would take, as it is in the work tree now; of any other tree, all but build.
sources() {
	mkdir -p "$1"
	if git -c safe.directory="$top" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git -c safe.directory="$top" ls-files -z --cached --others --exclude-standard
	else
		find . -path ./build -prune -o ! -type d -print0
	fi | while IFS= read -r -d '' file; do
		[ ! -e "$file" ] && [ ! -h "$file" ] || printf '%s\0' "$file"
	done | tar --create --no-recursion --null --files-from=- | tar --extract --directory "$1" --no-same-owner
}

# build DIR: the packages, beside the sources in DIR.
build() {
	sources "$1/slipway"
	cd "$1/slipway"
	if [ -n "$version" ]; then
		sed -i "1s/([^)]*)/($version)/" debian/changelog
	fi
	if ! DEB_BUILD_OPTIONS="parallel=$(nproc)" dpkg-buildpackage --no-sign --build=binary >"$1/log" 2>&1; then
		tail -n 40 "$1/log" >&2
		die "the build failed"
	fi
	cd "$top"
}

twice=no
version=
out=
debian=
msi=no
while [ $# -gt 0 ]; do
	case $1 in
	--twice) twice=yes ;;
	--msi) msi=yes ;;
	--version | --out | --debian)
		[ $# -ge 2 ] || misuse "$1 wants a value"
		case $1 in
		--version) version=$2 ;;
		--out) out=$2 ;;
		--debian) debian=$2 ;;
		esac
		shift
		;;
	--help)
		usage
		exit 0
		;;
	*) misuse "unknown option '$1'" ;;
	esac
	shift
done
case $version in
*[!0-9A-Za-z.+~]*) misuse "--version: want digits, letters and .+~, got '$version'" ;;
esac

top=$(cd "$(dirname "$0")/.." && pwd)
[ -z "$out" ] || out=$(realpath -m -- "$out")
cd "$top"
if [ -n "$debian" ]; then
	[ "$msi" = no ] || misuse "--msi is built here, not in a chroot"
	arguments=()
	[ "$twice" = no ] || arguments+=(--twice)
	[ -z "$version" ] || arguments+=(--version "$version")
	out=${out:-$top/build/packages/debian-$debian}
	echo "package: for $out, which is /out in the chroot"
	exec scripts/debian-chroot.sh --out "$out" "$debian" \
		scripts/package.sh "${arguments[@]}" --out /out
fi

if [ "$msi" = yes ]; then
	[ "$twice$version" = no ] || misuse "--msi goes with --out alone"
	scripts/install-packages.sh windows
	scripts/windows-deps.sh >/dev/null
	cmake --preset windows >/dev/null
	cmake --build --preset windows -j "$(nproc)" >/dev/null
	out=${out:-$top/build/packages/windows}
	name=slipway-$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' build/windows/CMakeCache.txt)-windows-x86_64.msi
	scripts/msi.sh build/windows "$out/$name"
	cd "$out"
	sha256sum -- "$name"
	exit 0
fi

scripts/install-packages.sh build package
# shellcheck source=/dev/null
out=${out:-$top/build/packages/debian-$(. /etc/os-release && echo "${VERSION_ID:-unknown}")}
work=$(mktemp -d "${TMPDIR:-/tmp}/slipway-package-XXXXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/once" "$work/again-below-a-longer-name"
echo "package: building in $work, for $out"
build "$work/once"
if [ "$twice" = yes ]; then
	build "$work/again-below-a-longer-name"
	for file in "$work"/once/*.deb; do
		cmp "$file" "$work/again-below-a-longer-name/${file##*/}" || die "two builds differ in ${file##*/}"
	done
	echo "package: two builds, the same bytes"
fi
# lintian as root warns of being root, and leaves temporary files behind.
TMPDIR=$work lintian --allow-root --fail-on error,warning,info --display-info --show-overrides "$work"/once/*.changes ||
	die "lintian has something to say"
mkdir -p "$out"
cp "$work"/once/*.deb "$work"/once/*.changes "$work"/once/*.buildinfo "$out/"
cd "$out"
sha256sum -- *.deb
