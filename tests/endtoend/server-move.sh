# SPDX-License-Identifier: ISC
# A server gets a new address and a new host key, and the old one goes: the drills of docs/server.md, with the commands
# that stand there.
#
# usage: server-move.sh SERVER.MD, through scripts/as-user.sh
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

page=$1
export SLIPWAY_REPO=$REPO

# drill HEADING: the commands below it, one a line.
drill() {
	sed -n "/^### $1\$/,/^##/p" "$page" | sed -n 's/^    \([a-z].*\)/\1/p'
}

# do_step HEADING N: the Nth command of a drill, with the places of this test.
do_step() {
	local line
	line=$(drill "$1" | sed -n "$2p" | sed -e "s|sftp://slipway-sftp@new.example/|$newurl|" -e "s|SHA256:NEW|$newkey|" \
		-e "s|/media/stick|$WORK/stick|" -e "s|served/|$REPO/served/|g" -e "s|COV_PB|$APP|")
	[ -n "$line" ] || fail "want command $2 below '$1' in $page"
	echo "\$ $line" > step.log
	eval "$line" >> step.log 2>&1 || fail "want it to succeed: $line" step.log
}

# The second server: a copy of what is published, another address and another host key.
start_new() {
	local oldurl=$url oldkey=$hostkey oldserver=$server
	mkdir new
	cp -R "$REPO/." new
	find new/ssh -name '*host*' -delete
	background new.log slipway-repo --repo new serve
	server=$job
	wantre new.log 'sftp://[^ ]+' 15
	wantre new.log 'SHA256:[A-Za-z0-9+/]+' 15
	newurl=$(grep -oE 'sftp://[^ ]+' new.log | head -n 1)
	newkey=$(grep -oE 'SHA256:[A-Za-z0-9+/=]+' new.log | head -n 1)
	newserver=$server server=$oldserver url=$oldurl hostkey=$oldkey
}
to_new() { cp -R "$REPO/served/." new/served; }

make_all
expect 0 update.log slipway update
start_new
[ "$newkey" != "$hostkey" ] || fail "want two host keys" new.log

# While the old server still runs.
move='While the old server still runs'
do_step "$move" 1 # servers set
want step.log "set: $APP version 2" 0
to_new
do_step "$move" 2 # update, which learns
want step.log "learned from the signed metadata: server $newurl" 0
want step.log "learned from the signed metadata: host key $newkey" 0
want step.log 'release 1' 0
expect 0 status.log slipway status
want status.log "$newurl, learned from the signed metadata; it comes first once metadata came through it" 0
want status.log "host key      $newkey, learned from the signed metadata" 0
# A program doesn't wait for an address that nobody tried; an update without one tries it.
expect 0 run.log slipway run -- true
expect 0 status.log slipway status
want status.log 'it comes first' 0
do_step "$move" 2
expect 0 status.log slipway status --json
grep -A6 '"asked"' status.log > asked.log
wantre asked.log '"joined": true' 0
do_step "$move" 3 # status
wantre step.log "server +$newurl, learned from the signed metadata\$" 0
wantre step.log "server +$url, of the enrolment\$" 0
expect 0 doctor.log slipway doctor
want doctor.log "$newurl has release 1, root version 1 (learned from the signed metadata)" 0

# Who signs could send stations to a server that keeps later releases from them: those of the enrolment are asked first
# once a day.
expect 0 run.log slipway run -- true
echo 2 > release/app/early
publish release
expect 0 run.log slipway run -- true
want run.log 'nothing new, release 1' 0
expect 0 doctor.log slipway doctor
sed -i 's/"asked": "[^"]*"/"asked": "2026-01-01"/' "station/state/$INSTALLATION/$APP/learned.json"
expect 0 run.log slipway run -- true
want run.log 'applied release 2' 0
expect 0 run.log slipway run -- true
want run.log 'nothing new' 0
to_new

# The old one goes; a release comes through the new one.
stop_server
echo 3 > release/app/two
publish release
want publish.log 'instead of 2' 0
wantno publish.log 'servers that stations learn of' # as before
to_new
expect 0 run.log slipway run -- true
want run.log 'applied release 3' 0
expect 3 doctor.log slipway doctor
wantre doctor.log "^warning +server +$url: .*; where it is gone for good: slipway enroll --change" 0
# Nothing is lost with the file: the next start reads it in the metadata again.
rm "station/state/$INSTALLATION/$APP/learned.json"
start_server --port "$port"
expect 0 run.log slipway run -- true
want run.log "learned from the signed metadata: server $newurl" 0

