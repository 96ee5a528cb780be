# SPDX-License-Identifier: ISC
# An enrolment tries what it writes: it stops, with nothing changed, where no start could work.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_repo
make_login
start_server
wantno serve.log preauth	# nobody has come yet, and serve itself doesn't count
root=$REPO/served/metadata/1.root.json

# enroll STATUS ARG...
enroll() {
	expect "$1" enroll.log slipway enroll --root "$root" --installation "$INSTALLATION" "${@:2}"
}
sftp() { enroll "$1" --host-key "${3-$hostkey}" --key "${4-login}" --app "$APP" "$2" "${@:5}"; }
nothing() {
	want enroll.log "$1" 0
	want enroll.log 'nothing was enrolled; --no-check enrols without asking the servers' 0
	[ ! -e station/machine.conf ] && [ ! -e "station/state/$INSTALLATION/$APP" ] || fail "want nothing enrolled: $1"
}

# Each step that can fail.
sftp 1 "$url" SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
nothing 'host key'
sftp 1 "sftp://$(id -un)@127.0.0.1:1/x"
nothing '127.0.0.1'
ssh-keygen -q -t ed25519 -N '' -f stranger
sftp 1 "$url" "$hostkey" stranger
nothing 'the server refused user'
sftp 1 "$url/nosuch"
nothing 'takes the login, and has no repository there'
enroll 1 --app NOSUCH --host-key "$hostkey" --key login "$url"
want enroll.log 'has a repository without the application NOSUCH' 0
expect 0 other.log slipway-repo init other --no-passphrase
root=other/served/metadata/1.root.json
sftp 1 "$url"
nothing "$url"
enroll 1 --app "$APP" "file://$WORK/nosuch"
nothing 'nosuch'
root=$REPO/served/metadata/1.root.json

# What works, says so: before the first release, and after it.
sftp 0 "$url"
want enroll.log "$url has no release of $APP yet" 0
expect 1 update.log slipway update
want update.log "nothing of $APP is published yet" 0
make_release release server.crt="$REPO/certs/kernel.crt"
publish release
sftp 1 "$url"
want enroll.log '--force' 0
sftp 0 "$url" "$hostkey" login --force
want enroll.log "$url has release 1, root version 1" 0
# The release comes at once, where that is wanted; a release that can't be applied leaves an enrolled station.
sftp 0 "$url" "$hostkey" login --force --update
[ -s station/COV_PB/server.crt ] || [ -n "$(find station -name server.crt)" ] || fail "want the release" enroll.log
wantno enroll.log 'next: '
sftp 2 "$url" "$hostkey" login --force --update --no-check
want enroll.log 'leave out --no-check' 0
echo 'error("a mistake")' > release/scripts/machine/99.lua
expect 0 publish.log slipway-repo --repo "$REPO" publish --app "$APP" release --no-script-check
sftp 1 "$url" "$hostkey" login --force --update
want enroll.log "the station is enrolled; 'slipway update' goes on" 0
expect 0 status.log slipway status
rm release/scripts/machine/99.lua
publish release
# Of several servers one is enough; the other is told.
sftp 0 "$url" "$hostkey" login --force "sftp://$(id -un)@127.0.0.1:1/x"
want enroll.log "$url has release 3" 0
want enroll.log '127.0.0.1:1/x' 0
# One that isn't the server that is pinned, or has another repository, is too many.
before=$(cat station/machine.conf)
sftp 1 "$url" "$hostkey" login --force "file://$WORK/other/served"
want enroll.log "file://$WORK/other/served" 0
[ "$(cat station/machine.conf)" = "$before" ] || fail "want nothing changed" enroll.log

# A key that is new isn't known yet; a computer that is prepared elsewhere asks nobody.
rm -rf station
expect 0 enroll.log slipway enroll "$url" --host-key "$hostkey" --root "$root" --new-key --installation "$INSTALLATION" \
	--app "$APP"
want enroll.log "$url answers, and doesn't know the new login key yet" 0
rm -rf station
sftp 0 "sftp://$(id -un)@127.0.0.1:1/x" "$hostkey" login --no-check
expect 0 status.log slipway status
# Nobody waits for ever: a server that says nothing, and Ctrl-C.
background silent.log python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0)); print("port", s.getsockname()[1], flush=True)
clients = []
while True:
    clients.append(s.accept()); print("client", len(clients), flush=True)'
wantre silent.log '^port [0-9]+$'
silent="sftp://$(id -un)@127.0.0.1:$(sed -n 's/^port //p' silent.log)/x"
rm -rf station
sftp 1 "$silent"
nothing 'no answer'
clients=$(grep -c '^client' silent.log) || fail 'want a call of the server' silent.log
env --default-signal=INT slipway enroll "$silent" --host-key "$hostkey" --root "$root" --new-key \
	--installation "$INSTALLATION" --app "$APP" > interrupted.log 2>&1 &
