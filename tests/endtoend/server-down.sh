# No server, a tampered target: nothing is applied, and the program starts on the last good state.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_all
expect 0 run.log slipway run --app "$APP" -- true
want run.log "applied release 1"
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
[ "$(state)" = "$before" ] || fail "want nothing applied" longer.log

# Once it is whole again, the release is applied.
head -n 1 "$file" > whole
cat whole > "$file"
expect 0 whole.log slipway update --app "$APP"
want whole.log "applied release 2"
want "home/.config/$APP/note.txt" "the signed text"
