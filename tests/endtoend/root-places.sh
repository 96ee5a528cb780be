#!/bin/bash
# SPDX-License-Identifier: ISC
# As root, in a mount namespace of its own: where a release's files may not go, at enrolment and at each update.
# HI starts in each case.  Nothing of it is left outside.
# shellcheck source=tests/endtoend/as-root.sh
. "$(dirname "$0")/as-root.sh"
mkdir lib/dpkg rootonly

slipway-repo init repo --no-passphrase > log 2>&1
mkdir -p r/app r/install
echo 1 > r/app/x.txt
echo 1 > r/install/y.txt
for app in A dpkg slipway; do
	slipway-repo --repo repo app add "$app" --no-passphrase > log 2>&1 || fail "app add $app"
	slipway-repo --repo repo publish --app "$app" r > log 2>&1 || fail publish
done
release() {
	echo "$1" > r/app/x.txt
	slipway-repo --repo repo publish --app A r > log 2>&1 || fail publish
}
enroll() {
	local installation=$1 app=$2
	shift 2
	slipway enroll "file://$work/repo/served" --root repo/served/metadata/1.root.json --installation "$installation" \
		--app "$app" "$@" > log 2>&1
}
# Everything that an enrolment or a release may change.
all() { find /etc/slipway /var/lib/slipway rootonly pub srv -type f "$@" -exec sha256sum {} + 2>/dev/null | sort || true; }
others() { all -not -path '/var/lib/slipway/I/A/*'; }	# but for A's own notes and metadata
refused() {	# TEXT ARG...: no enrolment, and nothing changed
	local text=$1 before
	shift
	before=$(all)
	if enroll "$@"; then fail "want this enrolment refused: $*"; fi
	has "$text"
	[ "$(all)" = "$before" ] || fail "want nothing changed: $*"
}
stopped() {	# TEXT: no update, and nothing changed; HI starts
	local before
	before=$(others)
	if slipway update --app A > log 2>&1; then fail "want no update: $1"; fi
	has "this station isn't updated"
	has "$1"
	[ "$(slipway run --app A echo started 2>> log)" = started ] || fail "want HI started: $1"
	slipway status --app A > log 2>&1 || fail status
	has "$1"
	[ "$(others)" = "$before" ] || fail "want nothing changed: $1"
}

# Another program's directory, and Slipway's own places under each of their names.
refused '--app-dir' I dpkg
refused '/var/lib/slipway' I slipway
refused "Slipway's own" I A --install-dir /var/lib
refused "Slipway's own" I A --install-dir /
refused "Slipway's own" I A --install-dir /etc
refused "Slipway's own" I A --install-dir /etc/slipway
refused "Slipway's own" I A --install-dir /var/lib/slipway/I/B/metadata
refused "Slipway's own" I A --app-dir /none/../etc//slipway/x
refused "Slipway's own" I A --app-dir /root/.config/slipway
mkdir -p srv /var/lib/slipway mounted
ln -s /var/lib/slipway srv/link
refused "Slipway's own" I A --app-dir "$work/srv/link/x"
mount --bind /var/lib/slipway mounted
refused "Slipway's own" I A --app-dir "$work/mounted/x"
umount mounted
# One directory for both, or one in the other.
refused 'neither in the other' I A --app-dir "$work/srv/a" --install-dir "$work/srv/a"
refused 'neither in the other' I A --app-dir "$work/srv/a/../a/b" --install-dir "$work/srv/a"

# A way that others can choose.
mkdir pub && chmod 777 pub
ln -s "$work/rootonly" pub/new
refused "chmod go-w $work/pub" I A --app-dir "$work/pub/new/app"
refused "chmod go-w $work/pub" I A --install-dir "$work/pub/none/app"
chmod 1777 pub
refused "pub/new" I A --app-dir "$work/pub/new/app"
refused "mkdir -m 755 $work/pub/none" I A --app-dir "$work/pub/none"
chmod 755 pub
chown -h 12345 pub/new
refused "chown -h root $work/pub/new" I A --app-dir "$work/pub/new"
chown -h 0 pub/new

# Root's own link is followed; a group may have the directory itself, where the person says so, and that is told.
mkdir -m 2775 rootonly/app && chgrp 12345 rootonly/app
refused "chmod go-w $work/pub/new/app" I A --app-dir "$work/pub/new/app"
enroll I A --app-dir "$work/pub/new/app" --install-dir "$work/srv/a" --allow-writable || fail enroll
has 'group 12345 can change the files there, and so the trusted certificates'
slipway status > log 2>&1 || fail status
has "changeable    $work/pub/new/app: group 12345"
slipway update > log 2>&1 || fail update
[ "$(cat rootonly/app/x.txt)" = 1 ] || fail "want release 1"
[ "$(stat -c %a rootonly/app)" = 2775 ] || fail "want a setgid directory"

