#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo deploy: to a real sshd with internal-sftp and to a directory; interrupted, refused, two at once, and with
# a station that updates meanwhile.
# shellcheck shell=bash

# shellcheck source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$WORK"

repo() {
	slipway-repo --repo "$REPO" "$@"
}

# A server for writing: an sshd of this user, without a chroot.
start_writer() {
	local me try
	me=$(id -un)
	ssh-keygen -q -t ed25519 -N '' -f host
	ssh-keygen -q -t ecdsa -N '' -f host2
	ssh-keygen -q -t ed25519 -N '' -f writer
	cat writer.pub login.pub > writers
	cat > sshd_config <<CONF
HostKey $WORK/host
HostKey $WORK/host2
AuthorizedKeysFile $WORK/writers
PidFile none
UsePAM no
StrictModes no
MaxStartups 200
Subsystem sftp internal-sftp
ForceCommand internal-sftp
CONF
	# OpenSSH 9.8 and later shut an address out from which many connections broke, as those of the killed ones do.
	if /usr/sbin/sshd -t -f sshd_config -o PerSourcePenalties=no 2> penalties.log; then
		echo 'PerSourcePenalties no' >> sshd_config
	fi
	# A free port, as OpenSSH can't be asked for one: another is tried where somebody has this one.
	for try in 1 2 3 4 5 6; do
		port=$((20000 + RANDOM % 12000))
		# Where it may write no more it goes on, as on a full disk.
		background sshd.log env --ignore-signal=XFSZ /usr/sbin/sshd -D -e -f "$WORK/sshd_config" -o "ListenAddress=127.0.0.1:$port"
		sshd=$job
		wantre sshd.log 'Server listening on|Bind to port .* failed' 15
		! grep -q 'Server listening on' sshd.log || break
		[ "$try" -lt 6 ] || fail 'want a free port' sshd.log
	done
	hostkey=$(ssh-keygen -lf host.pub | cut -d' ' -f2)
	url=sftp://$me@127.0.0.1:$port$WORK/site
}

# shellcheck disable=SC2120  # most callers take the default
set_server() {
	expect 0 set.log repo deploy set "${1:-$url}" --key "$WORK/writer" --host-key "$hostkey"
}

# same DIR: it has the published files and no others.
same() {
	diff -r "$REPO/served" "$1" > diff.log 2>&1 || true
	! grep -v ": slipway-served\$" diff.log || fail "want $1 as published" diff.log
}

# A release of some files with this text.
release() {
	rm -rf release
	mkdir -p release/app/sub/deep
	for ((i = 0; i < 25; i++)); do
		echo "$1 $i" > "release/app/sub/deep/file$i"
	done
	head -c 300000 /dev/urandom > release/app/large
}

expect 0 init.log slipway-repo init "$REPO" --no-passphrase
expect 0 add.log repo app add "$APP" --no-passphrase
make_login
start_writer
release one
head -c 30000000 /dev/urandom > release/app/large	# more than is ever under way at once
publish release

# Nothing is set, or nonsense.
expect 1 out repo deploy
want out 'deploy set sftp://' 0
expect 1 out repo deploy set site
expect 1 out repo deploy set user@host:/site
want out "want sftp://USER@HOST[:PORT]/PATH, or a directory of this computer that is there, got 'user@host:/site'" 0
expect 2 out repo deploy set "$url" --host-key "$hostkey"
expect 2 out repo deploy set "$url" --key "$WORK/writer"
expect 2 out repo deploy set "$url" --key "$WORK/writer" --host-key SHA256:short
expect 2 out repo deploy --user somebody
want out "'slipway-repo deploy set'" 0
expect 2 out repo deploy --print-config --now
expect 0 out repo deploy --print-config
want out 'Match User slipway-deploy' 0
want out 'ChrootDirectory /srv/slipway' 0
expect 2 out repo deploy set "$REPO/served"
want out 'apart from the repository' 0
[ ! -e "$REPO/deploy.json" ] || fail 'want nothing set'

# A missing, a foreign, and an empty directory; a dry run changes nothing.
set_server
expect 1 out repo deploy
want out 'there is no such directory; make it first' 0
mkdir site
echo secret > site/homework
expect 1 out repo deploy
want out "got one with 'homework'; nothing changed" 0
[ "$(ls site)" = homework ] || fail 'want the foreign directory untouched'
rm site/homework
expect 0 out repo deploy --dry-run
want out 'would carry metadata/timestamp.json' 0
[ -z "$(ls -A site)" ] || fail 'want a dry run to change nothing'
expect 0 out repo deploy
wantre out 'deployed timestamp version 3 to sftp://.*: 3[0-9] files' 0
same site
[ "$(stat -c %a site/metadata/timestamp.json site/targets "site/targets/$APP")" = $'644\n755\n755' ] ||
	fail 'want files that every account can read'
