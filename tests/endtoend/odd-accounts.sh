#!/bin/bash
# SPDX-License-Identifier: ISC
# Accounts of a domain: the address that serve prints is one that a station takes, and logs in with.  As root, in
# namespaces of its own; /etc is a private copy.
# shellcheck shell=bash
set -euo pipefail

build=$1
if [ "$(id -u)" -ne 0 ]; then
	echo "skipped: only root can make accounts"
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
cd "$WORK"
mkdir etc bin
cp "$build"/updater/slipway "$build"/server/slipway-repo bin
export PATH=$WORK/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cp -a /etc/. etc
mount --bind etc /etc
rm -rf /etc/slipway
uid=54321
for name in 'operator@corp.example' 'CORP\operator' 'a b*?'; do
	top=$WORK/$uid
	mkdir "$top"
	printf '%s:x:%d:%d::%s:/bin/sh\n' "$name" "$uid" "$uid" "$top" >> /etc/passwd
	as=(setpriv --reuid "$uid" --regid "$uid" --clear-groups env "HOME=$top" "SLIPWAY_HOME=$top/station")
	REPO=$top/repo
	expect 0 init.log slipway-repo init "$REPO" --no-passphrase
	expect 0 add.log slipway-repo --repo "$REPO" app add "$APP" --no-passphrase
	mkdir -p release/app
	echo x > release/app/x
	publish release
	mkdir -p "$REPO/ssh"
	rm -f login login.pub
	make_login
	chown -R "$uid:$uid" "$top" login
	background serve.log "${as[@]}" slipway-repo --repo "$REPO" serve
	wantre serve.log 'host key SHA256:' 15
	url=$(grep -oE 'sftp://[^ ]+' serve.log | head -n 1)
	hostkey=$(grep -oE 'SHA256:[A-Za-z0-9+/=]+' serve.log | head -n 1)
	expect 0 enroll.log "${as[@]}" bash -c 'cd / && exec "$@"' - "$WORK/bin/slipway" enroll "$url" --host-key "$hostkey" \
		--root "$REPO/served/metadata/1.root.json" --key "$WORK/login" --installation "$INSTALLATION" --app "$APP"
	expect 0 update.log "${as[@]}" slipway update
	want update.log 'applied release 1'
	kill "$job"
	wait "$job" || true
	uid=$((uid + 1))
done
echo "accounts of a domain log in"
