#!/bin/bash
# SPDX-License-Identifier: ISC
# As root, in a mount namespace of its own: icons and a wrapper for all users, which an ordinary user starts, and beside
# them those that a user makes; a way that somebody else can choose is refused.
# shellcheck source=tests/endtoend/as-root.sh
. "$(dirname "$0")/as-root.sh"
chmod 755 "$work"
mount -t tmpfs -o mode=755 tmpfs /usr/local
mkdir -p home bin opt vendor/applications /usr/local/bin
chown 54321 home
cp "$build/updater/slipway" bin
# sudo -E brings variables of the caller, which aren't believed.
export PATH=/usr/local/bin:$work/bin:$PATH:$work/opt XDG_DATA_HOME=$work/home XDG_DATA_DIRS=$work/vendor

slipway-repo init repo --no-passphrase > log 2>&1 || fail init
slipway-repo --repo repo app add A --no-passphrase > log 2>&1 || fail "app add"
mkdir -p r/app
echo 1 > r/app/x.txt
slipway-repo --repo repo publish --app A r > log 2>&1 || fail publish
slipway enroll "file://$work/repo/served" --root repo/served/metadata/1.root.json --installation I --app A \
	--app-dir "$work/lib/a" > log 2>&1 || fail enroll
slipway update > log 2>&1 || fail update
printf '#!/bin/sh\nprintf "<%%s>" "$0" "$@"\necho\n' > opt/prog
chmod +x opt/prog
icon=applications/slipway-prog.desktop
user=(setpriv --reuid 54321 --regid 54321 --clear-groups env -i "PATH=$PATH" "HOME=$work/home")

# Who owns a directory above could lead root elsewhere.
mkdir -p /usr/local/share
chown 54321 /usr/local/share
if slipway wrap prog > log 2>&1; then fail "want a way of somebody else's refused"; fi
has /usr/local/share
[ ! -e /usr/local/bin/prog ] || fail "want nothing made"
chown 0 /usr/local/share

printf '[Desktop Entry]\nType=Application\nName=Mine\nExec=prog\n' > vendor/applications/mine.desktop
mkdir -p /usr/local/share/applications
cp vendor/applications/mine.desktop /usr/local/share/applications/name.desktop
sed "s|prog|$work/opt/prog|" vendor/applications/mine.desktop > /usr/local/share/applications/path.desktop
slipway wrap prog --name 'COV HI' --take-over -- first > log 2>&1 || fail wrap
has "made        /usr/local/share/$icon"
has 'for all users'
hasno mine.desktop
hasno name.desktop	# the wrapper is what it starts
has 'taken over  /usr/local/share/applications/path.desktop'
[ -z "$(ls home)" ] || fail "want nothing where the caller's variables lead"
[ "$(stat -c '%a %u' /usr/local/bin/prog /usr/local/share/$icon | paste -sd ' ')" = '755 0 644 0' ] || fail "want modes"
"${user[@]}" prog second > log 2>&1 || fail "want a start by an ordinary user"
has "<$work/opt/prog><first><second>"
has 'release 1 is applied; this user may not update the station'

slipway wrap --list > log 2>&1 || fail list
has 'prog: COV HI, for all users'
slipway wrap --list --user > log 2>&1 || fail list
has 'no program is wrapped'

# A user sees that one is missing, and root makes it again.
rm "/usr/local/share/$icon"
"${user[@]}" slipway status > log 2>&1 || fail status
has "/usr/local/share/$icon is missing; 'slipway wrap' makes it again"
if "${user[@]}" slipway wrap > log 2>&1; then fail "want root needed"; fi
has 'want root or an administrator'
if "${user[@]}" slipway wrap --undo prog > log 2>&1; then fail "want root needed"; fi
slipway wrap > log 2>&1 || fail "wrap again"
[ -f "/usr/local/share/$icon" ] || fail "want it again"

# What a user makes is in the user's home and settings.
before=$(find /etc/slipway /usr/local -type f -exec sha256sum {} + | sort)
"${user[@]}" PATH="$work/home/.local/bin:$PATH" slipway wrap prog --name Mine > log 2>&1 || fail "wrap of a user"
has 'for this user'
[ -f "home/.local/share/$icon" ] && [ -x home/.local/bin/prog ] || fail "want the user's files"
[ "$(find /etc/slipway /usr/local -type f -exec sha256sum {} + | sort)" = "$before" ] || fail "want the station as it was"
home/.local/bin/prog > log 2>&1 || fail "want a start"
has "<$work/opt/prog>"
"${user[@]}" slipway wrap --undo > log 2>&1 || fail undo
has "removed     $work/home/.local/bin/prog"
[ "$(find /etc/slipway /usr/local -type f -exec sha256sum {} + | sort)" = "$before" ] || fail "want the station as it was"

# A link at the place of a file isn't followed.
slipway wrap --undo > log 2>&1 || fail undo
has 'put back    /usr/local/share/applications/path.desktop'
grep -qx "Exec=$work/opt/prog" /usr/local/share/applications/path.desktop || fail "want it as it was"
rm /usr/local/share/applications/{name,path}.desktop
[ -z "$(find /usr/local -type f)" ] || fail "want nothing left"
echo kept > kept
ln -s "$work/kept" /usr/local/bin/prog
if slipway wrap prog --name x > log 2>&1; then fail "want a link refused"; fi
[ "$(cat kept)" = kept ] || fail "want the file behind the link kept"
rm /usr/local/bin/prog
slipway wrap prog > log 2>&1 || fail wrap
slipway unenroll --yes > log 2>&1 || fail unenroll
has 'removed /usr/local/bin/prog'
has "what users wrapped for themselves ('slipway wrap')"
[ -z "$(find /usr/local -type f)" ] || fail "want nothing left"
