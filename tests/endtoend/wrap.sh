# SPDX-License-Identifier: ISC
# What users click and type starts the program through "slipway run": made, started, listed, mended and taken back, with
# names that shells and desktops would read otherwise.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_all
export HOME="$WORK/home"
export XDG_DATA_DIRS="$WORK/vendor"
unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_CONFIG_DIRS
icons=$HOME/.local/share/applications bin=$HOME/.local/bin
mkdir -p "$HOME" "$WORK/opt/bin" "$XDG_DATA_DIRS/applications"
PATH=$bin:$WORK/opt/bin:$PATH

# The program: prints its arguments, and what started it.
program=$WORK/opt/bin/prog
printf '#!/bin/sh\nprintf "<%%s>" "$0" "$@"\necho\n' > "$program"
chmod +x "$program"
files() { find "$HOME" "$XDG_DATA_DIRS" -type f | LC_ALL=C sort; }

# started FILE: runs what a desktop would of the line Exec of FILE.
started() {
	python3 - "$1" <<-'PY' > started.log 2> started.err || fail "want a start of $1" started.log started.err
		import re, subprocess, sys
		text = open(sys.argv[1], encoding="utf-8").read()
		value = re.search(r"^Exec=(.*)$", text, re.M).group(1)
		value = re.sub(r"\\(.)", lambda m: {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}[m.group(1)], value)
		words = [re.sub(r'\\(["`$\\])', r"\1", q) if q else w for q, w in re.findall(r'"((?:[^"\\]|\\.)*)"|([^" ]+)', value)]
		words = [re.sub("%(.)", lambda m: "%" if m.group(1) == "%" else "", w) for w in words]
		sys.exit(subprocess.run([w for w in words if w]).returncode)
	PY
}

# 1. An icon and a command, which update and then start the program.
expect 0 none.log slipway wrap --list
want none.log 'no program is wrapped' 0
expect 0 wrap.log slipway wrap prog --name 'COV HI' -- "/C$APP"
want wrap.log "made        $icons/slipway-prog.desktop" 0
want wrap.log "made        $bin/prog" 0
desktop-file-validate "$icons/slipway-prog.desktop" > validate.log || fail "want a valid file" validate.log
grep -qx 'Name=COV HI' "$icons/slipway-prog.desktop" || fail "want the name" "$icons/slipway-prog.desktop"
started "$icons/slipway-prog.desktop"
want started.log "<$program></C$APP>" 0
want started.err 'applied release 1' 0
hash -r
[ "$(command -v prog)" = "$bin/prog" ] || fail "want the wrapper first"
expect 0 typed.log prog "a b" '$HOME'
want typed.log "<$program></C$APP><a b><\$HOME>" 0
want typed.log 'nothing new, release 1 is applied' 0
expect 0 list.log slipway wrap --list
want list.log 'prog: COV HI, for this user' 0
expect 0 doctor.log slipway doctor --offline
want doctor.log '1 program is wrapped, all is as it was made' 0

# 2. What was changed or lost is told, and made again from the setting.
echo '# mine' >> "$bin/prog"
rm "$icons/slipway-prog.desktop"
expect 3 list.log slipway wrap --list
want list.log "MISSING     $icons/slipway-prog.desktop" 0
want list.log "CHANGED     $bin/prog" 0
expect 3 doctor.log slipway doctor --offline
want doctor.log "slipway-prog.desktop is missing; 'slipway wrap' makes it again" 0
expect 0 status.log slipway status
want status.log "slipway-prog.desktop is missing; 'slipway wrap' makes it again" 0
expect 0 again.log slipway wrap
expect 0 list.log slipway wrap --list
wantno list.log MISSING
wantno list.log CHANGED

