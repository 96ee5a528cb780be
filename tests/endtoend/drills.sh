# The drills of docs/trust.md, as they are written there.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

repo() {
	slipway-repo --repo "$REPO" "$@"
}
must() {
	expect 0 "$WORK/must.log" "$@"
}
update() {
	expect 0 "$WORK/update.log" slipway update --app "$APP"
}
# refused REGEX: the update is refused with such a message, and nothing changes.
refused() {
	local before
	before=$(state)
	expect 1 "$WORK/refused.log" slipway update --app "$APP"
	wantre "$WORK/refused.log" "$1" 0
	[ "$(state)" = "$before" ] || fail "want the state as before" "$WORK/refused.log"
	expect 0 "$WORK/run.log" slipway run --app "$APP" -- echo started
	want "$WORK/run.log" started 0
}
# keep_copy: what the maintainer has, apart from the server.
keep_copy() {
	rm -rf "$WORK/own"
	cp -R "$REPO" "$WORK/own"
}
# put_served DIR: the update server has this tree now, whatever it had before.
put_served() {
	rsync -a --checksum --delete "$1/served/" "$REPO/served/"
}
release() {
	rm -rf "$WORK/release"
	make_release "$WORK/release" server.crt="$REPO/certs/kernel.crt"
	echo "$1" > "$WORK/release/app/note.txt"
}
installed_note() {
	cat "$(find "$WORK/home" -name note.txt)"
}

make_repo
release "the first"
make_login
publish "$WORK/release"
start_server
mkdir -p installed
expect 0 enroll.log enroll
update
[ "$(installed_note)" = "the first" ] || fail "want the first release"

# 1. The online keys were stolen.  The thief blocks every later release by a version number that nothing reaches.
cp -R "$REPO" thief
keep_copy
python3 "$WORK/tests/resign.py" thief/served/metadata/timestamp.json thief/keys/timestamp.*.pem \
	2099-01-01T00:00:00Z 1000000 > stolen.json
cp stolen.json "$REPO/served/metadata/timestamp.json"
update
put_served own
refused 'timestamp.*1000000'
must repo key rotate timestamp
must repo key rotate snapshot
update
keep_copy
cp stolen.json "$REPO/served/metadata/timestamp.json"
refused 'timestamp.*signature'
put_served own
update

# 2. An application's key was stolen, and the thief has the server with its online keys too.
rm -rf thief
cp -R "$REPO" thief
keep_copy
rm thief/keys/root.*.pem thief/keys/targets.*.pem
rm -rf evil
make_release evil server.crt="$REPO/certs/kernel.crt"
echo "the thief's" > evil/app/note.txt
must slipway-repo --repo thief publish --app "$APP" evil
put_served thief
update
[ "$(installed_note)" = "the thief's" ] || fail "want what the stolen key allows" update.log must.log
put_served own
refused 'rollback|version'
must repo key rotate "$APP" --no-passphrase
must repo key rotate snapshot
must repo key rotate timestamp
release "the second"
publish "$WORK/release"
update
[ "$(installed_note)" = "the second" ] || fail "want the maintainer's release"
keep_copy
rsync -a --checksum thief/served/metadata/ "$REPO/served/metadata/"
refused 'signature'
put_served own
update

# 3. A root key was lost, below the threshold: two of three, one is gone.
must slipway-repo key new root --keys alice --no-passphrase
must slipway-repo key new root --keys bob --no-passphrase
must slipway-repo key new root --keys carol --no-passphrase
old=$(basename "$REPO"/keys/root.*.pem)
old=${old#root.}
must repo key rotate root --add "$(echo alice/*.pub)" --add "$(echo bob/*.pub)" --add "$(echo carol/*.pub)" \
	--remove "${old%.pem}" --threshold 2 --unsigned root.req
must repo sign root.req --yes
must slipway-repo sign root.req --keys alice --yes
must slipway-repo sign root.req --keys bob --yes
must repo publish --signed root.req
update
lost=$(basename carol/*.pub)
lost=${lost#root.}
rm -r carol
must slipway-repo key new root --keys dave --no-passphrase
must repo key rotate root --add "$(echo dave/*.pub)" --remove "${lost%.pub}" --unsigned root-2.req
expect 1 too-few.log repo publish --signed root-2.req
must slipway-repo sign root-2.req --keys alice --yes
must slipway-repo sign root-2.req --keys bob --yes
must slipway-repo sign root-2.req --keys dave --yes
must repo publish --signed root-2.req
update

# 4. At the threshold: nobody can sign a root any more, or a thief can.  A new repository, and every station anew.
mv "$REPO" lost-repo
rm -f "$WORK/init.log"
make_repo
mkdir -p "$REPO/ssh"
cp lost-repo/ssh/* "$REPO/ssh/"
release "the third"
publish "$WORK/release"
refused 'root|signature'
expect 0 enroll-again.log enroll --force
update
[ "$(installed_note)" = "the third" ] || fail "want the new repository's release"

# 5. The server was restored from an old backup.
cp -R "$REPO" backup
release "the fourth"
publish "$WORK/release"
update
rm -rf "$REPO"
cp -R backup "$REPO"
refused 'rollback|version'
must repo key rotate snapshot
must repo key rotate timestamp
publish "$WORK/release"
update
[ "$(installed_note)" = "the fourth" ] || fail "want the release that the backup lacked"
