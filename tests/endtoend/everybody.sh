#!/bin/bash
# SPDX-License-Identifier: ISC
# A station for all users of the computer: the same rules for each user.  Needs root and namespaces; /etc and /var/lib
# are private copies, and every process ends with its namespace.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit

if [ $# -ne 1 ]; then
	echo "usage: everybody.sh BUILD-DIR" >&2
	exit 2
fi
build=$1
if [ "$(id -u)" -ne 0 ]; then
	echo "skipped: only root can make a station for all users"
	exit 77
fi
if [ -z "${WORK-}" ]; then
	if ! why=$(unshare --mount --pid --fork --mount-proc true 2>&1); then
		echo "skipped: no private mount and process namespaces here: $why"
		exit 77
	fi
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-XXXXXXXX")
	trap 'rm -rf -- "$WORK"' EXIT
	chmod 755 "$WORK"
	export WORK
	rc=0
	unshare --mount --pid --fork --kill-child --mount-proc bash "$0" "$build" || rc=$?
	exit "$rc"
fi

# shellcheck source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"
unset SLIPWAY_HOME
cd "$WORK"
mkdir etc bin
cp "$build"/updater/slipway "$build"/server/slipway-repo bin
export PATH=$WORK/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cp -a /etc/. etc
mount --bind etc /etc
rm -rf /etc/slipway
mount -t tmpfs -o mode=755 tmpfs /var/lib
account=slipway-test
useradd --system --create-home --home-dir "$WORK/home" --shell /bin/sh "$account"

make_repo
make_release release server.crt="$REPO/certs/kernel.crt"
publish release
expect 0 enroll.log slipway enroll "file://$REPO/served" --root "$REPO/served/metadata/1.root.json" \
	--installation "$INSTALLATION" --app "$APP" --on-error block
state=/var/lib/slipway/$INSTALLATION/$APP

as_user() {
	setpriv --reuid "$account" --regid "$account" --clear-groups env -i PATH="$PATH" "$@"
}
starts() {
	expect 0 "$1.log" "${@:2}" slipway run -- echo hi-runs
	want "$1.log" hi-runs
}
stops() {
	local name=$1 text=$2
	shift 2
	expect 1 "$name.log" "$@" slipway run -- echo hi-runs
	wantno "$name.log" hi-runs
	want "$name.log" "$text"
	wantno "$name.log" 'no release was ever applied'
}
user=(as_user "HOME=$WORK/home")

starts root env "HOME=$WORK"
starts user "${user[@]}"
want user.log 'this user may not update the station'
# Who may not write is told of what is lost; root puts it back.
rm "/var/lib/$APP/server.crt"
starts user "${user[@]}"
want user.log 'missing: 1 file of release 1 ('
want user.log "an administrator of the station has to run 'slipway update'"
expect 0 root.log env "HOME=$WORK" slipway update
want root.log 'lost and put back: 1 file of release 1 ('
starts user "${user[@]}"
wantno user.log missing
# A user id without an account, and no HOME.
nobody=(setpriv --reuid 54321 --regid 54321 --clear-groups env -i PATH="$PATH")
starts nobody "${nobody[@]}"
sed -i '/^OnError/a WarnAfterDays = never' /etc/slipway/machine.conf
stops nobody 'WarnAfterDays: want' "${nobody[@]}"
stops user 'WarnAfterDays: want' "${user[@]}"
sed -i '/^WarnAfterDays/d' /etc/slipway/machine.conf

# What needs root says so, and not which file was refused first.
needs_root() {
	expect 1 rights.log "${user[@]}" slipway "$@"
	wantre rights.log "error: ${1}( [a-z]+)? needs root: this station is for all users; run it with sudo\$" 0
}
needs_root rollback
for option in '--from /tmp' '--accept-age 3' '--drop-host-key SHA256:x'; do
	# shellcheck disable=SC2086  # two words
	expect 1 rights.log "${user[@]}" slipway update $option
	want rights.log "update ${option% *} needs root: this station is for all users; run it with sudo" 0
done
needs_root plan
needs_root unenroll --yes
expect 3 own.log "${user[@]}" slipway update
want own.log 'this user may not update the station'
expect 1 own.log "${user[@]}" slipway update --repair
want own.log "update --repair needs root, because this station is for all users; only what is this user's own was looked at: sudo slipway update --repair"
expect 3 own.json "${user[@]}" slipway update --json
want own.json '"read_only": true'
expect 0 own.log "${user[@]}" slipway verify
needs_root enroll --change --deadline 20
needs_root settings set 'HKLM\SOFTWARE\x' y z
needs_root settings delete "HKLM\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP" Server
expect 0 own.log "${user[@]}" slipway settings set 'HKCU\SOFTWARE\x' y z
expect 0 own.log "${user[@]}" slipway settings delete 'HKCU\SOFTWARE\x' y

# A lasting fault is told to each of them once a day, as the note of their own state says.
sed -i '/^OnError/a Dedline = 5' /etc/slipway/machine.conf
for who in root user; do
	for told in 1 0; do
		case $who in
		root) starts $who env "HOME=$WORK" ;;
		user) starts $who "${user[@]}" ;;
		esac
		[ "$(grep -c "called 'Dedline'" $who.log)" = $told ] || fail "want it told once to $who" $who.log
	done