expect 0 out repo deploy
want out 'already' 0

expect 0 out repo status
want out 'serves this state' 0

# Its disk isn't mounted: nothing is written below the mount point, unless somebody says so.
mv site site-away
mkdir site
expect 1 out repo deploy
want out 'is its disk mounted there?' 0
expect 1 out repo deploy --dry-run
[ -z "$(ls -A site)" ] || fail 'want the empty directory untouched'
expect 0 out repo deploy --take-over
same site
rm -rf site
mv site-away site
expect 0 out repo deploy
want out 'already' 0

# Another host key, and another login.
expect 0 set.log repo deploy set "$url" --key "$WORK/writer" --host-key "$(ssh-keygen -lf login.pub | cut -d' ' -f2)"
expect 1 out repo deploy
want out 'want host key' 0
ssh-keygen -q -t ed25519 -N '' -f stranger
expect 0 set.log repo deploy set "$url" --key "$WORK/stranger" --host-key "$hostkey"
expect 1 out repo deploy
want out 'stranger' 0
expect 3 out repo status
want out "can't be looked at" 0
# The server's other host key: the first fault was about the first one.
expect 0 set.log repo deploy set "$url" --key "$WORK/stranger" --host-key "$(ssh-keygen -lf host2.pub | cut -d' ' -f2)"
expect 1 out repo deploy
want out 'stranger' 0
expect 0 set.log repo deploy set "$url" --key "$WORK/writer" --host-key "$(ssh-keygen -lf host2.pub | cut -d' ' -f2)"
expect 0 out repo deploy
want out 'already' 0
expect 0 set.log repo deploy set "$url" --key "$WORK/stranger" --host-key "$hostkey"
expect 0 out repo status --offline
expect 3 out repo refresh
want out 'refreshed here, and not yet deployed' 0
set_server
expect 3 out repo status
want out 'serves timestamp version 3, snapshot version 3' 0
expect 0 out repo deploy

# Another repository's directory.
expect 0 init.log slipway-repo init other --no-passphrase
expect 0 set.log slipway-repo --repo other deploy set "$url" --key "$WORK/writer" --host-key "$hostkey"
expect 1 out slipway-repo --repo other deploy
want out 'another repository was deployed there' 0
same site

# Killed at many points: a station finds the release before or the one after, and the next deployment mends it.
mkdir installed
expect 0 enroll.log slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" \
	--key "$WORK/login" --installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed"
expect 0 update.log slipway update --app "$APP"
release two
expect 0 publish.log repo publish --app "$APP" --no-deploy release
for at in 03 07 11 15 19 24 30; do
	timeout -s KILL "0.$at" slipway-repo --repo "$REPO" deploy > out 2>&1 || true
	expect 0 update.log slipway update --app "$APP"
done
expect 0 out repo deploy
same site
[ -z "$(find site -name '.slipway-new.*' -o -name '*.lock')" ] || fail 'want no leftovers'
expect 0 update.log slipway update --app "$APP"
expect 0 verify.log slipway verify --app "$APP"

# Interrupted by Ctrl-C or SIGTERM: what it made for itself there is removed first; once more ends at once.
# no_leftovers: neither a lock nor a temporary file is there.
no_leftovers() {
	[ -z "$(find site -name '.slipway-new.*' -o -name '*.lock')" ] || fail 'want no leftovers' out
}
# locked: waits until a deployment has its lock there.
locked() {
	local n=3000
	until [ -e site/metadata/slipway-deploy.lock ]; do
		[ "$n" -gt 0 ] || fail 'want a deployment under way' out
		n=$((n - 1))
		sleep 0.01
	done
}
# descendants PID: these processes.
descendants() {
	local p
	for p in $(pgrep -P "$1"); do
		echo "$p"
		descendants "$p"
	done
}
release large
head -c 30000000 /dev/urandom > release/app/large
expect 0 publish.log repo publish --app "$APP" --no-deploy release
cp site/metadata/timestamp.json timestamp.before
for signal in TERM INT; do
	background out env --default-signal=INT slipway-repo --repo "$REPO" deploy
	locked
	kill -s "$signal" "$job"
	got=0
	wait "$job" || got=$?
	[ "$got" -eq 1 ] || fail "want exit status 1, got $got" out
	want out "interrupted; 'slipway-repo deploy' goes on" 0
	no_leftovers
	cmp -s site/metadata/timestamp.json timestamp.before || fail 'want the state before'
