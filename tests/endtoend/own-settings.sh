# SPDX-License-Identifier: ISC
# Slipway's own settings: refused enrolments, starts with settings that can't be read, another InstallDir, and programs
# that can't be started.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_all
expect 0 run.log slipway run -- echo hi-runs
want run.log 'applied release 1'
want run.log hi-runs
cp station/machine.conf good.conf

# Enrolment refuses settings that every start would refuse, and changes nothing.
other() {
	slipway enroll "$1" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" \
		--installation OTHER --app OTHER "${@:2}"
}
refused() {
	local regex=$1 got=0
	shift
	other "$@" > refused.log 2>&1 || got=$?
	[ "$got" = 1 ] || [ "$got" = 2 ] || fail "want a refusal: $*" refused.log
	wantre refused.log "$regex" 0
	cmp -s station/machine.conf good.conf || fail "want the settings as they were: $*" refused.log
}
refused 'has no user' sftp://host/r --key login
refused 'is neither' ftp://u@host/r --key login
refused 'has no path' sftp://nonsense --key login
for text in sftp://u:sesame@host/r sftp://u:sesame@host sftp://u:ses@me@host/r ftp://u:sesame@host/r; do
	refused 'address' "$text" --key login
	wantno refused.log sesame
	wantno refused.log 'ses@'
	wantno refused.log 'me@'
done
# One rule for names, here and in a repository.
for name in -Y3 CON com1.x .hidden a/b 'a b' targets ''; do
	refused '' "$url" --key login "--app=$name"
	refused '' "$url" --key login "--installation=$name"
	expect 2 add.log slipway-repo --repo "$REPO" app add --no-passphrase -- "$name"
done
refused 'want an absolute path' "$url" --key login --install-dir relative
refused 'want an absolute path' "$url" --key login --app-dir \~/hi
refused 'Nowhere' "$url" --key login --install-dir '%Nowhere%/hi'
refused 'AppDir' "$url" --key login --app-dir '/srv/50%'
refused 'file that can be read' "$url" --key \~/login
refused 'file that can be read' "$url" --key .
cp login open && chmod 644 open
refused 'open' "$url" --key open
ssh-keygen -q -t rsa -N '' -f rsa
refused 'got ssh-rsa' "$url" --key rsa
cp login locked && ssh-keygen -q -p -P '' -N sesame -f locked
refused "isn't encrypted" "$url" --key locked
echo secret > password && chmod 644 password
refused 'password' "$url" --password-file password
: > empty && chmod 600 empty
refused 'empty' "$url" --password-file empty
good=$hostkey
for hostkey in SHA256:short "${good%?}" "${good%?}*" "MD5:${good#SHA256:}"; do
	refused 'want SHA256:' "$url" --key login
done
hostkey=$good
# What is missing, given twice, or out of its range.
root=$REPO/served/metadata/1.root.json
missing() {
	expect 2 missing.log slipway enroll "${@:2}"
	want missing.log "$1" 0
	cmp -s station/machine.conf good.conf || fail "want the settings as they were: ${*:2}" missing.log
}
missing 'want --root FILE' "$url" --installation OTHER --app OTHER --host-key "$hostkey" --key login
missing 'want --installation NAME' "$url" --root "$root" --app OTHER --host-key "$hostkey" --key login
missing 'want --app NAME' "$url" --root "$root" --installation OTHER --host-key "$hostkey" --key login
missing 'want --host-key' "$url" --root "$root" --installation OTHER --app OTHER --key login
missing 'want --key FILE' "$url" --root "$root" --installation OTHER --app OTHER --host-key "$hostkey"
missing 'only one of them' "$url" --root "$root" --installation OTHER --app OTHER --host-key "$hostkey" --key login \
	--password-file password
missing 'enroll' --root "$root" --installation OTHER --app OTHER --host-key "$hostkey" --key login
for bad in 'a\b' '' .; do
	missing "installation '$bad': want letters" "$url" --root "$root" --installation "$bad" --app OTHER \
		--host-key "$hostkey" --key login