# The way changes after the enrolment.
release 2
chmod 777 pub
stopped "chmod go-w $work/pub"
chmod 755 pub
chown -h 12345 pub/new
stopped "chown -h root $work/pub/new"
chown -h 0 pub/new
mv srv/a srv/b
ln -s /var/lib/slipway/I srv/a
stopped "Slipway's own"
rm srv/a
mv srv/b srv/a
slipway update > log 2>&1 || fail "want it mended"
[ "$(cat rootonly/app/x.txt)" = 2 ] || fail "want release 2"

# A change that was cut isn't carried out there either, nor given up; it is finished once the way is mended.
release cut
journal=/var/lib/slipway/I/A/journal
STOP_WHEN=$journal LD_PRELOAD=$build/tests/fault/libcut.so slipway update > cut.log 2>&1 &
until grep -qs '^State:.T' "/proc/$!/status"; do
	[ -e "/proc/$!" ] || fail "want it stopped"
	sleep 0.05
done
kill -KILL $!
wait $! || true
chmod 777 pub
before=$(sha256sum $journal)
stopped "chmod go-w $work/pub"
if slipway update --app A --repair > log 2>&1; then fail "want no repair"; fi
has "chmod go-w $work/pub"
[ "$(sha256sum $journal)" = "$before" ] || fail "want the change kept"
[ "$(cat rootonly/app/x.txt)" = 2 ] || fail "want release 2 as it was"
chmod 755 pub
slipway run --app A true > log 2>&1 || fail "want a start"
[ "$(cat rootonly/app/x.txt)" = cut ] || fail "want the change finished"
[ ! -e $journal ] || fail "want no journal"
release 2
slipway update > log 2>&1 || fail "want release 2 again"

# Another spelling is no second enrolment: the anchor that counts stays, and no key is made beside it.
refused 'want the spelling I/A' I a --force
refused 'want the spelling I/A' i A --force
refused 'want the spelling I/B' i B
refused 'want the spelling I/A' i a --force --new-key
[ ! -e /var/lib/slipway/i ] || fail "want no state in another spelling"

# A second installation with this application has a place of its own, which stays, and so has the first one.
enroll I A --force --install-dir "$work/srv/a" || fail "the default"
enroll J A --install-dir "$work/srv/j" || fail "a second installation"
slipway update --installation I > log 2>&1 || fail "update I"
release 3
slipway update --installation J > log 2>&1 || fail "update J"
[ "$(cat /var/lib/A/x.txt) $(cat /var/lib/J/A/x.txt)" = "2 3" ] || fail "want two places"
enroll I A --force --install-dir "$work/srv/a" || fail "the default again"
enroll J A --force --install-dir "$work/srv/j" || fail "the second default again"
slipway update --installation I > log 2>&1 || fail "update I"
[ "$(find /var/lib -name x.txt | sort | tr '\n' ' ')" = "/var/lib/A/x.txt /var/lib/J/A/x.txt " ] || fail "want them to stay"
refused "another application's files" K A --app-dir /var/lib/A/sub
refused "another application's files" K A --install-dir /var/lib/J
# Of a station that was enrolled earlier, with one place for both.
sed -i 's|^AppDir = .*|AppDir = %ProgramData%/%Application%|' /etc/slipway/machine.conf
release 4
# It goes on updating, with a warning, but changes no file that the other one's release installed.
if slipway update --installation J > log 2>&1; then fail "want no update of I's file"; fi
has "/var/lib/A/x.txt: want a file of this application's"
[ "$(cat /var/lib/A/x.txt)" = 3 ] || fail "want I's file"
[ "$(slipway run --installation J --app A echo started 2>> log)" = started ] || fail "want HI started"
mkdir -p r/app && rm -f r/app/x.txt && echo own > r/app/own.txt
slipway-repo --repo repo publish --app A r > log 2>&1 || fail "publish"
slipway update --installation J > log 2>&1 || fail "want an update beside I's files"
has "another application's files go to; enrol again"
[ "$(cat /var/lib/A/x.txt) $(cat /var/lib/A/own.txt)" = "3 own" ] || fail "want both files"
slipway status --installation J > log 2>&1 || fail status
has "another application's files"
echo "a release stays in its own places"