# 3. A wrapper never calls itself: the program is found behind it, and refused by the wrapper's path.
expect 0 twice.log slipway wrap prog
wantno "$bin/prog" "'$bin/prog'"
expect 0 typed.log prog
want typed.log "<$program>" 0
expect 1 self.log slipway wrap "$bin/prog"
want self.log 'is a wrapper of' 0
expect 1 self.log slipway wrap slipway
want self.log 'is Slipway itself' 0
expect 0 undo.log slipway wrap --undo prog
[ -z "$(files)" ] || fail "want nothing left: $(files)"
cp "$program" "$bin/prog"
expect 1 self.log slipway wrap "$bin/prog"
want self.log 'is the program itself, and a wrapper there would call itself' 0
cmp "$program" "$bin/prog"
rm "$bin/prog"
expect 1 order.log env PATH="$WORK/opt/bin:$bin:$PATH" slipway wrap prog
want order.log "$WORK/opt/bin stands before $bin in PATH" 0
# A foreign file of such a name stays, and so does a link; nothing is half made.
mkdir -p "$icons"
ln -s "$WORK/elsewhere" "$icons/slipway-prog.desktop"
expect 1 foreign.log slipway wrap prog
want foreign.log "isn't of this wrap" 0
[ ! -e elsewhere ] && [ ! -e "$bin/prog" ] || fail "want nothing made"
rm "$icons/slipway-prog.desktop"
printf '#!/bin/sh\necho other\n' > "$bin/prog"
expect 1 foreign.log slipway wrap "$program"
want foreign.log "$bin/prog isn't of this wrap" 0
[ ! -e "$icons/slipway-prog.desktop" ] || fail "want nothing made"
printf '#!/bin/sh\n# X-Slipway-Wrap=I/OTHER/prog\n' > "$bin/prog"
expect 1 foreign.log slipway wrap "$program"
want foreign.log "$bin/prog isn't of this wrap" 0
rm "$bin/prog"

# 4. Names that are read otherwise.
odd="$WORK/opt/a 'b' \"c\" \$d \`e\` %f \\g/prog"
mkdir -p "${odd%/*}"
cp "$program" "$odd"
expect 2 odd.log slipway wrap "$odd" --name 'a"b'
want odd.log 'want 1 to 100 bytes without' 0
expect 1 odd.log slipway wrap "$odd" -- $'two\nlines'
[ ! -e "$bin/prog" ] || fail "want nothing made"
expect 0 odd.log slipway wrap "$odd" --name "100% \$x \`y\` 'z'; é" -- '$(touch bad)' '`touch bad`' '%f 50%' "it's" '"q"' \
	'a b' '>bad' '~' '#' "/C$APP"
desktop-file-validate "$icons/slipway-prog.desktop" > validate.log || fail "want a valid file" validate.log
said="<$odd><\$(touch bad)><\`touch bad\`><%f 50%><it's><\"q\"><a b><>bad><~><#></C$APP>"
started "$icons/slipway-prog.desktop"
want started.log "$said" 0
expect 0 typed.log prog more
want typed.log "$said<more>" 0
[ ! -e bad ] || fail "want no command of an argument run"
expect 0 undo.log slipway wrap --undo
[ -z "$(files)" ] || fail "want nothing left: $(files)"

# 5. Icons that are there already: of a package, and of this user.
cat > "$XDG_DATA_DIRS/applications/vendor.desktop" <<DESKTOP
[Desktop Entry]
Type=Application
Name=Vendor's
Exec=env LANG=C "$program" --open %f
Icon=vendor
DBusActivatable=true
Actions=new;

