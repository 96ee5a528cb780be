# SPDX-License-Identifier: ISC
# Functions of the tests of slipway-repo; sourced.  $1 of the test is the program.
# shellcheck shell=bash disable=SC2034
set -eu
trap 'echo "FAIL: $0: line $LINENO: exit status $?" >&2' ERR
repo=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d) || exit 1
cleanup() {
	chmod -R u+rwx "$work"
	rm -rf "$work" ${shim:+"$shim"}
}
trap cleanup EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
# A program for Windows runs under wine, through a script.
windows=no
case $repo in
*.exe)
	windows=yes
	shim=$(mktemp -d) || exit 1
	printf '#!/bin/bash\nexec %q %q "$@"\n' "$here/../../scripts/wine.sh" "$repo" >"$shim/slipway-repo"
	chmod +x "$shim/slipway-repo"
	repo=$shim/slipway-repo
	;;
esac
# linux COMMAND...: run a command that has no equivalent on Windows.
linux() { [ $windows = yes ] || "$@"; }
# private MODE FILE...: only the owner can use it, by this mode; wine shows Windows' administrators as the group.
private() {
	local want=$1 file mode
	shift
	for file in "$@"; do
		mode=$(stat -c %a "$file")
		case $windows$mode in
		no"$want" | yes?[05]0) ;;
		*) fail "$file: want mode $want, got $mode" ;;
		esac
	done
}
# status WANT COMMAND...: run it, keep its output, check its exit status.
status() {
	local want=$1 got=0
	shift
	"$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	[ "$got" = "$want" ] || { cat "$work/out" "$work/err" >&2; fail "$*: want $want, got $got"; }
}
says() { grep -q -- "$1" "$work/out" "$work/err" || { cat "$work/out" "$work/err" >&2; fail "not said: $1"; }; }
# release TEXT: a release in rel/ whose one file differs by TEXT.
release() {
	mkdir -p rel/install/bin rel/app
	echo "$1" >rel/install/bin/hi
	: >rel/app/empty
}
# The public repository of the user must not depend on the environment of the caller.
unset SLIPWAY_REPO SLIPWAY_PASSPHRASE
umask 022
cd "$work" || exit 1
export R="$work/a repo%h"