done
for bad in 0 -1 3601 soon '' 5s; do
	refused 'deadline: want 1 to' "$url" --key login "--deadline=$bad"
done
for option in warn-after-days block-after-days; do
	for bad in 0 -1 36501 never; do
		refused "$option: want 1 to 36500 days" "$url" --key login "--$option=$bad"
	done
done
refused 'on-error' "$url" --key login --on-error maybe
for bad in served/metadata/timestamp.json keys nothing audit.log; do
	expect 1 root.log slipway enroll "$url" --root "$REPO/$bad" --installation OTHER --app OTHER --host-key "$hostkey" \
		--key login
	want root.log "$REPO/$bad" 0
	cmp -s station/machine.conf good.conf || fail "want the settings as they were: --root $bad" root.log
done
expect 1 again.log enroll
want again.log 'is enrolled already; --change changes single values, --force replaces' 0
cmp -s station/machine.conf good.conf || fail "want the settings as they were" again.log

# A login key that is mounted into place: the link is followed at each start.
mkdir secrets secrets/1 secrets/2
cp login secrets/1/key
ssh-keygen -q -t ed25519 -N '' -f secrets/2/key
ln -s 1 secrets/now
expect 0 link.log slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" --force \
	--key secrets/now/key --installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed"
want station/machine.conf "$WORK/secrets/now/key"
expect 0 link.log slipway update
ln -sfn 2 secrets/now
expect 1 link.log slipway update
want link.log 'refused user'
cat secrets/2/key.pub >> "$REPO/ssh/authorized_keys"
expect 0 link.log slipway update
cp good.conf station/machine.conf

# Settings that can't be read, and OnError=block: the program isn't started, and no message is wrong.
edited() {
	sed -e "/^InstallDir/a $1" good.conf > station/machine.conf
}
blocked() {
	expect 1 blocked.log slipway run -- echo hi-runs
	wantno blocked.log hi-runs
	want blocked.log 'is not started, because this site set OnError to block'
	want blocked.log "$1"
	wantno blocked.log 'no release was ever applied'
}
started() {
	expect 0 started.log slipway run -- echo hi-runs
	want started.log hi-runs
	want started.log "$1"
	wantno started.log 'no release was ever applied'
}
# A damaged machine.conf, whose copy tells what the site has decided and is put back by --repair.
slipway settings set "HKLM\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP" OnError block
cp station/machine.conf block.conf
for how in ': >' 'rm -f' 'truncate -s 120' 'head -c 300 /dev/urandom >'; do
	cp block.conf station/machine.conf
	expect 0 keep.log slipway update
	eval "$how station/machine.conf"
	blocked "'slipway update --repair' puts its copy back"
	expect 1 status.log slipway status
	want status.log 'slipway update --repair' 0
	if [ -e station/machine.conf ]; then
		expect 1 damaged.log other "$url" --key login --force
		want damaged.log 'slipway update --repair' 0
	fi
	expect 0 repair.log slipway update --repair
	cmp station/machine.conf block.conf || fail "want the copy put back after $how" repair.log
	expect 0 run.log slipway run -- echo hi-runs
	want run.log hi-runs
done
[ -n "$(find station -name 'machine.conf.damaged-*')" ] || fail "want what was damaged to be kept" repair.log
rm -f station/machine.conf.copy*
cp good.conf station/machine.conf

edited 'OnError = block\nWarnAfterDays = multi:1|'
blocked 'WarnAfterDays: want a number'
edited 'OnError = blok'
blocked "OnError: want 'launch' or 'block', got 'blok'"
edited 'OnError = block\nDeadline = soon'
blocked 'Deadline: want'
edited 'OnError = block\nnonsense'
blocked 'machine.conf'
edited 'Deadline = soon'
started 'starting echo with release 1, applied earlier'
edited 'nonsense'
started "it isn't known which release is applied"
edited 'OnError = block\nWarnAfterDays = dword:5\nDeadline = dword:20'
expect 0 dword.log slipway run -- echo hi-runs
want dword.log hi-runs
edited 'OnErorr = block'
started "no setting of Slipway is called 'OnErorr'"
# Several applications, none of them named.
{
	grep -v DefaultApplication good.conf
	awk '/^\[/ { on = /Slipway/ } on' good.conf | sed "s/\\\\$APP\]/\\\\OTHER]/"
} > several.conf
sed '/^InstallDir/a OnError = block' several.conf > station/machine.conf
blocked 'want one application'
cp several.conf station/machine.conf
started 'want one application'
cp good.conf station/machine.conf

