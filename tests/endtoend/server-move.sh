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
	sed -n "/^### $1\$/,/^##/p" "$page" | sed -n 's/^    \(slipway.*\)/\1/p'
}

# do_step HEADING N: the Nth command of a drill, with the places of this test.
do_step() {
	local line
	line=$(drill "$1" | sed -n "$2p" | sed -e "s|sftp://slipway-sftp@new.example/|$newurl|" -e "s|SHA256:NEW|$newkey|" \
		-e "s|/media/stick|$WORK/stick|" -e "s|COV_PB|$APP|")
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

# The old one goes; a release comes through the new one.
stop_server
echo 2 > release/app/two
publish release
want publish.log 'instead of 1' 0
wantno publish.log 'servers that stations learn of' # as before
to_new
expect 0 run.log slipway run -- true
want run.log 'applied release 2' 0
# Nothing is lost with the file: the next start reads it in the metadata again.
rm "station/state/$INSTALLATION/$APP/learned.json"
start_server --port "$port"
expect 0 run.log slipway run -- true
want run.log "learned from the signed metadata: server $newurl" 0

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
expect 0 drop.log slipway update --drop-host-key "$newkey"
sign_servers "{\"host_keys\": [\"$newkey\"]}"
expect 0 update.log slipway update
wantno update.log learned
expect 0 status.log slipway status
want status.log "host key      $newkey was dropped here, and isn't learned again" 0
kill "$newserver"
