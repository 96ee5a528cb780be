#!/bin/bash
# SPDX-License-Identifier: ISC
# Run a script as an ordinary user, in a new directory of its own, with the programs of a build in PATH.
#
# A privileged process ignores SLIPWAY_HOME, so the demo and the integration tests can't run as root.
# When root, the script runs as a user without rights (nobody, or games); else as the user who calls.  In it, WORK is
# the directory. However the script ends, its processes are gone afterwards; one that was left behind is a failure.
set -euo pipefail

usage="usage: scripts/as-user.sh [--keep] BUILD-DIR SCRIPT [ARG...]"
keep=no
if [ "${1-}" = --keep ]; then
	keep=yes
	shift
fi
if [ $# -lt 2 ]; then
	echo "$usage" >&2
	exit 2
fi
build=$1
script=$2
shift 2

work=$(mktemp -d "${TMPDIR:-/tmp}/slipway-XXXXXXXX")

# Processes of ours: the directory is in their environment or on their command line.
processes() {
	local p
	for p in /proc/[0-9]*; do
		case ${p#/proc/} in
		"$$" | "$BASHPID") continue ;;
		esac
		if grep -qsF -- "$work" "$p/environ" "$p/cmdline" 2>/dev/null; then
			echo "${p#/proc/}"
		fi
	done
}

# shellcheck disable=SC2317  # called by the trap
end() {
	local pid
	for pid in $(processes); do
		kill -KILL "$pid" 2>/dev/null || true
	done
	if [ "$keep" = yes ]; then
		echo "The files are in $work; the directory can be deleted."
	else
		rm -rf "$work"
	fi
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir "$work/home" "$work/tmp" "$work/tests"
if ! out=$("$(dirname "${BASH_SOURCE[0]}")/install-apart.sh" "$build" "$work" 2>&1); then
	printf '%s\nas-user.sh: want a complete build in %s; build it first\n' "$out" "$build" >&2
	exit 1
fi
cp -R -- "$(dirname "$script")"/. "$work/tests/"
cp -- "$(dirname "${BASH_SOURCE[0]}")/../docs/trust.md" "$work/tests/"	# drills.sh runs its commands
cp -- "$(dirname "${BASH_SOURCE[0]}")/../docs/tls-in-15-minutes.md" "$work/tests/"	# and guide.sh those of this
cp -- "$(dirname "${BASH_SOURCE[0]}")/wine.sh" "$work/tests/"	# what runs the programs of windows.sh
# What windows.sh runs besides.
for program in test_window_windows.exe test_cmdline_windows.exe; do
	if [ -e "$build/tests/unit/$program" ]; then
		cp -- "$build/tests/unit/$program" "$work/tests/"
	fi
done
# What tests/fault breaks things with; the demo is built without tests.
for program in libcut.so proxy started; do
	if [ -e "$build/tests/fault/$program" ]; then
		cp -- "$build/tests/fault/$program" "$work/tests/"
	fi
done

# sshd refuses a locked account, and where libnss-systemd is installed nobody is one ("!*").
unlocked() {
	case $(setpriv --reuid "$1" --regid "$(id -g "$1")" --clear-groups getent shadow "$1") in
	"$1:!"*) return 1 ;;
	esac
}

as=()
if [ "$(id -u)" -eq 0 ]; then
	user=
	for name in nobody games; do
		if id "$name" > /dev/null 2>&1 && unlocked "$name"; then
			user=$name
			break
		fi
	done
	if [ -z "$user" ]; then
		echo "as-user.sh: want an account nobody or games that isn't locked, got none; run this as an ordinary user" >&2
		exit 1
	fi
	chown -R "$user:" "$work"
	as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups --)
fi
cd "$work"
rc=0
env -i WORK="$work" HOME="$work/home" TMPDIR="$work/tmp" \
	PATH="$work/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" LC_ALL=C.UTF-8 \
	ASAN_OPTIONS="${ASAN_OPTIONS-}" UBSAN_OPTIONS="${UBSAN_OPTIONS-}" \
	"${as[@]}" bash "$work/tests/$(basename "$script")" "$@" || rc=$?

# What the script started must end with it; give what it told to end a moment.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	left=$(processes)
	[ -n "$left" ] || break
	sleep 0.3
done
if [ -n "$left" ]; then
	echo "as-user.sh: processes were left behind:" >&2
	for pid in $left; do
		echo "  $pid $(tr '\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null || true)" >&2
	done
	[ "$rc" -ne 0 ] || rc=1
fi
exit "$rc"
