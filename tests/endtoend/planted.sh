#!/bin/bash
# SPDX-License-Identifier: ISC
# As root, in a mount namespace of its own: files and directories that another user put where a release's files go, and
# destinations in which others may write.  Nothing of it is left outside.
# shellcheck source=tests/endtoend/as-root.sh
. "$(dirname "$0")/as-root.sh"
conf=/etc/slipway/machine.conf
slipway-repo init repo --no-passphrase > log 2>&1
slipway-repo --repo repo app add A --no-passphrase > log 2>&1 || fail "app add"
release() {
	mkdir -p r/app/tls
	echo "$1" > r/app/x
	echo same > r/app/same
	echo crt > r/app/tls/server.crt
	slipway-repo --repo repo publish --app A r > log 2>&1 || fail publish
}
enroll() {
	slipway enroll "file://$work/repo/served" --root repo/served/metadata/1.root.json --installation I --app A --force \
		--app-dir "$work/app" "$@" > log 2>&1
}
roots() { [ "$(stat -c '%u %a' "$1")" = "0 ${2-644}" ] || fail "want root's: $(stat -c '%n %u %a' "$1")"; }
release 1

# The same content, put there by another user, who has it open for writing: it is made anew, and nothing of it is
# fetched or kept aside.  So is a file of root's that all may write, also by its second name.
mkdir app
cp r/app/x r/app/same app
chown 12345 app/x
chmod 666 app/same
ln app/same second
exec 3<> app/x 4<> second
enroll || fail enroll
code=0
slipway plan > log 2>&1 || code=$?
[ $code -eq 3 ] || fail "want a plan"
has "owner   $work/app/x"
slipway update > log 2>&1 || fail update
has '3 files changed'
echo planted >&3
echo planted >&4
roots app/x
roots app/same
cmp app/x r/app/x && cmp app/same r/app/same || fail "want the release's content"
slipway verify > log 2>&1 || fail "want it verified"

# Later: verify tells, --repair makes it anew, and a rollback does.
chown 12345 app/x
if slipway verify > log 2>&1; then fail "want a difference"; fi
has "$work/app/x: another user owns it or may change it"
slipway update --repair > log 2>&1 || fail repair
roots app/x
release 2
slipway update > log 2>&1 || fail update
chown 12345 app/same app/x
slipway rollback > log 2>&1 || fail rollback
roots app/same
roots app/x
cmp app/same r/app/same && [ "$(cat app/x)" = 1 ] || fail "want release 1"

# A directory that another user made where a release's new files go.
rm -rf app /var/lib/slipway "$conf"
mkdir -p app/tls
chown 12345 app/tls
enroll || fail enroll
if slipway update > log 2>&1; then fail "want no update into another user's directory"; fi
has "$work/app/tls: want a directory that only its administrator can change"
has "chown root $work/app/tls"
[ "$(slipway run echo started 2>> log)" = started ] || fail "want HI started"
[ -z "$(find app -type f)" ] || fail "want nothing there"
chown 0 app/tls
chmod 777 app/tls
if slipway update > log 2>&1; then fail "want no update into a directory that all may write"; fi
has "chmod go-w $work/app/tls"
chmod 755 app/tls
slipway update > log 2>&1 || fail "want it mended"
roots app/tls/server.crt
# One that an administrator gave away later stays in use.
chown 12345 app/tls
chown 12345 app/tls/server.crt
release 3
slipway update > log 2>&1 || fail "want release 3"
roots app/tls/server.crt

# A destination in which others may write: no enrolment, unless the person says so; status repeats that.
open() {	# MODE OWNER COMMAND
	rm -rf app /var/lib/slipway "$conf"
	mkdir app
	chmod "$1" app
	chown "$2" app
	if enroll; then fail "want no enrolment into $1 $2"; fi
	has "$3"
	has 'enrol with --allow-writable'
	[ ! -e "$conf" ] || ! grep -q Server "$conf" || fail "want nothing written"
}
open 777 0 "chmod go-w $work/app"
open 775 0:12345 "chmod go-w $work/app"
open 755 12345 "chown root $work/app"
open 757 12345 "chown root $work/app && chmod go-w $work/app"
enroll --allow-writable || fail "want --allow-writable to count"
has 'note: '
slipway update > log 2>&1 || fail update
hasno 'only its administrator'
slipway status > log 2>&1 || fail status
has "changeable    $work/app: user 12345, everybody can change the files there"
has '--allow-writable permits that'
hasno 'or enrol with'
# Even there a planted file doesn't stay its planter's.
chown 12345 app/same
release 4
slipway update > log 2>&1 || fail update
roots app/same

# A station that was enrolled before goes on, and is warned once a day.
sed -i '/^AllowWritable/d' "$conf"
release 5
[ "$(slipway run cat app/x 2> log)" = 5 ] || fail "want release 5"
has "AppDir $work/app: want a directory that only its administrator can change"
has "chown root $work/app && chmod go-w $work/app"
slipway run true 2> log || fail "want a start"
hasno 'only its administrator'
slipway status > log 2>&1 || fail status
has 'or enrol with --allow-writable'
sed -i '/^AppDir/a AllowWritable = perhaps' "$conf"
if slipway update > log 2>&1; then fail "want AllowWritable read"; fi
has 'AllowWritable: want the text yes or no'
echo "what others put there doesn't stay theirs"
