# SPDX-License-Identifier: ISC
# The login key: a key that the station makes itself, and an encrypted key, which version 0.1.0 could use.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

key=$STATION/state/$INSTALLATION/$APP/login

new_key() {
	slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" --new-key \
		--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed" "$@"
}

cd "$WORK"
make_repo
make_release release server.crt="$REPO/certs/kernel.crt"
make_login
publish release
start_server
mkdir -p installed

# An enrolment that fails leaves no key.
expect 2 both.log new_key --key login
want both.log 'only one of them'
expect 1 deadline.log new_key --deadline never
[ ! -e "$key" ] || fail "want no key of an enrolment that failed" deadline.log

# The station makes its key; the server knows it as soon as it has the line.
expect 0 enroll.log new_key
want enroll.log "login key in $key"
[ "$(stat -c %a "$key")" = 600 ] || fail "want a key that only its owner can read"
line=$(grep '^ssh-ed25519 ' enroll.log)
[ "${line##* }" = "$INSTALLATION/$APP@$(hostname)" ] || fail "want a comment that names the station" enroll.log
[ "$(ssh-keygen -y -f "$key")" = "$line" ] || fail "want ssh-keygen to read the key" enroll.log
expect 1 unknown.log slipway update
want unknown.log 'the server refused user'
echo "$line" >> "$REPO/ssh/authorized_keys"
expect 0 update.log slipway update
want update.log 'applied release 1'

# The key is never replaced: neither by another enrolment nor after a crash before the settings were written.
cp "$key" before
expect 1 again.log new_key
expect 1 force.log new_key --force
want force.log 'never replaced'
rm station/machine.conf
expect 1 cut.log new_key
want cut.log "$key: there is a login key already"
cmp "$key" before || fail "want the key as it was"
expect 0 key.log slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" --key "$key" \
	--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed"
expect 0 update.log slipway update
mv "$key" away
expect 1 enrolled.log new_key
want enrolled.log '--force'
[ ! -e "$key" ] || fail "want no key of an enrolment that failed" enrolled.log
expect 0 second.log new_key --force
! cmp -s "$key" away || fail "want another key"

# The other half of the key: chmod, which a secret that all can read needs, would be the wrong advice.
for mode in 644 600; do
	cp login.pub half.pub
	chmod "$mode" half.pub
	expect 1 half.log slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" \
		--key half.pub --installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed" --force
	want half.log 'half.pub: that is the public half of a login key' 0
	wantno half.log chmod
done

# A station of version 0.1.0 with an encrypted key and a passphrase file: the program starts, and a message says what to
# do.
rm station/machine.conf
echo sesame > passphrase
chmod 600 passphrase
cp login encrypted
cp login.pub encrypted.pub
expect 0 old.log slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" --key encrypted \
	--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed"
ssh-keygen -q -p -P '' -N sesame -f encrypted
sed -i "/^LoginKey/a LoginPassphraseFile = $WORK/passphrase" station/machine.conf
want station/machine.conf LoginPassphraseFile
told="ssh-keygen -p -P OLD -N '' -f COPY"
expect 0 run.log slipway run --app "$APP" -- echo started
want run.log started
want run.log "$WORK/encrypted: want a login key that isn't encrypted"
want run.log "$told"
expect 1 update.log slipway update --app "$APP"
want update.log "$told"
# After the steps of the message: the remaining setting has no effect, and the next enrolment removes it.
mv encrypted kept
cp kept encrypted
told=${told/OLD/sesame}
expect 0 decrypt.log eval "${told/COPY/encrypted}"
expect 0 update.log slipway update --app "$APP"
expect 0 enroll.log enroll --force
wantno station/machine.conf LoginPassphraseFile
expect 0 update.log slipway update
