# SPDX-License-Identifier: ISC
# No server, a tampered target: nothing is applied, and the program starts on the last good state.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_all
expect 0 run.log slipway run --app "$APP" -- true
want run.log "applied release 1"

# A deadline in the middle of a file: the start says how far it came, and the next one goes on there.
cp -R release large
dd if=/dev/urandom of=large/app/large bs=64k count=64 status=none
publish "$WORK/large"
coproc PROXY { exec "$WORK/tests/proxy" "$port" rate-down 500000; }
jobs_started+=("$PROXY_PID")
read -r -u "${PROXY[0]}" slow
sed -i "s/:$port/:$slow/" "$STATION/machine.conf"
expect 0 late.log slipway run --app "$APP" --deadline 3 -- echo started
want late.log started 0
wantre late.log 'the 3 s for a start are over with [0-3]\.[0-9] MB of 4\.2 MB; the next start goes on there; starting echo' 0
got=$(sed -n 's/.*over with \([0-9.]*\) MB.*/\1/p' late.log)
expect 1 late.log slipway update --app "$APP" --deadline 2
wantre late.log 'the 2 s for an update are over with [1-4]\.[0-9] MB of 4\.2 MB; the next update goes on there$' 0
awk -v a="$got" -v b="$(sed -n 's/.*over with \([0-9.]*\) MB.*/\1/p' late.log)" 'BEGIN { exit !(b >= a) }' ||
	fail "want it to go on from $got MB" late.log
sed -i "s/:$slow/:$port/" "$STATION/machine.conf"
expect 0 run.log slipway run --app "$APP" -- true
want run.log 'applied release 2' 0
before=$(state)

stop_server
start=$SECONDS
expect 0 down.log slipway run --app "$APP" -- echo started
want down.log started
wantre down.log ': (warn|error): '
[ $((SECONDS - start)) -le 11 ] || fail "want the program within the deadline of 10 s" down.log
expect 1 update.log slipway update --app "$APP"
[ "$(state)" = "$before" ] || fail "want the state as before" down.log
# The status of the program that could not be started: 127 not found, 126 not executable.
expect 127 missing.log slipway run --app "$APP" --offline -- /nonexistent/program
touch plain
expect 126 plain.log slipway run --app "$APP" --offline -- "$WORK/plain"

# Bytes of the same length that nobody signed.
mkdir -p release2
cp -R release/. release2/
echo "the signed text" > release2/app/note.txt
publish "$WORK/release2"
file=$(find "$REPO/served/targets" -name '*.note.txt')
[ -n "$file" ] || fail "want the target note.txt in the repository"
good=$(sha256sum < "$file" | cut -c1-64)
sed 's/signed/forged/' "$file" > forged
cat forged > "$file" || { chmod u+w "$file" && cat forged > "$file"; }
bad=$(sha256sum < "$file" | cut -c1-64)
start_server --port "$port"
expect 0 tampered.log slipway run --app "$APP" -- echo started
want tampered.log started
want tampered.log note.txt
want tampered.log "$good"
want tampered.log "$bad"
[ "$(state)" = "$before" ] || fail "want nothing applied" tampered.log
expect 1 update.log slipway update --app "$APP"
want update.log "$bad"
[ "$(state)" = "$before" ] || fail "want nothing applied" update.log

# A file that is too long is refused as well.
sed 's/forged/signed/' forged > "$file"
echo more >> "$file"
expect 1 longer.log slipway update --app "$APP"
want longer.log note.txt
expect 0 status.log slipway status --verbose
wantre status.log 'failed at .*note.txt' 0
want status.log 'what spoke with it was confined by' 0
[ "$(state)" = "$before" ] || fail "want nothing applied" longer.log

# Once the file is whole again, the release is applied.
head -n 1 "$file" > whole
cat whole > "$file"
expect 0 whole.log slipway update --app "$APP"
want whole.log "applied release 3"
want "station/config/$APP/note.txt" "the signed text"

# Of two servers the failed one is tried last for a while, and status prints its error.
dead="sftp://nobody@127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')/"
expect 0 enroll2.log slipway enroll "$dead" "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" \
	--key "$WORK/login" --installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed" --force \
	--warn-after-days 7 --block-after-days 30
expect 0 first.log slipway update --app "$APP"
want first.log "$dead: " 0
want first.log 'trying the next server' 0
expect 0 second.log slipway update --app "$APP"
wantno second.log 'trying the next server'
expect 0 status.log slipway status
want status.log 'failed at ' 0
want status.log 'nothing is started when the last good refresh is 30 days old' 0
# Ten minutes later the failed server is tried first again.
servers=$SLIPWAY_HOME/state/$INSTALLATION/$APP/servers.json
python3 - "$servers" <<'PY'
import json, sys
servers = json.load(open(sys.argv[1]))
for url in servers.keys() - {"format"}:
    servers[url]["time"] = "2026-01-01T00:00:00Z"
json.dump(servers, open(sys.argv[1], "w"))
PY
expect 0 third.log slipway update --app "$APP"
want third.log 'trying the next server' 0
echo '{"' > "$servers"
expect 0 fourth.log slipway update --app "$APP"
want fourth.log 'trying the next server' 0

# How long a station may go without a server, by the age of the last good refresh.
stop_server
refreshed=$SLIPWAY_HOME/state/$INSTALLATION/$APP/refreshed
ago() { date -u -d "$1 days ago" +%Y-%m-%dT%H:%M:%SZ > "$refreshed"; }
expect 0 age.log slipway run --app "$APP" -- echo HI-RUNS
want age.log HI-RUNS 0
wantno age.log 'warn: .*starting'
# A refresh while the clock stood in 1970, or in 2020, isn't 50 years old seconds later; its age counts from now on.
for wrong in 1970-01-01T00:02:00Z 2020-05-01T12:00:00Z; do
	echo "$wrong" > "$refreshed"
	expect 0 age.log slipway run --app "$APP" -- echo HI-RUNS
	want age.log HI-RUNS 0
	wantno age.log 'last up to date'
	[ "$(head -c 4 "$refreshed")" -ge 2026 ] || fail "want the age to count from now on"
done
ago 8
expect 0 age.log slipway run --app "$APP" -- echo HI-RUNS
want age.log 'this station was last up to date 8 days ago; starting echo' 0
ago 31
expect 1 age.log slipway run --app "$APP" -- echo HI-RUNS
wantno age.log HI-RUNS
want age.log 'because this site set BlockAfterDays to 30' 0
expect 1 age.log slipway run --app "$APP" --offline -- echo HI-RUNS
want age.log 'because this site set BlockAfterDays to 30' 0
expect 1 enroll3.log slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" --key "$WORK/login" \
	--installation "$INSTALLATION" --app "$APP" --force --warn-after-days never
want enroll3.log "want 1 to 36500 days, got 'never'" 0
