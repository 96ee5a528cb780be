#!/bin/bash
# SPDX-License-Identifier: ISC
# As root, in a mount namespace of its own: state and settings that others can change stop an update and not HI, the
# caller's environment counts for nothing, and modes don't depend on the umask.  Nothing of it is left outside.
# shellcheck source=tests/endtoend/as-root.sh
. "$(dirname "$0")/as-root.sh"
mkdir caller
mkdir -m 755 /etc/slipway
chown 12345 caller
umask 077
refused() {
	slipway update > log 2>&1 && fail "want $1 refused"
	grep -qF "this station isn't updated" log && grep -qF "$2" log || fail "want words on $1"
	[ "$(slipway run echo started 2>> log)" = started ] || fail "want HI started with $1"
}
slipway-repo init repo --no-passphrase > log 2>&1
slipway-repo --repo repo app add A --no-passphrase > log 2>&1
mkdir -p r/app/sub && echo x > r/app/sub/x
slipway-repo --repo repo publish --app A r > log 2>&1 || fail publish
[ "$(stat -c %a repo/served repo/served/targets | sort -u)" = 755 ] || fail "modes of served"
chmod 777 /etc/slipway
HOME=$work/caller XDG_CONFIG_HOME=$work/caller slipway enroll "file://$work/repo/served" --installation I --app A \
	--root repo/served/metadata/1.root.json > log 2>&1 && fail "want an enrolment in a 0777 /etc/slipway refused"
grep -qF "chmod go-w /etc/slipway" log || fail "want words on it"
chmod 755 /etc/slipway
SLIPWAY_HOME=$work/caller HOME=$work/caller XDG_CONFIG_HOME=$work/caller XDG_STATE_HOME=$work/caller \
	slipway enroll "file://$work/repo/served" --installation I --app A --root repo/served/metadata/1.root.json > log 2>&1 || fail enroll
grep -qF "SLIPWAY_HOME is ignored" log || fail "want SLIPWAY_HOME's words"
HOME=$work/caller XDG_STATE_HOME=$work/caller slipway update > log 2>&1 || fail update
[ -z "$(ls -A "$work/caller")" ] || fail "want nothing in the caller's home"
[ "$(stat -c %a /var/lib/slipway /var/lib/slipway/I/A /var/lib/A /var/lib/A/sub | sort -u)" = 755 ] || fail "modes"
[ "$(stat -c %a /etc/slipway/machine.conf /var/lib/A/sub/x | sort -u)" = 644 ] || fail "modes of files"
chmod 777 /etc/slipway; refused "0777 /etc/slipway" "chmod go-w /etc/slipway"; chmod 755 /etc/slipway
chmod 666 /etc/slipway/machine.conf; refused "0666 machine.conf" "machine.conf"; chmod 644 /etc/slipway/machine.conf
chmod 775 /var/lib/slipway; refused "0775 state" "chmod go-w /var/lib/slipway"; chmod 755 /var/lib/slipway
chown 12345 /var/lib/slipway/I/A/metadata; refused "a stranger's metadata" "chown -h root"; chown 0 /var/lib/slipway/I/A/metadata
echo planted > /var/lib/slipway/I/A/journal; chown 12345 /var/lib/slipway/I/A/journal
refused "a planted journal" "/var/lib/slipway/I/A/journal"; rm /var/lib/slipway/I/A/journal
chown 12345 /var/lib/slipway/I/A/metadata/root.json; refused "a stranger's anchor" "metadata/root.json"
chown 0 /var/lib/slipway/I/A/metadata/root.json
# Downloads are a cache: those of a stranger are made anew.
staging=/var/lib/slipway/I/A/staging
for planted in directory file link; do
	rm -rf "$staging"
	case $planted in
	directory) mkdir -m 777 "$staging"; echo x > "$staging/x"; mkdir "$staging/y"; chown -R 12345 "$staging" ;;
	file) mkdir -m 700 "$staging"; echo x > "$staging/x"; chown 12345 "$staging/x" ;;
	link) ln -s "$work/caller" "$staging"; chown -h 12345 "$staging" ;;
	esac
	slipway update > log 2>&1 || fail "want the update with a stranger's staging ($planted)"
	[ ! -L "$staging" ] && [ "$(stat -c %u%a "$staging")" = 0700 ] && [ -z "$(ls -A "$staging")" ] || fail "staging"
done
[ -z "$(ls -A "$work/caller")" ] || fail "want nothing behind the link"
slipway status > log 2>&1 || fail status
slipway update > log 2>&1 || fail "want it mended"
echo "root believes only root"

# A copy of the settings that somebody else could have written isn't put back; root's own is.
chmod 755 /etc/slipway
slipway update > log 2>&1 || fail "want an update that leaves a copy"
cp /etc/slipway/machine.conf good.conf
rm /etc/slipway/machine.conf
copy=/etc/slipway/machine.conf.copy
for how in 'chown 12345' 'chmod 666'; do
	$how "$copy"
	slipway update --repair > log 2>&1 && fail "want the copy refused after $how"
	grep -qF "$copy" log || fail "want words on the copy"
	[ ! -e /etc/slipway/machine.conf ] || fail "want nothing put back after $how"
	chown 0 "$copy"
	chmod 644 "$copy"
done
slipway update --repair > log 2>&1 || fail "want root's copy put back"
cmp /etc/slipway/machine.conf good.conf || fail "want the settings as they were"
echo "a copy of the settings is put back only if it is root's"
