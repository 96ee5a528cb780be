#!/bin/bash
# SPDX-License-Identifier: ISC
# Run a Windows program under wine, headless: CMake's cross-compiling emulator.
#
# usage: scripts/wine.sh PROGRAM.exe [ARGUMENT...]
#        scripts/wine.sh --end       end this prefix's wineserver, which reads some settings only when it begins
#        scripts/wine.sh --stop      the same, and remove the prefix
#
# The registry and drive C: are in $SLIPWAY_WINEPREFIX, by default one for each user and checkout below $TMPDIR or /tmp;
# it is made when it isn't there yet (about 10 seconds, 700 MB).
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
key=$(echo "$top" | sha256sum | cut -c1-12)
export WINEPREFIX=${SLIPWAY_WINEPREFIX:-${TMPDIR:-/tmp}/slipway-wine-$(id -u)-$key}
export WINEARCH=win64 WINEDEBUG=${WINEDEBUG:--all} LC_ALL=C.UTF-8
# No questions about Mono and Gecko, no menu entries in the home directory.
export WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe="
unset DISPLAY WAYLAND_DISPLAY
bin=/usr/lib/wine
[ -x "$bin/wine64" ] || {
	echo "wine.sh: want $bin/wine64; run scripts/install-packages.sh windows" >&2
	exit 127
}

if [ "${1:-}" = --end ]; then
	"$bin/wineserver" -k || true
	exec "$bin/wineserver" -w
fi
if [ "${1:-}" = --stop ]; then
	[ ! -d "$WINEPREFIX" ] || "$bin/wineserver" -k || true
	# The server's socket was in a directory that it names here.
	socket=$(cat "$WINEPREFIX/wineserver" 2>/dev/null || true)
	case $socket in
	wine-??????) rm -rf "${TMPDIR:-/tmp}/$socket" ;;
	esac
	rm -rf "$WINEPREFIX" "$WINEPREFIX.lock"
	exit 0
fi
if [ ! -f "$WINEPREFIX/ready" ]; then
	# Nobody else may own what stands at its place.
	(umask 077 && mkdir -p "$WINEPREFIX")
	[ -O "$WINEPREFIX" ] && [ ! -L "$WINEPREFIX" ] || {
		echo "wine.sh: $WINEPREFIX: want a directory of this user" >&2
		exit 126
	}
fi
# Several programs may start at once; one makes the prefix, and one starts the server, which waits 20 s for the next
# program. wine's services come with it and run as long as it does: were they started by a program that is tested, its
# standard output would stay open so long.
(
	flock 9
	if [ ! -f "$WINEPREFIX/ready" ]; then
		"$bin/wine64" wineboot.exe --init </dev/null >/dev/null 2>&1 9>&-
		touch "$WINEPREFIX/ready"
	fi
	if "$bin/wineserver" -p20 </dev/null >/dev/null 2>&1 9>&-; then
		"$bin/wine64" cmd.exe /c exit </dev/null >/dev/null 2>&1 9>&-
	fi
) 9>"$WINEPREFIX.lock"
# Windows has data at a fixed address, 0x7ffe0000. Where the kernel lays out addresses at random, the heap of wine64
# itself now and then lies there, and wine ends with status 1 before the program begins, without a word.
if setarch -R true 2>/dev/null; then
	exec setarch -R "$bin/wine64" "$@"
fi
exec "$bin/wine64" "$@"
