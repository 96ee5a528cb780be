#!/bin/bash
# SPDX-License-Identifier: ISC
# The packages of these sources: built twice to the same bytes, judged by lintian, and installed, used, upgraded,
# removed and purged in a chroot that debootstrap makes of the same Debian (tests/package/lifecycle.sh); then the way of
# the guides from there to a verified connection (tests/package/way-in.sh), and, on this one's Debian, a site of them by
# Ansible (tests/ansible/fleet.sh).
#
# usage: packages.sh [12|13]     (another Debian than this one's is a chroot's; 77 where nobody may make a chroot)
set -euo pipefail

cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/slipway-packages-XXXXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$work/new" "$work/old" "$work/repack"

# shellcheck source=/dev/null
here=$(. /etc/os-release && echo "${VERSION_ID:-unknown}")
debian=${1:-$here}
elsewhere=()
[ "$debian" = "$here" ] || elsewhere=(--debian "$debian")
scripts/package.sh "${elsewhere[@]}" --twice --out "$work/new"
rm -f "$work"/new/*-dbgsym_*
if [ "$(id -u)" -ne 0 ]; then
	echo "packages.sh: want root, who alone can make a chroot; the packages were built and NOT TRIED" >&2
	exit 77
fi

# The version before: the same files with a lower number, which costs no third build.
version=$(sed -nE '1s/.*\(([^)]*)\).*/\1/p' debian/changelog)
before="$version~1"
for file in "$work"/new/*.deb; do
	dpkg-deb --raw-extract "$file" "$work/repack/tree"
	sed -i -E "s/^Version: .*/Version: $before/; s/\(= $version\)/(= $before)/g" "$work/repack/tree/DEBIAN/control"
	dpkg-deb --root-owner-group --build -Znone "$work/repack/tree" "$work/old" >/dev/null
	rm -rf "$work/repack/tree"
done
# shellcheck disable=SC2016  # the shell in the chroot expands these
scripts/debian-chroot.sh --out "$work" "$debian" bash -euc 'tests/package/lifecycle.sh /out "$1" "$2"
	tests/package/way-in.sh /out/new' bash "$before" "$version"
[ "$debian" != "$here" ] || tests/ansible/fleet.sh "$work/new"