[Desktop Action new]
Name=New
Exec=prog --new
DESKTOP
cat > "$icons/mine.desktop" <<DESKTOP
[Desktop Entry]
Type=Application
Name=Mine
Exec=prog
DESKTOP
printf '[Desktop Entry]\nType=Application\nName=Other\nExec=other prog\n' > "$icons/other.desktop"
# Another program's wrapper isn't this program.
printf '#!/bin/sh\n# X-Slipway-Wrap=I/A/third\n' > "$bin/third"
chmod +x "$bin/third"
printf '[Desktop Entry]\nType=Application\nName=Third\nExec=%s\n' "$bin/third" > "$icons/third.desktop"
before=$(cat "$icons"/*.desktop "$XDG_DATA_DIRS"/applications/*.desktop | sha256sum)
expect 0 wrap.log slipway wrap prog --places menu
want wrap.log "BYPASSES    $icons/mine.desktop" 0
want wrap.log "BYPASSES    $XDG_DATA_DIRS/applications/vendor.desktop" 0
wantno wrap.log other.desktop
wantno wrap.log third.desktop
[ ! -e "$bin/prog" ] || fail "want no wrapper"
expect 3 list.log slipway wrap --list
want list.log BYPASSES 0
expect 0 take.log slipway wrap prog --places menu --take-over
want take.log "taken over  $icons/mine.desktop" 0
cmp "$icons/mine.desktop.before-slipway" <(printf '[Desktop Entry]\nType=Application\nName=Mine\nExec=prog\n')
for file in mine vendor; do
	desktop-file-validate "$icons/$file.desktop" > validate.log || fail "want a valid file" validate.log
	started "$icons/$file.desktop"
	want started.err 'release 1 is applied' 0
done
want started.log "<$program><--open>" 0
[ "$(grep -c "^Exec=.*slipway run -- " "$icons/vendor.desktop")" = 2 ] || fail "want both" "$icons/vendor.desktop"
grep -qx DBusActivatable=false "$icons/vendor.desktop" || fail "want no start by bus" "$icons/vendor.desktop"
expect 0 list.log slipway wrap --list
wantno list.log BYPASSES
expect 0 take.log slipway wrap prog --places menu --take-over
# What they start is another command now: none is left that starts what was before.
expect 0 take.log slipway wrap prog --places menu --app "$APP"
want take.log "put back    $icons/mine.desktop" 0
want take.log "BYPASSES    $icons/mine.desktop" 0
[ ! -e "$icons/vendor.desktop" ] || fail "want no icon of before" take.log
expect 0 take.log slipway wrap prog --places menu --app "$APP" --take-over
want "$icons/mine.desktop" "run --installation $INSTALLATION --app $APP -- $program" 0
expect 0 undo.log slipway wrap --undo prog
want undo.log "put back    $icons/mine.desktop" 0
want undo.log "removed     $icons/vendor.desktop" 0
[ "$(cat "$icons"/*.desktop "$XDG_DATA_DIRS"/applications/*.desktop | sha256sum)" = "$before" ] ||
	fail "want all as before" undo.log
[ "$(files | wc -l)" -eq 5 ] || fail "want no copy left: $(files)"
expect 1 undo.log slipway wrap --undo prog
want undo.log "prog isn't wrapped" 0

# 6. One program is named, as it is written, and its installation counts without an application, too.
expect 0 wrap.log slipway wrap prog --installation "$INSTALLATION"
want "$bin/prog" "run --installation $INSTALLATION -- $program" 0
expect 2 usage.log slipway wrap --undo prog other
expect 2 usage.log slipway wrap --list prog other
[ -x "$bin/prog" ] || fail "want it there still" usage.log
cp "$program" "$WORK/opt/bin/PROG"
expect 1 spelt.log slipway wrap PROG
want spelt.log "'slipway wrap --undo prog' takes that away, then PROG can be wrapped" 0
expect 3 list.log slipway wrap --list
wantno list.log CHANGED
expect 0 undo.log slipway wrap --undo prog
expect 0 wrap.log slipway wrap PROG
expect 0 undo.log slipway wrap --undo PROG
[ "$(files | wc -l)" -eq 5 ] || fail "want no icon left: $(files)"

# 7. The end of the enrolment takes the wraps along.
expect 0 wrap.log slipway wrap prog --places menu,command,autostart --app "$APP"
want "$bin/prog" "run --installation $INSTALLATION --app $APP -- $program" 0
[ -f "$HOME/.config/autostart/slipway-prog.desktop" ] || fail "want it in the autostart" wrap.log
expect 2 usage.log slipway wrap --list --undo
expect 2 usage.log slipway wrap prog --places menu,nowhere
expect 2 usage.log slipway wrap prog --places desktop
# One that is damaged is told with what mends it, and doesn't hide the others.
cp "$program" "$WORK/opt/bin/another"
expect 0 wrap.log slipway wrap another --places autostart
key="HKCU\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP\\Wrap\\another"
expect 0 delete.log slipway settings delete "$key" Title
expect 1 list.log slipway wrap --list
want list.log "$key: want a setting Title; remove the key: slipway settings delete --tree '$key'" 0
expect 0 unenroll.log slipway unenroll --yes
want unenroll.log "what was wrapped is left, to be removed by hand: $key" 0
rm "$HOME/.config/autostart/slipway-another.desktop"
want unenroll.log "removed $bin/prog" 0
[ "$(files | wc -l)" -eq 5 ] || fail "want no icon left: $(files)"
