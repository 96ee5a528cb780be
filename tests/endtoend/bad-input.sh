# SPDX-License-Identifier: ISC
# Bad input: a clear message, the right exit status, and the state is unchanged.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_all
expect 0 run.log slipway run --app "$APP" -- true
before=$(state)
cp station/machine.conf good.conf

same() {
	[ "$(state)" = "$before" ] || fail "want the state as before: $1" "$2"
}

# refused NAME STATUS REGEX COMMAND...: exit status, a message on standard error, state unchanged.
refused() {
	local name=$1 status=$2 regex=$3
	shift 3
	expect "$status" "$name.log" "$@"
	wantre "$name.log" "$regex" 0
	same "$name" "$name.log"
}

# launched NAME REGEX [OPTION...]: run reports the fault and starts the program all the same.
launched() {
	local name=$1 regex=$2
	shift 2
	expect 0 "$name.log" slipway run --app "$APP" "$@" -- echo started
	wantre "$name.log" "$regex" 0
	want "$name.log" started 0
	same "$name" "$name.log"
}

# Command lines.
refused no-command 2 'usage|command' slipway
refused unknown-command 2 'frobnicate' slipway frobnicate
refused unknown-option 2 'frobnicate' slipway update --frobnicate
refused near-command 2 "did you mean 'status'" slipway stauts
refused abbreviation 2 'did you mean --json' slipway status --jso
[ "$(wc -l < abbreviation.log)" -eq 2 ] || fail "want the fault, then one line of usage" abbreviation.log
refused group 2 'settings get' slipway settings
refused run-option 2 'frobnicate' slipway run --frobnicate -- true
refused no-program 2 '[Pp][Rr][Oo][Gg][Rr][Aa][Mm]' slipway run
refused option-value 2 'app' slipway update --app
refused no-url 2 '[Uu][Rr][Ll]|argument|missing' slipway enroll
refused repo-no-command 2 'usage|command' slipway-repo
refused repo-unknown 2 'frobnicate' slipway-repo frobnicate
refused repo-option 2 'frobnicate' slipway-repo --repo "$REPO" status --frobnicate
refused repo-arguments 2 'argument|[Dd][Ii][Rr]' slipway-repo init
refused repo-absent 1 'nonexistent' slipway-repo --repo "$WORK/nonexistent" status
refused unknown-app 1 'NOSUCH' slipway update --app NOSUCH

# Enrolment: no root file, a malformed root file, a malformed host key, enrolled already.
other() {
	slipway enroll "$url" --host-key "$1" --root "$2" --key "$3" \
		--installation OTHER --app OTHER --install-dir "$WORK/other"
}
# An address that no start could use, and names that no repository may have.
for bad in sftp://nonsense http://a/b file://elsewhere/r sftp://u@h:0/r; do
	refused address 2 "want sftp://user@host:port/path or file:///path.*$(printf '%q' "$bad" | sed 's/[.]/[.]/g')" \
		slipway enroll "$bad" --root "$REPO/served/metadata/1.root.json" --installation OTHER --app OTHER
done
# A password is refused, and not repeated.
refused address 2 "has a password, which does not belong there" \
	slipway enroll sftp://u:p4ss@h/r --root "$REPO/served/metadata/1.root.json" --installation OTHER --app OTHER
wantno address.log p4ss
for bad in CON targets -Y3 a. .a 'a/b'; do
	refused name 2 'application|path' slipway enroll file:///r --root "$REPO/served/metadata/1.root.json" \
		--installation OTHER "--app=$bad"
	refused name 2 'installation|path' slipway enroll file:///r --root "$REPO/served/metadata/1.root.json" \
		"--installation=$bad" --app OTHER
done
refused root-absent 1 'nonexistent' other "$hostkey" "$WORK/nonexistent" "$WORK/login"
echo 'no metadata' > bad.json
refused root-malformed 1 'bad\.json|root' other "$hostkey" "$WORK/bad.json" "$WORK/login"
refused again 1 'force|enrolled' enroll

