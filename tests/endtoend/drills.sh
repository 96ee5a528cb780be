# SPDX-License-Identifier: ISC
# The drills of docs/trust.md, by the commands of the page.  OWN is the maintainer's repository; the server's tree is a
# copy of its served/.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

OWN=$WORK/own
export SLIPWAY_PASSPHRASE='a passphrase for every key'

# commands HEADING N: the N indented lines below that heading into $lines.
commands() {
	mapfile -t lines < <(awk -v heading="$1" '/^##/ { on = $0 ~ "^##+ " heading "$" } on && sub(/^    /, "")' \
		"$WORK/tests/trust.md")
	[ "${#lines[@]}" -eq "$2" ] || fail "want $2 commands below '$1', got ${#lines[@]}"
}
# run_line LINE [SED-EXPRESSION...]: run it on the machine of its prompt ("alice$ ..."), with the placeholders replaced.
# Without a terminal nobody can answer the question of sign, so sign gets --yes.
run_line() {
	local line=$1 place=(env SLIPWAY_REPO="$OWN") edit
	shift
	for edit in "$@" "s|RELEASE_DIR|$WORK/release|" 's|^\(.*slipway-repo sign .*\)|\1 --yes|'; do
		line=$(sed "$edit" <<< "$line")
	done
	case $line in
	[a-z]*'$ '*) place=(env -u SLIPWAY_REPO HOME="$WORK/${line%%\$*}") line=${line#*\$ } ;;
	esac
	expect 0 "$WORK/line.log" "${place[@]}" bash -euc "$line"
}
# drill HEADING N [SED-EXPRESSION...]: all of its commands.
drill() {
	local line lines
	commands "$1" "$2"
	shift 2
	for line in "${lines[@]}"; do
		run_line "$line" "$@"
	done
	in_order
}
repo() {
	slipway-repo --repo "$OWN" "$@"
}
must() {
	expect 0 "$WORK/must.log" "$@"
}
# in_order: check the maintainer's repository and its record, with the head that was written down before.
in_order() {
	must repo verify
	must repo log --verify --head "$head"
	wantno must.log warn
	write_down
}
write_down() {
	must repo log --verify
	head=$(sed -n 's/^head //p' must.log)
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
# put_served DIR: replace the update server's tree by this one.
put_served() {
	rsync -a --checksum --delete "$1/served/" "$REPO/served/"
}
# copy_to_server: as a maintainer does it.
copy_to_server() {
	rsync -a --checksum --exclude timestamp.json "$OWN/served/" "$REPO/served/"
	rsync -a --checksum "$OWN/served/metadata/timestamp.json" "$REPO/served/metadata/"
}
release() {
	rm -rf "$WORK/release"
	make_release "$WORK/release" server.crt="$REPO/certs/kernel.crt"
	echo "$1" > "$WORK/release/app/note.txt"
}
installed_note() {
	cat "$(find "$STATION/config" -name note.txt)"
}

make_repo
release "the first"
make_login
publish "$WORK/release"
start_server
mkdir -p installed
cp -R "$REPO" "$OWN"
rm -r "$REPO/keys" "$REPO/audit.log"
expect 0 enroll.log enroll
update
[ "$(installed_note)" = "the first" ] || fail "want the first release"
write_down

# Every day.
drill 'What to do every day, by hand or by a timer' 5 "s|HEAD|$head|"
copy_to_server
update

# 1. The online keys were stolen.  The thief blocks every later release by a huge version number.
cp -R "$OWN" thief
python3 "$WORK/tests/resign.py" thief/served/metadata/timestamp.json thief/keys/timestamp.*.pem \
	2099-01-01T00:00:00Z 1000000 > stolen.json
cp stolen.json "$REPO/served/metadata/timestamp.json"
update
put_served own
refused 'timestamp.*1000000'
drill 'An online key was lost or stolen' 1
copy_to_server
update
cp stolen.json "$REPO/served/metadata/timestamp.json"
refused 'timestamp.*signature'
copy_to_server
update

# 2. An application's key was stolen, and the thief has the server with its online keys too.
rm -rf thief
cp -R "$OWN" thief
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
release "the second"
drill "An application's key was stolen" 3
copy_to_server
update
[ "$(installed_note)" = "the second" ] || fail "want the maintainer's release"
rsync -a --checksum thief/served/metadata/ "$REPO/served/metadata/"
refused 'signature'
put_served own
update

# 3. A root key was lost, below the threshold: two of three, one is gone.
for who in alice bob carol; do
	must slipway-repo key new root --keys "$WORK/$who/keys"
done
old=$(basename "$OWN"/keys/root.*.pem)
old=${old#root.}
must repo key rotate root --add "$(echo alice/keys/*.pub)" --add "$(echo bob/keys/*.pub)" \
	--add "$(echo carol/keys/*.pub)" --remove "${old%.pem}" --threshold 2 --unsigned init.req
must repo sign init.req --yes
must slipway-repo sign init.req --keys alice/keys --yes
must slipway-repo sign init.req --keys bob/keys --yes
must repo publish --signed init.req
copy_to_server
update
lost=$(basename carol/keys/*.pub)
lost=${lost#root.}
rm -r carol
commands 'A root key was lost, and enough others are left' 6
run_line "${lines[0]}"
cp dave/keys/*.pub dave.pub
for i in 1 2; do run_line "${lines[i]}" "s|CAROLS_KEYID|${lost%.pub}|"; done
expect 1 too-few.log repo publish --signed root.req
want too-few.log 'want valid signatures of 2 of its 3 keys'
for i in 3 4 5; do run_line "${lines[i]}"; done
in_order
copy_to_server
update
# The online keys again, with the root keys at Alice's and Bob's; and an application's, with those of targets there.
before=$(find "$OWN/served/metadata" -name '*.root.json' | wc -l)
drill 'The keys are elsewhere' 4
[ "$(find "$OWN/served/metadata" -name '*.root.json' | wc -l)" = $((before + 1)) ] || fail "want one new root"
copy_to_server
update
mv "$OWN"/keys/targets.*.pem alice/keys/
must repo key rotate "$APP" --unsigned app.req
must repo sign app.req --yes
must slipway-repo sign app.req --keys alice/keys --yes
must repo publish --signed app.req
mv alice/keys/targets.*.pem "$OWN/keys/"
in_order
copy_to_server
update

# 4. At the threshold: no holder can sign a root any more, or a thief can.  A new repository; all stations enrol anew.
release "the third"
commands 'Root keys are lost or stolen at the threshold' 4
for i in 0 1 2; do run_line "${lines[i]}"; done
rm -r "$OWN"
mv new-repository "$OWN"
put_served own
refused 'root|signature'
cp "$OWN/served/metadata/1.root.json" .
run_line "${lines[3]}" "s|…|$url --host-key $hostkey --key $WORK/login --installation $INSTALLATION --app $APP \
--install-dir $WORK/installed|"
update
[ "$(installed_note)" = "the third" ] || fail "want the new repository's release"
write_down

# 5. The server was restored from an old backup, and then the maintainer's repository too.
cp -R "$OWN" backup
release "the fourth"
must repo publish --app "$APP" "$WORK/release"
copy_to_server
update
write_down
put_served backup
refused 'rollback|version'
copy_to_server
update
rm -r "$OWN"
cp -R backup "$OWN"
put_served own
refused 'rollback|version'
must repo verify
expect 1 head.log repo log --verify --head "$head"
want head.log 'no line with hash'
write_down
drill 'The server was restored from an old backup' 2
copy_to_server
update
[ "$(installed_note)" = "the fourth" ] || fail "want the release that the backup lacked"

# 6. Only served/ was restored, and the server was lost: each command says so, and stations follow after the drill.
cp -R "$OWN/served" old-served
release "the fifth"
must repo publish --app "$APP" "$WORK/release"
copy_to_server
update
write_down
rm -r "$OWN/served"
cp -R old-served "$OWN/served"
put_served own
expect 1 restored.log repo publish --app "$APP" "$WORK/release"
want restored.log 'an old copy restored'
drill 'Only served/ was restored' 3
copy_to_server
update
[ "$(installed_note)" = "the fifth" ] || fail "want the release that was lost"
