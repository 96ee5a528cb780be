# SPDX-License-Identifier: ISC
# "slipway wrap" and its undoing, killed before every call that changes the disk: what is typed starts the program, the
# command repeated comes to its end, and nothing is left in the end.
# usage: wrap-cut.sh EVERY
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

every=$1
library=$WORK/tests/libcut.so
make_all
export HOME="$WORK/home" XDG_DATA_DIRS="$WORK/vendor"
unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_CONFIG_DIRS
icons=$HOME/.local/share/applications
mkdir -p "$WORK/opt/bin" "$XDG_DATA_DIRS"
PATH=$HOME/.local/bin:$WORK/opt/bin:$PATH
printf '#!/bin/sh\necho started "$@"\n' > "$WORK/opt/bin/prog"
chmod +x "$WORK/opt/bin/prog"
expect 0 update.log slipway update

# A home with an icon of the program.
fresh() {
	rm -rf "$HOME"
	mkdir -p "$icons"
	printf '[Desktop Entry]\nType=Application\nName=Old\nExec=prog /COLD\n' > "$icons/old.desktop"
	chmod 644 "$icons/old.desktop"
}

files() { find "$HOME" ! -type d -exec sha256sum {} + | LC_ALL=C sort; }
make_wrap() { "$@" slipway wrap prog --name 'COV HI' --take-over -- "/C$APP"; }
# shellcheck disable=SC2120  # killed gives some
undo_wrap() { "$@" slipway wrap --undo prog; }

# killed COMMAND: at every point; prints how many there were.
killed() {
	local n rc
	for ((n = 1; ; n += every)); do
		fresh
		[ "$1" = make_wrap ] || expect 0 make.log make_wrap
		rc=0
		{ "$1" env "CUT_AT=$n" "LD_PRELOAD=$library" > cut.log 2>&1; } 2> killed.log || rc=$?
		[ "$rc" -ne 0 ] || break
		[ "$rc" -eq 137 ] || fail "$1 at call $n: want it killed, got $rc" cut.log
		hash -r
		expect 0 typed.log prog a
		want typed.log 'started' 0
		if [ "$1" = make_wrap ]; then
			expect 0 again.log make_wrap
			expect 0 list.log slipway wrap --list
			want list.log 'prog: COV HI' 0
			expect 0 again.log undo_wrap
		else
			undo_wrap > again.log 2>&1 || want again.log "isn't wrapped" 0
		fi
		[ "$(files)" = "$before" ] || fail "$1 at call $n: want the home as it was before, got: $(files)"
	done
	[ "$n" -gt 15 ] || fail "$1: want calls that change the disk, got $n"
	echo "$1: $(((n - 1) / every)) points"
}

fresh
before=$(files)
killed make_wrap
killed undo_wrap