done
# Somebody breaks the lock: it is theirs then.  A note that is made meanwhile isn't lost.
background broken.log slipway-repo --repo "$REPO" deploy
locked
echo '{"id": "x", "owner": "colleague@desk", "since": "s", "time": 1}' > site/broken
mv site/broken site/metadata/slipway-deploy.lock
expect 0 out repo gc --now --no-deploy
got=0
wait "$job" || got=$?
[ "$got" -eq 1 ] || fail "want exit status 1, got $got" broken.log
want broken.log 'somebody broke the lock of this deployment' 0
grep -q colleague site/metadata/slipway-deploy.lock || fail 'want the lock of somebody else to stay'
grep -q '"now": *true' "$REPO/deployed.json" || fail 'want a note for the next deployment' "$REPO/deployed.json"
rm site/metadata/slipway-deploy.lock
release larger
head -c 30000000 /dev/urandom > release/app/large
expect 0 publish.log repo publish --app "$APP" --no-deploy release
# The server answers no more.
background out slipway-repo --repo "$REPO" deploy
locked
mapfile -t stopped < <(descendants "$sshd")
kill -STOP "${stopped[@]}"
kill "$job"
want out 'once more ends at once'
kill "$job"
got=0
wait "$job" || got=$?
kill -CONT "${stopped[@]}"
[ "$got" -eq 143 ] || fail "want it ended by SIGTERM, got $got" out
expect 0 out repo deploy
want out 'going on after a deployment that was interrupted' 0
same site
no_leftovers

# Two at once, of copies of one repository: the second is told who holds the lock.
cp -a "$REPO" copy
echo '{"id": "x", "owner": "colleague@desk", "since": "2026-01-01T00:00:00Z", "time": 1}' > site/metadata/slipway-deploy.lock
expect 1 out repo deploy
want out "a deployment of 'colleague@desk' is under way there since 2026-01-01T00:00:00Z" 0
want out '--break-lock' 0
echo '{"id": "x", "owner": "o", "since": "s", "time": -9223372036854775808}' > site/metadata/slipway-deploy.lock
expect 1 out repo deploy
want out "since s (0 minutes)" 0
expect 0 out repo deploy --break-lock
[ ! -e site/metadata/slipway-deploy.lock ] || fail 'want the lock removed'
expect 0 out repo refresh --no-deploy
background one.log slipway-repo --repo "$REPO" deploy
first=$job
expect 0 two.log repo deploy
wait "$first" || fail 'want both of one repository to end well' one.log
same site

# A copy that is older must not take the stations back.
expect 1 out slipway-repo --repo copy deploy
want out 'another copy of this repository was deployed there' 0
same site

# After a theft: the thief's roots are more than the new ones, and go.
for _ in 1 2; do
	expect 0 out repo key rotate timestamp
done
expect 0 out slipway-repo --repo copy key rotate timestamp --no-deploy
expect 1 out slipway-repo --repo copy deploy
want out 'the root there has version 3, here 2' 0
expect 0 out slipway-repo --repo copy deploy --take-over
diff -r copy/served site > diff.log 2>&1 || true
! grep -v ': slipway-served$' diff.log || fail 'want the site of the copy' diff.log
expect 0 out repo deploy --take-over
same site

# A read-only place, and one that is full.
if [ "$(id -u)" -ne 0 ]; then
	chmod 500 site/metadata
	release readonly
	expect 3 out repo publish --app "$APP" release
	want out 'the server refuses it' 0
	want out "want metadata and targets there to be this account's, or writable for it; nothing changed" 0
	want out "published here, and not yet deployed: stations find the state before; 'slipway-repo deploy' goes on" 0
	expect 1 out repo cert replace kernel
	want out 'no step taken' 0
	chmod 755 site/metadata
	expect 0 out repo deploy
	same site
else
	echo 'skipped: root can write everywhere'
fi

# A server whose disk is full when the lock is made: that is told, and no lock stays.
prlimit --fsize=0:unlimited --pid "$sshd"
expect 3 out repo refresh
prlimit --fsize=unlimited:unlimited --pid "$sshd"
want out "the server's disk or quota may be full" 0
no_leftovers
expect 0 out repo deploy
wantno out 'interrupted'
same site

