#!/bin/bash
# SPDX-License-Identifier: ISC
# Run a command with a copy of these sources on a fresh Debian of another version: in a chroot that debootstrap makes,
# with processes and mounts of its own.  Chroot and processes are gone afterwards, however the command ends; DIR, which
# the command finds as /out, stays.
# Exits as the command does, or with 77 where this machine lets root have no mounts, without which there is no /proc.
set -euo pipefail

usage="usage: scripts/debian-chroot.sh [--out DIR] 12|13 COMMAND [ARG...]    (as root)"
out=
if [ "${1-}" = --out ] && [ $# -ge 2 ]; then
	out=$2
	shift 2
fi
if [ $# -lt 2 ]; then
	echo "$usage" >&2
	exit 2
fi
case $1 in
12) suite=bookworm ;;
13) suite=trixie ;;
*)
	echo "debian-chroot.sh: want Debian 12 or 13, got '$1'" >&2
	echo "$usage" >&2
	exit 2
	;;
esac
version=$1
shift
if [ "$(id -u)" -ne 0 ]; then
	echo "debian-chroot.sh: want root, who alone can make a chroot; try: sudo $0 $*" >&2
	exit 1
fi
if [ -n "$out" ]; then
	mkdir -p "$out"
	out=$(realpath "$out")
fi
cd "$(dirname "$0")/.."
scripts/install-packages.sh chroot

# Mounts and processes end with the namespaces.
apart=(unshare --mount --pid --fork --kill-child --)
if ! "${apart[@]}" sh -c 'mount --make-rprivate / && mount -t proc proc /proc && chroot / true'; then
	echo "debian-chroot.sh: this machine refuses root a chroot with a /proc of its own (CAP_SYS_ADMIN, CAP_SYS_CHROOT);" \
		"on Debian $version '$*' was NOT RUN" >&2
	exit 77
fi

root=$(mktemp -d "${TMPDIR:-/tmp}/slipway-debian-XXXXXXXX")
chmod 755 "$root" # it is the chroot's /, which the tests' ordinary users go through
trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 1' HUP INT TERM
echo "debian-chroot: making a fresh $suite in $root"
if ! debootstrap --variant=minbase "$suite" "$root" >"$root.log" 2>&1; then
	tail -n 20 "$root.log" >&2
	rm -f "$root.log"
	echo "debian-chroot.sh: debootstrap failed" >&2
	exit 1
fi
rm -f "$root.log"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
[ ! -e /etc/hosts ] || cp -L /etc/hosts "$root/etc/hosts"

# What git knows or would take, as it is in the work tree now.
mkdir "$root/slipway"
git -c safe.directory="$PWD" ls-files -z --cached --others --exclude-standard |
	while IFS= read -r -d '' file; do
		[ ! -e "$file" ] && [ ! -h "$file" ] || printf '%s\0' "$file"
	done | tar --null --files-from=- --create | tar --extract --directory "$root/slipway" --no-same-owner

# The chroot is thrown away: dpkg needn't wait for the disk at each file.
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
# It has /dev as its programs need it.
# shellcheck disable=SC2016  # the inner shell expands these
"${apart[@]}" sh -euc '
	root=$1
	out=$2
	shift 2
	mount --make-rprivate /
	# Its root is a mount, so that tests can have namespaces in turn.
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
	[ -z "$out" ] || { mkdir "$root/out" && mount --bind "$out" "$root/out"; }
	exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
		${CI:+CI="$CI"} ${http_proxy:+http_proxy="$http_proxy"} sh -c "cd /slipway && exec \"\$@\"" sh "$@"' sh "$root" "$out" "$@"
