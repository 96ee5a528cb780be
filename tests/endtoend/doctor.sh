# SPDX-License-Identifier: ISC
# slipway doctor: one line for everything that a start needs, and the command that mends it.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

doctor() {	# STATUS ARG...
	expect "$1" doctor.log slipway doctor "${@:2}"
}
# says LEVEL SUBJECT TEXT
says() { wantre doctor.log "^$1 +$2 +.*$3" 0; }
client="HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client"
own="HKLM\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP"

doctor 1
says FAILURE enrolment 'not enrolled; run .slipway enroll. first'
make_repo
make_login
start_server
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
start_kernel
make_release release server.crt="$REPO/certs/kernel.crt"
publish release
expect 0 enroll.log slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" --key login \
	--installation "$INSTALLATION" --app "$APP"
doctor 3
says warning release 'slipway update'
says warning TLS "TLS_RequiredLevel isn't set: the program's connections are plain; .*slipway-repo cert new"
# What a start does without a server.
expect 0 change.log slipway enroll --change --no-check "sftp://$(id -un)@127.0.0.1:1/x"
doctor 1
says FAILURE servers 'the program starts without a release'
expect 0 change.log slipway enroll --change --no-check --on-error block
doctor 1
says FAILURE servers "the program isn't started"
expect 0 change.log slipway enroll --change --on-error launch "$url"
expect 0 update.log slipway update
doctor 0 --kernel "$kernel"
for subject in enrolment station clock server confinement release files room certificate TLS kernel; do
	says ok "$subject" .
done
says ok kernel '\[TCP/IP\]\[TLSv1.3 VERIFIED\]'
want doctor.log 'all is well' 0
says ok station 'owners and modes, .* are as they should be'
[ "$(wc -l < doctor.log)" -le 16 ] || fail "want one screen" doctor.log
# The library is found without a search path in the programs, where each start would look for all of its libraries.
for program in slipway slipway-repo slipway-tuf; do
	readelf -d "$WORK/bin/$program" > headers.log
	! grep -qE 'RPATH|RUNPATH' headers.log || fail "want no search path in $program" headers.log
done
# For programs.
doctor 0 --json
python3 -c 'import json, sys
lines = json.load(open("doctor.log"))
assert lines and all(line["level"] == "ok" and set(line) == {"level", "subject", "text"} for line in lines)'

# Each member that programs get is in the manual.
cat > members.py <<'PYTHON'
import json, re, sys
def members(value, name=""):
    if isinstance(value, list):
        return set().union(*(members(one) for one in value))
    if not isinstance(value, dict):
        return set()
    below = set().union(*(members(one, name) for name, one in value.items()))
    return below if name == "said" else below | set(value)	# that one has an address for each name
lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
told = set(word for line in lines if re.match(r"\..*\bVa ", line) for word in re.findall("[a-z0-9_]+", line))
missing = members(json.load(sys.stdin)) - told
sys.exit(f"not in {sys.argv[1]}: {sorted(missing)}" if missing else 0)
PYTHON
documented() {	# MANUAL COMMAND...
	local got=0
	"${@:2}" --json > json.log 2> error.log || got=$?
	[ "$got" = 0 ] || [ "$got" = 3 ] || fail "want JSON of ${*:2}, got $got" error.log
	python3 members.py "$WORK/share/man/$1" < json.log || fail "want members of ${*:2} in the manual" json.log
}
for command in status doctor plan history verify update; do
	documented man1/slipway.1 slipway "$command"
done
for command in 'release list' 'release show 1' 'release diff 1 1' 'servers show' 'key list' 'cert list' 'cert status' \
	status doctor; do
	# shellcheck disable=SC2086  # these are words
	documented man8/slipway-repo.8 slipway-repo --repo "$REPO" $command
done

# For a monitor.
expect 0 status.log slipway status --warn-days 30
want status.log 'up to date    yes' 0
expect 3 status.log slipway status --warn-days 36500
expect 0 status.log slipway status --json
python3 -c 'import json, platform
s = json.load(open("status.log"))
assert s["up_to_date"] is True and s["because"] == "" and s["mode"] == "user", s
assert s["host"] == platform.node() and s["settings"].endswith("/machine.conf") and s["version"], s'