# Configuration that can't be read or parsed.
echo 'this is no key file' > station/machine.conf
before=$(state)
expect 1 conf.log slipway update --app "$APP"
wantre conf.log 'machine\.conf' 0
same "malformed configuration" conf.log
cp good.conf station/machine.conf
before=$(state)
chmod 000 station/machine.conf
expect 0 unreadable.log slipway run --app "$APP" -- echo started
expect 1 unreadable-update.log slipway update --app "$APP"
chmod 600 station/machine.conf
wantre unreadable.log 'machine\.conf.*[Pp]ermission' 0
want unreadable.log started 0
wantre unreadable-update.log 'machine\.conf.*[Pp]ermission' 0
same "unreadable configuration" unreadable.log

# A host key that isn't pinned, a login that isn't accepted.
sed "s|$hostkey|SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA|" good.conf > station/machine.conf
cmp -s good.conf station/machine.conf && fail "want the host key in machine.conf" good.conf
before=$(state)
launched hostkey 'SHA256:'
want hostkey.log "$hostkey" 0
refused hostkey-update 1 'SHA256:' slipway update --app "$APP"
cp good.conf station/machine.conf
before=$(state)
cp "$REPO/ssh/authorized_keys" authorized_keys
ssh-keygen -q -t ed25519 -N '' -f stranger
cat stranger.pub > "$REPO/ssh/authorized_keys"
launched login 'refused|login|authenti'
refused login-update 1 'refused|login|authenti' slipway update --app "$APP"
cat authorized_keys > "$REPO/ssh/authorized_keys"

# Metadata that isn't JSON, and metadata that nobody signed.
cp "$REPO/served/metadata/timestamp.json" timestamp.json
put() {
	rm -f "$REPO/served/metadata/timestamp.json"
	cp "$1" "$REPO/served/metadata/timestamp.json"
}
echo '{"signatures": [' > malformed.json
put malformed.json
launched metadata 'timestamp'
refused metadata-update 1 'timestamp' slipway update --app "$APP"
sed -E 's/"expires": *"[0-9]{4}/"expires": "2099/' timestamp.json > forged.json
cmp -s forged.json timestamp.json && fail "want a changed timestamp" forged.json
put forged.json
launched forged 'timestamp.*signature|signature.*timestamp'
python3 "$WORK/tests/resign.py" timestamp.json "$REPO"/keys/timestamp.*.pem 2020-01-01T00:00:00Z > expired.json
put expired.json
launched expired 'timestamp.*expired'
refused expired-update 1 'timestamp.*expired.*2020-01-01' slipway update --app "$APP"
put timestamp.json
expect 0 well-again.log slipway update --app "$APP"

# A clock earlier than the last good refresh causes a warning, and doesn't make expired metadata valid again.
refreshed=$(find station/state -name refreshed)
cp "$refreshed" refreshed.good
echo 2099-01-01T00:00:00Z > "$refreshed"
launched clock 'clock stands before the last good refresh'
wantre clock.log 'expired on .*, now is 2099-01-01' 0
refused clock-update 1 'clock stands before the last good refresh' slipway update --app "$APP"
cp refreshed.good "$refreshed"
expect 0 clock-well.log slipway update --app "$APP"

# Scripts of a release: a syntax error, an endless loop, a lone percent sign, a forbidden key.  publish runs the scripts
# first; a release that was published nevertheless isn't applied.
bad_script() {
	local name=$1 regex=$2 dir=$WORK/release-$1
	mkdir -p "$dir"
	cp -R "$WORK/release/." "$dir/"
	printf '%s\n' "$3" > "$dir/scripts/machine/20-bad.lua"
	expect 1 "$name-publish.log" slipway-repo --repo "$REPO" publish --app "$APP" "$dir"
	wantre "$name-publish.log" "20-bad\\.lua.*($regex)" 0
	expect 0 publish.log slipway-repo --repo "$REPO" publish --app "$APP" --no-script-check "$dir"
	launched "$name" "20-bad\\.lua.*($regex)"
	refused "$name-update" 1 "20-bad\\.lua" slipway update --app "$APP"
}
bad_script syntax 'syntax|near|expected' 'set('
bad_script loop 'instruction|limit|budget' 'while true do end'
bad_script percent '%' "set([[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP]], 'x', '50%')"
bad_script outside 'allow|prefix' "set([[HKLM\\SOFTWARE\\Slipway]], 'x', 'y')"
