# SPDX-License-Identifier: ISC
# Roles with several keys and thresholds, signed on several machines; root rotated below an enrolled station.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

repo() { slipway-repo --repo "$REPO" "$@"; }

# person NAME ROLE [TYPE]: a key on that person's machine; its public half comes to us by mail.
person() {
	expect 0 "$WORK/new-$1.log" slipway-repo key new "$2" --keys "$WORK/$1" --no-passphrase --type "${3:-ed25519}"
	mkdir -p "$WORK/mail"
	cp "$WORK/$1"/*.pub "$WORK/mail/$1.pub"
}

# signs NAME FILE: that person looks at the request and signs it, without the repository at hand.
signs() {
	expect 0 "$WORK/sign-$1.log" env -u SLIPWAY_REPO slipway-repo sign "$2" --keys "$WORK/$1" --yes
}

# release NAME: a release that differs from all others.
release() {
	make_release "$WORK/$1" server.crt="$REPO/certs/kernel.crt"
	echo "$1" > "$WORK/$1/app/note.txt"
}

note() {
	expect 0 "$WORK/update.log" slipway update
	[ "$(cat "$STATION/config/$APP/note.txt")" = "$1" ] || fail "want release '$1' applied" "$WORK/update.log"
}

# unchanged: no change went live since before.json.
unchanged() {
	cmp "$WORK/before.json" "$REPO/served/metadata/timestamp.json" || fail "want nothing published"
}

cd "$WORK"
make_repo
make_login
release one
publish one
start_server
mkdir -p installed
expect 0 enroll.log enroll
note one
cp -R "$STATION" asleep

# 2 of 3 for targets and for the application; no machine holds two of the keys.
person alice targets
person bob targets ecdsa
person carol targets rsa
person dora "$APP"
person emil "$APP" ecdsa
person fred "$APP" rsa
targets_old=$(cd "$REPO/keys" && echo targets.*.pem)
expect 0 rotate.log repo key rotate targets --add mail/alice.pub --add mail/bob.pub --add mail/carol.pub \
	--remove "$(cut -d. -f2 <<< "$targets_old")" --threshold 2 --unsigned targets.req
# Where the keys here don't suffice, nobody is asked for a passphrase first.
mv "$REPO/keys/$targets_old" kept.pem
expect 1 early.log env -u SLIPWAY_PASSPHRASE slipway-repo --repo "$REPO" renew root targets
want early.log 'not enough private keys'
wantno early.log passphrase
mv kept.pem "$REPO/keys/$targets_old"
expect 1 early.log repo publish --signed targets.req
want early.log 'root, present keys: want valid signatures of 1 of its 1 keys, got 0'
expect 0 sign-root.log repo sign targets.req --yes
want sign-root.log 'any 2 of 3 keys (CHANGED: any 1 so far)'
want sign-root.log 'NO LONGER'
want sign-root.log 'signed root with key'
expect 1 early.log repo publish --signed targets.req
want early.log 'targets, new keys: want valid signatures of 2 of its 3 keys, got 0'
signs alice targets.req
expect 1 early.log repo publish --signed targets.req
want early.log 'want valid signatures of 2 of its 3 keys, got 1'
signs carol targets.req
expect 0 show.log slipway-repo sign targets.req --show
want show.log 'signed by 2 of the 2 that are needed among 3 new keys'
expect 0 publish.log repo publish --signed targets.req
note one
expect 1 again.log repo publish --signed targets.req
want again.log 'the repository has changed meanwhile'

# The same for the application, by copies of the request that are signed separately.
app_old=$(cd "$REPO/keys" && echo "$APP".*.pem)
expect 0 rotate.log repo key rotate "$APP" --add mail/dora.pub --add mail/emil.pub --add mail/fred.pub \
	--remove "$(cut -d. -f2 <<< "$app_old")" --threshold 2 --unsigned app.req
for who in alice bob dora fred; do
	cp app.req "app-$who.req"
	signs "$who" "app-$who.req"
done
want sign-alice.log "application $APP may be signed by"
want sign-alice.log '(CHANGED: any 1 so far)'
# The change of targets is shown against a version that Alice signed; the application has no such version.
wantre sign-dora.log 'everything is shown as new'
expect 1 early.log repo publish --signed app-alice.req --signed app-bob.req --signed app-dora.req
want early.log "$APP, delegated keys: want valid signatures of 2 of its 3 keys, got 1"
expect 0 publish.log repo publish --signed app-alice.req --signed app-bob.req --signed app-dora.req \
	--signed app-fred.req
note one

# A release: written, signed by two of three, put live.
release two
cp "$REPO/served/metadata/timestamp.json" before.json
expect 1 alone.log repo publish --app "$APP" two
want alone.log 'want valid signatures of 2 of its 3 keys, got 0'
expect 0 unsigned.log repo publish --app "$APP" two --unsigned two.req
expect 1 exists.log repo publish --app "$APP" two --unsigned two.req
unchanged
signs emil two.req
want sign-emil.log "$APP/app/note.txt"
expect 1 early.log repo publish --signed two.req two
signs dora two.req
want sign-dora.log 'files as before'
# Somebody changes the signed contents; or another directory is given; or the files are missing.
sed "s|$(sha256sum < two/app/note.txt | cut -c1-64)|$(sha256sum < one/app/note.txt | cut -c1-64)|" two.req > forged.req
expect 1 forged.log repo publish --signed forged.req one
expect 1 other.log repo publish --signed two.req one
want other.log 'want the files that were signed'
expect 1 missing.log repo publish --signed two.req
want missing.log 'give the directory of the release'
unchanged
expect 0 publish.log repo publish --signed two.req two
note two

# sign refuses to sign with keys that the request doesn't name.
release three
expect 0 unsigned.log repo publish --app "$APP" three --unsigned three.req
cp three.req copy.req
expect 1 alice.log slipway-repo sign three.req --keys alice --yes
want alice.log 'none of the keys here is to sign it'
expect 1 key.log slipway-repo sign three.req --key "$(echo "$WORK"/alice/*.pem)" --yes
want key.log 'nothing in it is to be signed by key'
expect 1 tty.log setsid -w slipway-repo sign three.req --keys dora
want tty.log 'give --yes'
cmp three.req copy.req || fail "want the request unchanged"
signs dora three.req
signs fred three.req

# A key is lost: the other holders revoke the key, and sign the metadata that it had signed again.
dora=$(cd dora && echo "$APP".*.pem | cut -d. -f2)
expect 0 revoke.log repo key revoke "$dora" --unsigned revoke.req
for who in bob carol; do
	signs "$who" revoke.req
done
want sign-bob.log 'NO LONGER'
expect 1 early.log repo publish --signed revoke.req
for who in fred emil; do
	signs "$who" revoke.req
done
expect 0 publish.log repo publish --signed revoke.req
note two
expect 1 old.log repo publish --signed three.req three
want old.log 'the repository has changed meanwhile'
expect 1 revoke.log repo key revoke "$(cd emil && echo "$APP".*.pem | cut -d. -f2)" --unsigned no.req
want revoke.log 'at least as many keys as its threshold of 2, got 1'
[ ! -e no.req ] || fail "want no request"
expect 0 unsigned.log repo publish --app "$APP" three --unsigned four.req
signs emil four.req
signs fred four.req
expect 0 publish.log repo publish --signed four.req three
note three

# Root: three people, two of them needed; then rotated again by them, and every online key with it.
person gina root
person hugo root ecdsa
person ivan root rsa
root_old=$(cd "$REPO/keys" && echo root.*.pem)
expect 0 rotate.log repo key rotate root --add mail/gina.pub --add mail/hugo.pub --add mail/ivan.pub \
	--remove "$(cut -d. -f2 <<< "$root_old")" --threshold 2 --unsigned root.req
expect 0 sign-root.log repo sign root.req --yes
signs gina root.req
expect 1 early.log repo publish --signed root.req
want early.log 'root, new keys: want valid signatures of 2 of its 3 keys, got 1'
signs hugo root.req
expect 0 publish.log repo publish --signed root.req
[ -e "$REPO/served/metadata/3.root.json" ] || fail "want 3.root.json"
note three
for role in snapshot timestamp; do
	expect 1 alone.log repo key rotate $role
	want alone.log 'want valid signatures of 2 of its 3 keys, got 0'
	expect 0 rotate.log repo key rotate $role --unsigned $role.req
	signs gina $role.req
	signs ivan $role.req
	expect 0 publish.log repo publish --signed $role.req
	note three
done
expect 0 list.log repo key list
want list.log 'root: any 2 of 3 keys'
want list.log 'elsewhere'
want list.log 'in no role'
expect 0 status.log repo status

# A station that was off all the time, and a station that is enrolled with the first root now, reach the same state.
rm -rf "$STATION"
cp -R asleep "$STATION"
note three
rm -rf "$STATION"
expect 0 enroll.log enroll
note three

# The server loses the timestamp key: the root keys are enough to go on.
rm "$REPO"/keys/timestamp.*.pem
release five
expect 0 unsigned.log repo publish --app "$APP" five --unsigned five.req
signs fred five.req
signs emil five.req
cp "$REPO/served/metadata/timestamp.json" before.json
expect 1 alone.log repo publish --signed five.req five
want alone.log 'the private keys in keys/ do not suffice'
unchanged
expect 0 rotate.log repo key rotate timestamp --unsigned lost.req
signs hugo lost.req
signs ivan lost.req
expect 0 publish.log repo publish --signed lost.req
note three
expect 0 publish.log repo publish --signed five.req five
note five
[ ! -e "$REPO/pending.json" ] || fail "want no change left unfinished"