# Each fault is found.
expect 0 set.log slipway settings set "$own" Deadlin 5
expect 0 status.log slipway status
expect 3 status.log slipway status --warn-days 0
doctor 3
says warning setting "Deadlin: .*slipway settings delete '.*' 'Deadlin'"
eval "$(grep -o "slipway settings delete '.*' 'Deadlin'" doctor.log)" > /dev/null
doctor 0
expect 0 set.log slipway settings set "$own" Deadline soon
doctor 1 --offline
says FAILURE enrolment "Deadline: .*slipway enroll --change"
expect 0 change.log slipway enroll --change --deadline 10
expect 0 status.log slipway status --warn-days 0
expect 0 set.log slipway settings set "$client" TLS_RequireLevel TLSPeerAuth
expect 3 status.log slipway status --warn-days 0
want status.log 'no TLS setting is called TLS_RequireLevel' 0
expect 0 set.log slipway settings delete "$client" TLS_RequireLevel
expect 0 set.log slipway settings set "$client" TLS_RequiredLevel TLSPeerAut
doctor 1 --kernel "$kernel"
says FAILURE TLS "got 'TLSPeerAut'"
says FAILURE kernel .
# The words count as they are written.
for word in tlspeerauth NONE none TLSNOPEERAUTH 'TLSPeerAuth ' ''; do
	expect 0 set.log slipway settings set "$client" TLS_RequiredLevel "$word"
	doctor 1 --offline
	says FAILURE TLS "TLS_RequiredLevel: want None, TLSNoPeerAuth or TLSPeerAuth, got '$word'"
done
expect 0 set.log slipway settings set "$client" TLS_RequiredLevel None
doctor 3 --offline
says warning TLS 'TLS_RequiredLevel is None: connections are plain'
expect 0 set.log slipway settings set "$client" TLS_RequiredLevel TLSNoPeerAuth
doctor 0 --offline
says ok TLS 'TLS_RequiredLevel is TLSNoPeerAuth'
expect 0 update.log slipway update --repair
expect 0 cert.log slipway-repo --repo "$REPO" cert new other
cp "$REPO/certs/other.crt" "station/config/$APP/server.crt"
doctor 1 --kernel "$kernel"
says FAILURE kernel .
rm "station/config/$APP/server.crt"
expect 3 status.log slipway status --warn-days 0
doctor 1 --offline
says warning files 'server.crt is missing: slipway update --repair'
says FAILURE TLS 'connects to nothing; .*slipway-repo cert new'
wantno doctor.log "$url"
expect 0 update.log slipway update --repair
doctor 0
doctor 1 --kernel 127.0.0.1:1
says FAILURE kernel '127.0.0.1'
# Servers: one of two is down, both are.
expect 0 change.log slipway enroll --change --no-check "sftp://$(id -un)@127.0.0.1:1/x" "$url"
doctor 1
says FAILURE server '127.0.0.1:1/x'
says ok server 'has release 1'
kill "$server"
wait "$server" || true
doctor 1
says FAILURE servers 'none of them does what a start wants; the program starts on release 1'
# What a start does then, where the last good refresh is too old for it.
state=station/state/$INSTALLATION/$APP
expect 0 change.log slipway enroll --change --block-after-days 1
doctor 1
says FAILURE servers 'the program starts on release 1'
printf '%s\nformat 1\n' "$(date -u -d '-2 days' +%FT%TZ)" > "$state/refreshed"
doctor 1
says FAILURE servers "the program isn't started \(BlockAfterDays is 1\)"
# What is the station's own is looked at without servers, too, and each fault has its remedy.
mended() {	# FILE COMMAND...: it is damaged; what the doctor says, and all is well with the file again
	cp -p "$1" kept
	"${@:2}"
	doctor 1 --offline
	cp -p kept "$1"
}
mended login chmod 644 login
says FAILURE login 'chmod 600.*slipway enroll --change --key FILE'
mended login rm login
says FAILURE login 'No such file.*slipway enroll --change --key FILE'
mended "station/config/$APP/server.crt" truncate -s 0 "station/config/$APP/server.crt"
says FAILURE certificate "server.crt: .*slipway update --repair"
mended "$state/applied.json" truncate -s 0 "$state/applied.json"
says FAILURE state "'slipway update' keeps aside what is damaged"
mended "$state/metadata/root.json" truncate -s 100 "$state/metadata/root.json"
says FAILURE 'trust anchor' "root.json: .*slipway update --repair"
doctor 0 --offline
# Without its trust anchor a station believes nothing.
rm "$state/metadata/root.json"
doctor 1
says FAILURE 'trust anchor' .
echo "each fault has a line"
