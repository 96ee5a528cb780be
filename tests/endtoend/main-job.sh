# SPDX-License-Identifier: ISC
# The main job: fetch, verify, apply, launch; then a second run with nothing new.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_all
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
start_kernel

expect 0 run1.log slipway run -- hi "/C$APP" --kernel "$kernel"
want run1.log "applied release 1"
wantno run1.log "own folder"	# which is AppDir here
want run1.log "[TCP/IP][TLSv1.3 VERIFIED]"
want kernel.log "[TCP/IP][TLSv1.3]. ClientName:"
cmp "$REPO/certs/kernel.crt" "station/config/$APP/server.crt"
want station/machine.conf "%AppData%\\$APP\\server.crt"

# Nothing new: no target is fetched, so missing targets don't matter.
before=$(state)
mv "$REPO/served/targets" "$REPO/targets.away"
expect 0 run2.log slipway run -- hi "/C$APP" --kernel "$kernel"
want run2.log "nothing new"
want run2.log "[TCP/IP][TLSv1.3 VERIFIED]"
wantno run2.log " warn: "
[ "$(state)" = "$before" ] || fail "want the state as before a run with nothing new"

# Slipway passes on the program's arguments, standard streams and status.
# shellcheck disable=SC2016  # the program expands it
expect 7 own.log slipway run --app "$APP" -- sh -c 'echo "out $1 $2"; exit 7' sh 'a b' '--json'
want own.log "out a b --json"
expect 0 pipe.log sh -c 'echo hello | slipway run --app COV_PB -- cat'
want pipe.log hello
# The reader of Slipway's messages may have gone; the program still starts, with SIGPIPE as it was.
exec {gone}> >(true)
wait $!
status=0
# shellcheck disable=SC2016
slipway run --app "$APP" -- sh -c 'grep SigIgn /proc/self/status > ignored.log; exit 5' 2>&"$gone" || status=$?
[ "$status" -eq 5 ] || fail "want the program started though nobody reads its messages, got status $status"
[ "$(cat ignored.log)" = "$(grep SigIgn /proc/self/status)" ] || fail "want the signals that are ignored as they came" ignored.log
exec {gone}>&-
expect 0 brief.log slipway status
wantre brief.log '^confined      fetching, by .*limits' 0
[ "$(wc -l < brief.log)" -le 12 ] || fail "want about ten lines" brief.log
expect 0 status.log slipway status --verbose
want status.log 'answered when it was asked last' 0
want status.log 'what spoke with it was confined by: ' 0
want status.log 'trusts        CN=' 0
want status.log 'days left' 0
expect 0 status.json slipway status --json
python3 - "$WORK" <<-'PY'
	import json, sys
	j = json.load(open(sys.argv[1] + "/status.json"))
	one, = j["certificates"]
	assert len(one["sha256"]) == 64 and one["days_left"] > 0 and one["file"].endswith("server.crt"), one
	said, = j["said"].values()
	assert "said" not in said and said["confined"], said
PY

# While another process updates, a start waits until its deadline, and then starts on the applied release.
exec {lock}< "$SLIPWAY_HOME/state/$INSTALLATION/$APP/lock"
flock "$lock"
expect 0 busy.log slipway run --app "$APP" --deadline 1 -- echo started
want busy.log started
want busy.log 'another process is updating'
want busy.log 'with release 1, applied earlier' 0
exec {lock}<&-

# The application in two words is none.
expect 0 split.log slipway run --no-launch -- hi /C "$APP"
want split.log "hi: '/C $APP' in two words names no application; give /C$APP" 0
expect 0 split.log slipway run --no-launch --app "$APP" -- hi /C "$APP"
wantno split.log 'in two words' 0

# Nor is one that isn't enrolled.
expect 0 nope.log slipway run --no-launch -- hi /CNOPE
want nope.log "hi: no application NOPE is enrolled here, which /CNOPE names; this start is for $APP" 0
expect 0 nope.log slipway run --no-launch --app "$APP" -- hi /CNOPE
wantno nope.log 'no application'
expect 0 nope.log slipway run --no-launch -- hi "/C$APP"
wantno nope.log 'no application'

# Everything but the start fails as the start would.
expect 127 nothing.log slipway run --app "$APP" --no-launch -- nosuch
want nothing.log 'nosuch: no such program' 0
expect 127 nothing.log slipway run --app "$APP" --no-launch -- ./nosuch
touch plain
for file in ./plain "$WORK"; do
	expect 126 nothing.log slipway run --app "$APP" --no-launch -- "$file"
	want nothing.log "can't be started" 0
done
printf '#!/no/such/shell\n' > script
chmod +x script
expect 126 nothing.log slipway run --app "$APP" --no-launch -- ./script
want nothing.log "the interpreter '/no/such/shell'" 0
rm plain script

# Everything but the start, and the log as lines of JSON.
expect 0 nolaunch.log slipway run --app "$APP" --no-launch -- touch launched
[ ! -e launched ] || fail "want nothing started" nolaunch.log
want nolaunch.log 'would be started'
expect 0 json.log slipway run --app "$APP" --log=json -- true
python3 -c '
import json, sys
for line in open(sys.argv[1]):
    j = json.loads(line)
    assert j["program"] == "slipway" and j["level"] == "info" and j["time"] and j["text"], j
' json.log
expect 2 log.log slipway run --app "$APP" --log=frob -- true
want log.log "--log: want syslog or json, got 'frob'"

# Messages at a terminal have no process id.
expect 0 terminal.log script -qec "slipway run --app $APP --no-launch -- true" /dev/null
wantre terminal.log '^slipway: info: '

expect 0 status.log slipway status
want status.log "$APP"

# In the background: no message without a fault.
expect 0 quiet.log slipway update --quiet
[ ! -s quiet.log ] || fail "want nothing said" quiet.log
want "$WORK/lib/systemd/user/slipway-update.service" '/bin/slipway update --quiet' 0

# A line without a Kernel is told as that.
expect 2 hi.log hi "/C$APP"
want hi.log "hi: want a Kernel's address" 0

# Completion offers the commands of the program's help.
complete() { :; }
compopt() { :; }
# shellcheck source=/dev/null
. "$WORK/share/bash-completion/completions/slipway"
unset -f complete
offers() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_slipway
	echo "${COMPREPLY[*]}"
}
[ "$(offers slipway ro)" = rollback ] || fail "want rollback offered, got '$(offers slipway ro)'"
[ "$(offers slipway update --qu)" = --quiet ] || fail "want --quiet offered, got '$(offers slipway update --qu)'"
[ "$(offers slipway run --off)" = --offline ] || fail "want --offline offered, got '$(offers slipway run --off)'"
[ -z "$(offers slipway run -- --of)" ] || fail "want nothing offered for the program's own arguments"
