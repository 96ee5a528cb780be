# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The beginning of a test that runs as root: sourced with the script's own arguments, BUILD first.  The script goes on
# in a mount namespace of its own, in $work, a file system that ends with the namespace, with copies of /etc (none of
# Slipway's in it), /var/lib and /root, both empty.  Nothing of it is left outside.
set -euo pipefail
build=$1
export PATH=$build/updater:$build/server:$PATH
if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
	echo "skipped: want root and the right to a mount namespace"
	exit 77
fi
if [ "${2-}" != inside ]; then
	work=$(mktemp -d)
	trap 'rmdir "$work"' EXIT
	unshare -m --propagation private "$0" "$build" inside "$work"
	exit
fi
work=$3
mount -t tmpfs -o mode=755 tmpfs "$work"
cd "$work"
mkdir lib root
cp -a /etc etc
rm -rf etc/slipway
mount --bind etc /etc
mount --bind lib /var/lib
mount --bind root /root
fail() { echo "FAILED: $1"; cat log; exit 1; }
has() { grep -qF -- "$1" log || fail "want '$1'"; }
hasno() { ! grep -qF -- "$1" log || fail "want no '$1'"; }