jobs_started+=($!)
wantre silent.log "^client $((clients + 1))\$"	# it waits for the server
kill -INT $!
status=0
wait $! || status=$?
[ "$status" = 130 ] || fail "want the end of Ctrl-C, got $status" interrupted.log
want interrupted.log "the login key stays in $STATION/state/$INSTALLATION/$APP/login" 0
[ ! -e "$STATION/machine.conf" ] || fail "want nothing enrolled" interrupted.log

# One value changes, and the others stay; servers that change are tried.
rm -rf station
sftp 0 "$url" "$hostkey" login --on-error block --deadline 20
anchor=$(sha256sum station/state/"$INSTALLATION/$APP"/metadata/root.json)
expect 0 change.log slipway enroll --change --deadline 30
want change.log "changed $INSTALLATION/$APP" 0
want station/machine.conf 'Deadline = 30' 0
for kept in 'OnError = block' "Server = multi:$url|" "LoginKey = $WORK/login"; do
	want station/machine.conf "$kept" 0
done
[ "$(sha256sum station/state/"$INSTALLATION/$APP"/metadata/root.json)" = "$anchor" ] || fail "want the same anchor"
before=$(cat station/machine.conf)
change() {
	expect "$1" change.log slipway enroll --change "${@:3}"
	want change.log "$2" 0
	[ "$(cat station/machine.conf)" = "$before" ] || fail "want nothing changed" change.log
}
change 2 'want what is to change'
change 2 'leave --root out' --root "$root"
change 2 'leave --force out' --force
change 1 'want 1 to 3600 seconds' --deadline 0
change 1 'want an enrolled application NOSUCH' --app NOSUCH --deadline 5
change 1 '127.0.0.1' "sftp://$(id -un)@127.0.0.1:1/x"
want change.log 'nothing was changed; --no-check changes it without asking the servers' 0
change 1 'the server refused user' --key stranger
expect 0 change.log slipway enroll --change "$url" "sftp://$(id -un)@127.0.0.1:1/x"
want station/machine.conf '127.0.0.1:1/x' 0
expect 0 update.log slipway update

# The end of an enrolment: what releases installed stays, and is named.
expect 1 none.log slipway unenroll --app NOSUCH
installed=$(find station/config -type f | sort)
[ -n "$installed" ] || fail "want installed files"
mkdir "station/state/$INSTALLATION/$APP/odd"
ln -s "$WORK/repo" "station/state/$INSTALLATION/$APP/odd/link"
echo "slipway-journal x" > "station/state/$INSTALLATION/$APP/journal"
expect 1 pending.log slipway unenroll
want pending.log 'was interrupted' 0
rm "station/state/$INSTALLATION/$APP/journal"
# Nothing ends while the settings are lost, and their copy would bring them back.
mv station/machine.conf kept.conf
expect 1 lost.log slipway unenroll
want lost.log "'slipway update --repair' puts its copy back" 0
mv kept.conf station/machine.conf
# Who doesn't say yes changes nothing.
expect 1 no.log script -qec 'slipway unenroll' /dev/null <<< no
want no.log 'nothing was changed' 0
wantno no.log usage
expect 0 status.log slipway status
expect 0 unenroll.log slipway unenroll
want unenroll.log "$INSTALLATION/$APP is no longer enrolled" 0
want unenroll.log "the login, $WORK/login" 0
want unenroll.log "files of releases below $STATION/config/$APP" 0
[ -z "$(find station/state -mindepth 1)" ] || fail "want no state: $(find station/state)"
wantno station/machine.conf "Slipway\\$INSTALLATION"
[ "$(find station/config -type f | sort)" = "$installed" ] || fail "want the installed files"
[ -e repo/served/metadata/timestamp.json ] || fail "want links not followed"
expect 0 run.log slipway run true
want run.log 'enrolled' 0
expect 1 again.log slipway unenroll
# One that was cut short is ended by its name.
sftp 0 "$url"
chmod 500 "station/state/$INSTALLATION/$APP/metadata"
expect 1 cut.log slipway unenroll
chmod 700 "station/state/$INSTALLATION/$APP/metadata"
want cut.log "slipway unenroll --installation $INSTALLATION --app $APP' goes on" 0
expect 1 again.log slipway unenroll
expect 0 unenroll.log slipway unenroll --installation "$INSTALLATION" --app "$APP"
[ -z "$(find station/state -mindepth 1)" ] || fail "want no state"
sftp 0 "$url"
expect 0 update.log slipway update
echo "an enrolment tries what it writes"