done
[ -f "$WORK/home/.local/state/slipway/$INSTALLATION/$APP/user/told.json" ] || fail "want a note in the user's own state"
for _ in 1 2; do
	starts nobody "${nobody[@]}"	# who has no state
	want nobody.log "called 'Dedline'"
done
sed -i '/^Dedline/d' /etc/slipway/machine.conf

# The trusted metadata is over: who may not update is told as root is, and doesn't start either.
cp "$state/refreshed" refreshed
echo 2099-01-01T00:00:00Z > "$state/refreshed"
stops root 'expired' env "HOME=$WORK"
want root.log "tell the administrator of the update server, who has to sign it anew ('slipway-repo renew root')" 0
stops user 'expired on' "${user[@]}"
want user.log "or this station isn't updated any more (tell its administrator; 'slipway update')" 0
sed -i 's/^OnError = .*/OnError = launch/' /etc/slipway/machine.conf
starts user "${user[@]}"
want user.log 'expired on'
want user.log 'with release 1, applied earlier'
sed -i 's/^OnError = .*/OnError = block/' /etc/slipway/machine.conf
cp refreshed "$state/refreshed"
starts user "${user[@]}"

# What keeps root from changing the state is a fault, told as it is; for a user it is as before.
broken() {
	stops root 'is not started, because this site set OnError to block' "${root[@]}"
	wantno root.log 'this user may not update'
	want root.log "$1"
	starts user "${user[@]}"
	sed -i 's/^OnError = .*/OnError = launch/' /etc/slipway/machine.conf
	starts root "${root[@]}"
	want root.log 'with release 1, applied earlier'
	sed -i 's/^OnError = .*/OnError = block/' /etc/slipway/machine.conf
}
root=(env "HOME=$WORK")
mount --bind /var/lib/slipway /var/lib/slipway
mount -o remount,bind,ro /var/lib/slipway
broken 'lock: Read-only file system'
umount /var/lib/slipway
mv "$state/lock" lock
mkdir "$state/lock"
broken 'lock'
rmdir "$state/lock"
mv lock "$state/lock"
cp -a /var/lib/slipway whole
mount -t tmpfs -o size=400k,mode=755 tmpfs /var/lib/slipway
cp -a whole/. /var/lib/slipway
dd if=/dev/zero of=/var/lib/slipway/filled bs=4k 2> dd.log || true
broken 'No space left on device'
rm "$state/lock"
broken 'No space left on device'
umount /var/lib/slipway
# root without the right to pass over permissions, as in some containers.
root=(env "HOME=$WORK" setpriv --bounding-set=-dac_override)
chmod 400 "$state/lock"
broken 'lock: Permission denied'
chmod 600 "$state/lock"
chmod 555 "$state"
broken 'Permission denied'
chmod 755 "$state"
starts root "${root[@]}"

# A user's start in the middle of root's update: what isn't committed doesn't matter, what is committed is waited for.
LIBCUT=$build/tests/fault/libcut.so
sed -i '/^OnError/a Deadline = 2' /etc/slipway/machine.conf
echo two > release/app/two
publish release
stopped_when "$state/journal.new" slipway update
starts user "${user[@]}"
want user.log 'release 1 is applied; this user may not update the station'
kill -CONT "$job"
wait "$job" || fail "want the update to end" stopped.log
echo three > release/app/two
publish release
stopped_when "$state/journal" slipway update
stopped=$job
stops user 'stands still; what is there may be of two releases' "${user[@]}"
background waiting.log "${user[@]}" slipway run -- cat "/var/lib/$APP/two"
sleep 0.5	# so that it waits; where it doesn't yet, the case is easier
kill -CONT "$stopped"
wait "$stopped" || fail "want the update to end" stopped.log
wait "$job" || fail "want HI started after root's change" waiting.log
want waiting.log three 0

# Several applications, all OnError=block, and none is named: nothing is started, whoever starts.
{
	grep -v DefaultApplication /etc/slipway/machine.conf
	awk '/^\[/ { on = /Slipway/ } on' /etc/slipway/machine.conf | sed "s/\\\\$APP\]/\\\\OTHER]/"
} > several.conf
cat several.conf > /etc/slipway/machine.conf
stops root 'want one application' env "HOME=$WORK"
stops user 'want one application' "${user[@]}"
stops nobody 'want one application' "${nobody[@]}"