kill "$newserver"
wait "$newserver" || true

# The old one is lost before stations knew of the new one: a stick, which nobody has to trust.
rm -rf station installed "$WORK/new"
mkdir installed
expect 0 enroll.log enroll
expect 0 update.log slipway update
start_new
stop_server
lost='The old server is lost'
do_step "$lost" 1 # servers set
echo 4 > release/app/three
publish release
mkdir stick
do_step "$lost" 2 # cp to the stick
to_new
expect 0 run.log slipway run -- echo started
want run.log started 0
before=$(state)
expect 1 other.log slipway update --from "$newurl"	# its host key is nobody's that this station knows
want other.log "$newkey" 0
do_step "$lost" 3 # update --from
want step.log "learned from the signed metadata: server $newurl" 0
want step.log 'applied release 4' 0
expect 0 status.log slipway status
wantre status.log "brought +at .* from file://$WORK/stick" 0
expect 0 history.log slipway history
want history.log "brought by file://$WORK/stick; applied now" 0
sleep 1.1 # a later second, as times are told
do_step "$lost" 4 # update, through the new one
expect 0 status.log slipway status
wantno status.log brought
wantre status.log "server +$newurl, learned from the signed metadata\$" 0

# Another server, once.
cp -R "$REPO/served/." stick
expect 0 update.log slipway update --from "$newurl"
want update.log 'nothing new' 0
expect 0 status.log slipway status
want status.log "from $newurl" 0

# A stick is as little believed as a server: foreign, changed, cut, with links and pipes in it, or gone.
bad_stick() {	# TEXT
	before=$(state)
	expect 1 bad.log timeout 20 slipway update --from "$WORK/stick"
	want bad.log "$1" 0
	[ "$(state)" = "$before" ] || fail "want the state as before" bad.log
}
echo 4 > release/app/four
publish release
fill_stick() { rm -rf stick; cp -R "$REPO/served" stick; chmod -R u+w stick; }
fill_stick
find stick/targets -name '*.four' -exec sh -c 'echo 5 > "$1"' sh {} \;
bad_stick four
fill_stick
find stick/targets -name '*.four' -delete
bad_stick four
fill_stick
rm stick/metadata/timestamp.json
mkfifo stick/metadata/timestamp.json
bad_stick timestamp.json
rm stick/metadata/timestamp.json
ln -s "$REPO/served/metadata/timestamp.json" stick/metadata/timestamp.json
bad_stick timestamp.json
rm stick/metadata/timestamp.json
head -c 200000 /dev/zero > stick/metadata/timestamp.json
bad_stick timestamp.json
rm -rf stick/metadata
ln -s "$REPO/served/metadata" stick/metadata
bad_stick metadata
rm -rf stick
bad_stick stick
expect 0 init.log slipway-repo init foreign --no-passphrase
cp -R foreign/served stick
bad_stick "want valid signatures"
expect 2 bad.log slipway update --from
expect 1 bad.log slipway update --from 'sftp://u:secret@h/r'
wantno bad.log secret

# Metadata that has ended is taken for so many days as an administrator says, and never an older one.
fill_stick
resign() { python3 "$WORK/tests/resign.py" "stick/metadata/$1.json" "$REPO"/keys/"$2".*.pem "$3" "${@:4}"; }
ended=$(date -u -d '121 hours ago' +%Y-%m-%dT%H:%M:%SZ)
resign timestamp timestamp "$ended" > ended.json
cp ended.json stick/metadata/timestamp.json
bad_stick 'once, with --accept-age DAYS'
expect 1 bad.log slipway update --from stick --accept-age 4
want bad.log 'it ended more than 4 days ago (--accept-age)' 0
slipway status | grep -o '^refreshed *[^,]*' > before.log
expect 0 update.log slipway update --from stick --accept-age 6
want update.log 'metadata was accepted that ended 6 days ago' 0
want update.log 'applied release 5' 0
expect 0 status.log slipway status
want status.log 'with metadata that had ended 6 days before, accepted by an administrator' 0
grep -o '^refreshed *[^,]*' status.log > after.log
cmp before.log after.log || fail 'want the time of the last good refresh as before' before.log after.log
sed 's/"expired": 6/"expired": 1/' "station/state/$INSTALLATION/$APP/brought.json" > brought.json
cp brought.json "station/state/$INSTALLATION/$APP/brought.json"
expect 0 history.log slipway history
want history.log 'metadata that had ended 1 day before' 0
sed 's/"time": "[^"]*"/"time": "\\u001b[2J"/' brought.json > "station/state/$INSTALLATION/$APP/brought.json"
expect 0 history.log slipway history
wantno history.log 'last brought'
sed -i 's/"expired": 1/"expired": 6/' brought.json
cp brought.json "station/state/$INSTALLATION/$APP/brought.json"
expect 0 history.log slipway history
want history.log 'its metadata had ended 6 days before; applied now' 0
want history.log "from file://$WORK/stick, metadata that had ended 6 days before" 0
resign timestamp timestamp "$ended" 1 > older.json
cp older.json stick/metadata/timestamp.json
expect 1 bad.log slipway update --from stick --accept-age 600
want bad.log 'want version >=' 0
slipway-repo refresh > refresh.log
slipway-repo refresh > refresh.log
start_server --port "$port"

