# SPDX-License-Identifier: ISC
# Whether a program starts, from the settings to the decision: OnError and Deadline with a server that never answers,
# and DefaultApplication, which chooses the enrolment.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

key="HKLM\\SOFTWARE\\Slipway\\$INSTALLATION"
make_all
expect 0 run.log slipway run -- echo hi-runs
want run.log hi-runs 0

# A server that takes connections and says nothing.
stop_server
cat > silent.py <<'PY'
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
kept = []
while True:
    kept.append(server.accept())
PY
background silent.log python3 silent.py "$port"
silent=$job
want silent.log listening 30

# decides STATUS DEADLINE ON_ERROR: a start with these settings ends with the status, not before the deadline.
decides() {
	local begun=$SECONDS
	expect 0 set.log slipway settings set "$key\\$APP" Deadline "$2"
	expect 0 set.log slipway settings set "$key\\$APP" OnError "$3"
	expect "$1" decides.log slipway run -- echo hi-runs
	took=$((SECONDS - begun))
	[ $((took + 1)) -ge "$2" ] || fail "want the deadline of $2 s, got $took s" decides.log
}
decides 0 1 launch
want decides.log hi-runs 0
want decides.log 'starting echo with release 1, applied earlier' 0
short=$took
decides 1 6 block
wantno decides.log hi-runs
want decides.log 'because this site set OnError to block' 0
[ "$short" -lt 6 ] || fail "want a deadline of 1 s to be shorter than 6 s, got $short s" decides.log
# The same settings, with a server that answers.
kill "$silent"
wait "$silent" || true
start_server --port "$port"
expect 0 run.log slipway run -- echo hi-runs
want run.log hi-runs 0

# Two applications, of which the default decides; each has another OnError.
expect 0 add.log slipway-repo --repo "$REPO" app add OTHER --no-passphrase
expect 0 set.log slipway settings set "$key\\$APP" Deadline 10
expect 0 enroll2.log slipway enroll "file://$WORK/nowhere" --no-check --root "$REPO/served/metadata/1.root.json" \
	--installation "$INSTALLATION" --app OTHER --on-error launch
# default APPLICATION STATUS TEXT [ARG...]
default() {
	expect 0 set.log slipway settings set "HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION" DefaultApplication "$1"
	expect "$2" chosen.log slipway run "${@:4}" -- echo hi-runs
	want chosen.log "$3" 0
}
mv repo away
default "$APP" 1 'because this site set OnError to block'
default OTHER 0 'no release was ever applied'
want chosen.log hi-runs 0
# By any spelling, and after what the command line names.
default "${APP,,}" 1 'because this site set OnError to block'
default "$APP" 0 'no release was ever applied' --app OTHER
default OTHER 1 'because this site set OnError to block' --app "$APP"
# One that isn't enrolled chooses none.  As one of the two may block, nothing starts.
default THIRD 1 'want one application'
mv away repo
default "$APP" 0 'nothing new'