# A state that can't be written is a fault for a user who should be able to write it.
edited 'OnError = block'
chmod 400 "station/state/$INSTALLATION/$APP/lock"
blocked 'lock'
edited 'Deadline = 10'
started 'starting echo with release 1, applied earlier'
chmod 600 "station/state/$INSTALLATION/$APP/lock"
cp good.conf station/machine.conf

# Another InstallDir: the applied release goes there, too.
cp -R release release-2
mkdir -p release-2/install
echo two > release-2/install/version
cp -R release-2 release-3
echo three > release-3/install/version
publish release-2
expect 0 update.log slipway update
[ "$(cat installed/version)" = two ] || fail "want release 2" update.log
enroll_at() {
	slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" --force \
		--key "$WORK/login" --installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/$1" > enroll.log 2>&1
}
enroll_at elsewhere || fail "want another enrolment" enroll.log
expect 0 update.log slipway update
[ "$(cat elsewhere/version)" = two ] || fail "want the release in the new directory" update.log
expect 0 update.log slipway update
want update.log 'nothing new'
expect 0 verify.log slipway verify

# A station that was rolled back: --repair restores the applied release, also in another directory.
publish release-3
expect 0 update.log slipway update
expect 0 rollback.log slipway rollback
[ "$(cat elsewhere/version)" = two ] || fail "want release 2 again" rollback.log
echo mine > elsewhere/version
expect 3 verify.log slipway verify
expect 0 repair.log slipway update --repair
[ "$(cat elsewhere/version)" = two ] || fail "want a repaired release 2" repair.log
expect 0 verify.log slipway verify
rm elsewhere/version
expect 0 repair.log slipway update --repair
[ "$(cat elsewhere/version)" = two ] || fail "want release 2 put back" repair.log
expect 0 held.log slipway update
want held.log 'release 2 stays'
enroll_at third || fail "want a third enrolment" enroll.log
expect 0 held.log slipway update
[ "$(cat third/version)" = two ] || fail "want release 2 in the third directory" held.log
expect 0 held.log slipway update
want held.log 'release 2 stays'

# A change of mode alone.
cp -R release-3 release-4
chmod 755 release-4/install/version
publish release-4
expect 0 update.log slipway update
[ "$(stat -c %a third/version)" = 755 ] || fail "want the mode of release 4" update.log

# 127: no such program.  126: the program exists and can't be started; the message has the reason.
ends() {
	local status=$1 text=$2
	shift 2
	expect "$status" ends.log env PATH="$path" "$slipway" run --offline -- "$@"
	want ends.log "$text"
}
slipway=$(command -v slipway)
path=$PATH
mkdir -p tools/tool shut folder
ends 127 'no such program' no-such-program
ends 127 'no such program' ./nothing
ends 126 'got a directory' ./folder
path=$WORK/tools:$PATH ends 127 'no such program' tool
path=$WORK/login:$PATH ends 127 'no such program' no-such-program
chmod 0 shut
path=$WORK/shut:$PATH ends 127 'no such program' no-such-program
chmod 755 shut
printf '#!/no/such/interpreter -x\n' > scripted
chmod 644 scripted
ends 126 "scripted can't be started" ./scripted
chmod 755 scripted
ends 126 "the interpreter '/no/such/interpreter', which isn't there" ./scripted
path=$WORK:$PATH ends 126 "the interpreter '/no/such/interpreter', which isn't there" scripted
printf '#!/bin/sh\r\nexit 0\r\n' > dos
chmod 755 dos
ends 126 'line ends of Linux' ./dos
ends 126 "can't be started" ./login/x