# A bad value: the release isn't taken, and the program starts on the one before.
sign_servers() {	# JSON: signed by all that have to sign, and published
	python3 - "$REPO" "$APP" "$1" <<'PY'
import glob, hashlib, json, sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key

repo, app, servers = sys.argv[1:]
folder = repo + "/served/metadata/"

def newest(role):
    names = glob.glob(folder + "*." + role + ".json")
    return max(names, key=lambda n: int(n.rsplit("/", 1)[1].split(".")[0]))

def sign(role, name, body):
    body["version"] += 1
    with open(glob.glob(f"{repo}/keys/{role}.*.pem")[0], "rb") as f:
        key = load_pem_private_key(f.read(), password=None)
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    with open(name, encoding="utf-8") as f:
        metadata = json.load(f)
    metadata["signatures"][0]["sig"] = key.sign(text).hex()
    metadata["signed"] = body
    out = json.dumps(metadata).encode()
    with open(folder + (f"{body['version']}." if role != "timestamp" else "") + role + ".json", "wb") as f:
        f.write(out)
    return {"version": body["version"], "length": len(out), "hashes": {"sha256": hashlib.sha256(out).hexdigest()}}

def body_of(name):
    with open(name, encoding="utf-8") as f:
        return json.load(f)["signed"]

name = newest(app)
body = body_of(name)
body["servers"] = json.loads(servers)
entry = sign(app, name, body)
name = newest("snapshot")
body = body_of(name)
body["meta"][app + ".json"] = entry
entry = sign("snapshot", name, body)
name = folder + "timestamp.json"
body = body_of(name)
body["meta"]["snapshot.json"] = entry
sign("timestamp", name, body)
PY
}
sign_servers '{"addresses": ["file:///etc"]}'
expect 0 run.log slipway run -- echo started
want run.log started 0
want run.log "$APP: servers: address 'file:///etc' is no server's" 0
expect 1 update.log slipway update
# A member of a later version counts for nothing.
sign_servers '{"addresses": [], "later": [1]}'
expect 0 update.log slipway update
want update.log "named no more by the signed metadata: server $newurl" 0
expect 0 status.log slipway status
want status.log "host key      $newkey, learned from the signed metadata" 0
# An administrator drops the host key; the same metadata doesn't bring it back.
expect 1 drop.log slipway update --drop-host-key "$hostkey"
want drop.log 'want a host key that was learned' 0
stop_server
expect 1 drop.log slipway update --drop-host-key "$newkey"
want drop.log "dropped, and isn't learned again: host key $newkey" 0
start_server --port "$port"
expect 0 drop.log slipway update --drop-host-key "$newkey"	# the same once more
sign_servers "{\"host_keys\": [\"$newkey\"]}"
expect 0 update.log slipway update
wantno update.log learned
expect 0 status.log slipway status
want status.log "host key      $newkey was dropped here, and isn't learned again" 0
kill "$newserver"

# A station of a directory, which has no login for servers, learns and goes on with its directory.
rm -rf station installed
mkdir installed
hostkey=
expect 0 enroll.log slipway enroll "file://$REPO/served" --root "$REPO/served/metadata/1.root.json" \
	--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed"
expect 0 servers.log slipway-repo servers set "$newurl"
expect 0 update.log slipway update
want update.log "learned from the signed metadata: server $newurl" 0
expect 0 update.log slipway update
# What a newer Slipway learned counts for nothing here, and stays.
echo '{"format": 2}' > "station/state/$INSTALLATION/$APP/learned.json"
expect 0 update.log slipway update
want update.log 'a newer Slipway wrote it' 0
wantno update.log 'learned from the signed metadata'
[ "$(cat "station/state/$INSTALLATION/$APP/learned.json")" = '{"format": 2}' ] || fail 'want it as it was' update.log
