#!/bin/bash
# SPDX-License-Identifier: ISC
# The permanent set-up by the commands of `slipway-repo serve --print-config`: an account, a chroot and an sshd; then a
# station for all users of the computer.  Needs root and namespaces; /etc, /run, /srv and /var/lib are private copies,
# and every process ends with its namespace.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit

if [ $# -ne 1 ]; then
	echo "usage: permanent-server.sh BUILD-DIR" >&2
	exit 2
fi
build=$1
if [ "$(id -u)" -ne 0 ]; then
	echo "skipped: only root can make an account and a chroot"
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
unset SLIPWAY_HOME	# root has none
cd "$WORK"
export PATH=$build/updater:$build/server:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir etc
cp -a /etc/. etc
mount --bind etc /etc
rm -rf /etc/slipway /etc/ssh/sshd_config.d/slipway.conf
for dir in /run /srv /var/lib; do
	mount -t tmpfs -o mode=755 tmpfs "$dir"
done
mkdir /run/sshd
ssh-keygen -A > keygen.log

make_repo
make_release release server.crt="$REPO/certs/kernel.crt"
mkdir release/scripts/user
echo "set([[HKCU\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP]], \"Skin\", \"day\")" > release/scripts/user/10.lua
publish release
ssh-keygen -q -t ed25519 -N '' -f login
cp login.pub authorized_keys

account=slipway-test
expect 0 config slipway-repo serve --print-config --user "$account" --chroot /srv/updates
expect 0 writer slipway-repo deploy --print-config --user slipway-writer --chroot /srv/updates
ssh-keygen -q -t ed25519 -N '' -f deploy
sed -n "s|^#   \([^ ].*\)|\1|p" config writer > commands
[ "$(wc -l < commands)" -ge 9 ] || fail "want the commands of the set-up" config writer
expect 0 commands.log bash -euxc "$(cat commands)"
mkdir -p /etc/ssh/sshd_config.d
cp config /etc/ssh/sshd_config.d/slipway.conf
cp writer /etc/ssh/sshd_config.d/slipway-deploy.conf
expect 0 sshd-t.log sshd -t

# The same as a script takes no account from a person, who would only have SFTP from then on.
useradd --shell /bin/bash person
getent shadow person > person.before
for option in '--user person' "--user new --deploy-key deploy.pub"; do
	# shellcheck disable=SC2086  # two words
	expect 0 setup slipway-repo --repo "$REPO" serve --print-setup --authorized-keys authorized_keys \
		--chroot /srv/setup $option
	sed -i 's/slipway-deploy/person/' setup
	expect 1 setup.log sh setup
	want setup.log 'person: want a new account, or one that nobody logs in to, got one with a shell; nothing changed' 0
	getent shadow person | cmp -s - person.before || fail "want the person's password as it was"
	[ ! -e /srv/setup ] || fail "want nothing of the set-up" setup.log
done

# The script finds out whether sshd takes what it wrote.
expect 0 setup slipway-repo --repo "$REPO" serve --print-setup --authorized-keys authorized_keys --user slipway-reader \
	--chroot /srv/setup --deploy-key deploy.pub
sed -i 's/^service ssh reload/true/' setup
sed -i 's/^Include/#&/' /etc/ssh/sshd_config
expect 1 setup.log sh setup
want setup.log "slipway-reader: want sshd to do as /etc/ssh/sshd_config.d/slipway.conf says, and it doesn't" 0
sed -i 's/^#Include/Include/' /etc/ssh/sshd_config
printf '%s\n' 'Match LocalPort 2222' 'X11Forwarding no' > /etc/ssh/sshd_config.d/port.conf	# about nobody in particular
expect 0 setup.log sh setup
rm /etc/ssh/sshd_config.d/port.conf
printf '%s\n' 'Match User slipway-deploy' 'ForceCommand /bin/true' > /etc/ssh/sshd_config.d/before.conf
expect 1 setup.log sh setup
want setup.log 'slipway-deploy: want sshd to do as' 0
rm /etc/ssh/sshd_config.d/before.conf
cp config /etc/ssh/sshd_config.d/slipway.conf

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
background sshd.log /usr/sbin/sshd -D -e -p "$port" -o ListenAddress=127.0.0.1
want sshd.log 'Server listening' 15
print=$(ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2)

# The release comes there as an account that may write in two directories, and nowhere else.
expect 0 set.log slipway-repo --repo "$REPO" deploy set "sftp://slipway-writer@127.0.0.1:$port/" --key deploy \
	--host-key "$print"
expect 0 deploy.log slipway-repo --repo "$REPO" deploy
[ -e /srv/updates/metadata/timestamp.json ] || fail "want it deployed" deploy.log
expect 0 status.log slipway-repo --repo "$REPO" status
printf '%s\n' "put deploy.pub /deploy.pub" > root.batch
expect 1 root.log sftp -q -b root.batch -P "$port" -i deploy -o BatchMode=yes -o IdentitiesOnly=yes \
	-o StrictHostKeyChecking=no -o UserKnownHostsFile="$WORK/known" slipway-writer@127.0.0.1
[ ! -e /srv/updates/deploy.pub ] || fail "want no file beside the two directories" root.log
# On the server itself the repository's owner may write there instead, by the commands that the set-up names.
grep '^#     ' config | sed 's|/srv/updates|/srv/here|g; s|^# *||; s|OWNER|games|; s| *# as games||' > here
[ "$(wc -l < here)" = 2 ] || fail "want two commands of the owner" config
expect 0 install.log bash -euc "$(head -n 1 here)"
install -D "$build/server/slipway-repo" programs/slipway-repo
chown -R games: "$REPO"
expect 0 here.log setpriv --reuid games --regid games --clear-groups env SLIPWAY_REPO="$REPO" \
	PATH="$WORK/programs:/usr/bin:/bin" bash -euc \
	"$(tail -n 1 here); slipway-repo deploy"
want here.log 'deployed timestamp' 0
# What root left in that repository is told as that.
chown root: "$REPO/deploy.lock"
expect 1 here.log setpriv --reuid games --regid games --clear-groups "$WORK/programs/slipway-repo" --repo "$REPO" deploy
want here.log "deploy.lock: want a file of the account games, as the repository is, got one of root, who changed" 0
want here.log "as root: chown -R games $REPO" 0
chown -R root: "$REPO"
expect 0 set.log slipway-repo --repo "$REPO" deploy set "sftp://slipway-writer@127.0.0.1:$port/" --key deploy \
	--host-key "$print"

# A station of root's: settings in /etc/slipway, state in /var/lib/slipway.
mkdir installed
expect 0 enroll.log slipway enroll "sftp://$account@127.0.0.1:$port/" --host-key "$print" \
	--root "$REPO/served/metadata/1.root.json" --key "$WORK/login" --installation "$INSTALLATION" \
	--app "$APP" --install-dir "$WORK/installed"
expect 0 update.log slipway update --app "$APP"
want update.log 'applied release 1' 0
want /etc/slipway/machine.conf 'TLS_RequiredLevel = TLSPeerAuth' 0

# An operator without rights: the station stays unchanged, the program starts, and the operator's settings are applied.
install -d -m 755 programs
install -d -o games operator
install "$build/updater/slipway" programs/
operator() {
	setpriv --reuid games --regid games --clear-groups env HOME="$WORK/operator" PATH="$WORK/programs:/usr/bin:/bin" "$@"
}
expect 0 operator.log operator slipway run --app "$APP" -- echo started
want operator.log started 0
want operator.log 'release 1 is applied; this user may not update the station' 0
want operator.log '1 setting of this user changed' 0
want operator/.config/slipway/user.conf 'Skin = day' 0
expect 0 operator.log operator slipway run --app "$APP" -- echo started
wantno operator.log 'of this user changed'
expect 0 operator.log operator slipway verify --app "$APP"
expect 0 operator.log operator slipway status --app "$APP"
want operator.log 'root version 1' 0
expect 1 operator.log operator slipway rollback --app "$APP"
want operator.log 'needs root' 0
expect 1 operator.log operator slipway plan --app "$APP"
touch /var/lib/slipway/"$INSTALLATION/$APP"/journal
expect 0 operator.log operator slipway run --app "$APP" -- echo started
want operator.log 'administrator has to run' 0
rm /var/lib/slipway/"$INSTALLATION/$APP"/journal

# The account can't see files outside, write, get a shell, or forward.
sftp_() {
	sftp -q -b "$1" -P "$port" -i login -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile="$WORK/known" "$account@127.0.0.1"
}
ssh_() {
	timeout 20 ssh -p "$port" -i login -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile="$WORK/known" -o ExitOnForwardFailure=yes "$@" "$account@127.0.0.1"
}
echo 'ls -1 /' > list.batch
expect 0 list.log sftp_ list.batch
want list.log metadata 0
wantno list.log etc
echo 'get /etc/passwd stolen' > read.batch
expect 1 read.log sftp_ read.batch
[ ! -e stolen ] || fail "want nothing outside the chroot readable" read.log
install -d -o "$account" /srv/updates/own	# even where permissions would allow it
echo 'put login.pub /own/new' > write.batch
expect 1 write.log sftp_ write.batch
echo 'rm /metadata/timestamp.json' > remove.batch
expect 1 remove.log sftp_ remove.batch
[ -e /srv/updates/metadata/timestamp.json ] && [ ! -e /srv/updates/own/new ] ||
	fail "want a read-only server" write.log remove.log
# A forced internal-sftp speaks SFTP in place of every requested command, and runs none.
ssh_ < /dev/null > shell.log 2>&1 id || true
wantno shell.log 'uid='
ssh_ < /dev/null > forward.log 2>&1 -W "127.0.0.1:$port" || true
want forward.log 'administratively prohibited' 0
wantno forward.log SSH-2.0

# A full disk of the server: stations keep the release before, nothing is left over, and the next deployment goes on.
head -c 300000 /dev/urandom > release/app/large
before=$(sha256sum /srv/updates/metadata/timestamp.json)
mount -t tmpfs -o "size=128k,mode=755,uid=$(id -u slipway-writer)" tmpfs /srv/updates/targets
expect 3 full.log slipway-repo --repo "$REPO" publish --app "$APP" release
want full.log "the server's disk or quota may be full" 0
want full.log 'published here, and not yet deployed' 0
[ "$(sha256sum /srv/updates/metadata/timestamp.json)" = "$before" ] || fail 'want the timestamp of before' full.log
[ -z "$(find /srv/updates -name '.slipway-new.*' -o -name '*.lock')" ] || fail 'want no leftovers on a full disk'
umount /srv/updates/targets
expect 0 deploy.log slipway-repo --repo "$REPO" deploy
expect 0 update.log slipway update --app "$APP"
want update.log 'applied release 2' 0

# The same in a directory of this computer.
mkdir /srv/small
mount -t tmpfs -o size=128k tmpfs /srv/small
expect 0 set.log slipway-repo --repo "$REPO" deploy set /srv/small
expect 1 full.log slipway-repo --repo "$REPO" deploy
want full.log 'No space left on device' 0
[ ! -e /srv/small/metadata/timestamp.json ] || fail 'want no timestamp' full.log
[ -z "$(find /srv/small -name '.slipway-new.*' -o -name '*.lock')" ] || fail 'want no leftovers on a full disk'
mount -o remount,size=2m /srv/small
expect 0 deploy.log slipway-repo --repo "$REPO" deploy