# A station that updates while releases are deployed never fails.
: > station.stop
(
	while [ -e station.stop ]; do
		echo >> loop.count
		slipway update --app "$APP" > loop.log 2>&1 || { cp loop.log loop.failed; break; }
	done
) &
loop=$!
jobs_started+=("$loop")
for n in three four; do
	release "$n"
	publish release
	want publish.log 'deployed timestamp version' 0
	# New roots become visible after what the old one accepts.
	expect 0 out repo key rotate timestamp snapshot
	want out 'deployed timestamp version' 0
done
rm station.stop
wait "$loop" || true
[ "$(wc -l < loop.count)" -ge 3 ] || fail 'want some updates during deployments' loop.log
[ ! -e loop.failed ] || fail 'want no update to fail during deployments' loop.failed

# What gc drops goes later, or at once.
expect 0 gc.log repo gc --keep-days 0 --keep 1
expect 0 out repo deploy
want out 'to be removed after 24 hours' 0
find site -type f | sort > before
[ "$(wc -l < before)" -gt "$(find "$REPO/served" -type f | wc -l)" ] || fail 'want them kept for now'
python3 - "$REPO/deployed.json" <<'PY'
import json, sys
note = json.load(open(sys.argv[1]))
note["gone"] = {path: since - 90000 for path, since in note["gone"].items()}
json.dump(note, open(sys.argv[1], "w"))
PY
expect 0 out repo deploy
wantre out '; [1-9][0-9]* removed' 0
same site
expect 0 update.log slipway update --app "$APP"

# What was published by mistake goes at once.
release six
echo secret > release/app/mistake
publish release
find site -name '*.mistake' | grep -q . || fail 'want the mistake published'
rm release/app/mistake
publish release
expect 0 out repo gc --now
wantre out '; [1-9][0-9]* removed' 0
[ -z "$(find site "$REPO/served" -name '*.mistake')" ] || fail 'want the mistake gone everywhere'
same site

# A replacement deploys before a step, which relies on what is served, and after one that published.
expect 0 out repo cert new kernel
rm -rf release
make_release release server.crt="$REPO/certs/kernel.crt"
publish release
expect 0 out repo refresh --no-deploy
expect 0 out repo cert replace kernel	# makes the new pair
want out 'deployed timestamp version' 0
same site
version=$(find site -name "*.snapshot.json" | wc -l)
expect 0 out repo cert replace kernel	# publishes both certificates
want out 'deployed timestamp version' 0
same site
[ "$(find site -name "*.snapshot.json" | wc -l)" -eq $((version + 1)) ] || fail 'want both certificates published' out

# The other way, through the same connection: an older copy takes over what is served.  backup.sh has the rest.
# A fork of this repository takes over nothing.
expect 1 out slipway-repo --repo copy deploy fetch
want out '.root.json: is another one on the server; nothing changed' 0
rm -rf older && cp -R "$REPO" older
expect 0 out repo refresh
same site
expect 1 out slipway-repo --repo older refresh
want out 'deploy fetch' 0
expect 0 out slipway-repo --repo older deploy fetch
want out 'taken over from sftp://' 0
expect 0 out slipway-repo --repo older verify
cmp older/served/metadata/timestamp.json site/metadata/timestamp.json || fail "want the same timestamp"
rm -r older

expect 0 update.log slipway update --app "$APP"
expect 0 out repo refresh --no-deploy
expect 0 out repo cert replace kernel --undo --no-deploy
wantno out 'deployed timestamp version'

# A directory of this computer.
mkdir local
expect 0 set.log repo deploy set local
expect 0 out repo deploy --dry-run
(umask 077; expect 0 out repo deploy)
same local
[ "$(find local -mindepth 1 -printf '%y %m\n' | sort -u)" = $'d 755\nf 644' ] ||
	fail 'want files that every account can read' out
echo cut > "local/targets/$APP/app/.slipway-new.7"
truncate -s 3 "$(find local/targets -name '*.large' | head -n 1)"
rm "$(find local/metadata -name '*.snapshot.json' | sort -V | tail -n 1)"
expect 3 out repo status
want out 'has this state, but lost or cut files of it: 1;' 0
expect 0 out repo deploy
wantre out ': 2 files, ' 0
same local
expect 0 out repo deploy show
want out "$WORK/local" 0
expect 0 out repo deploy unset
expect 1 out repo deploy
