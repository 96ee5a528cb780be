# SPDX-License-Identifier: ISC
# One file that enrols a station: made on the repository's machine, and taken as a whole or not at all.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_repo
make_login
start_server
make_release release server.crt="$REPO/certs/kernel.crt"
publish release
kit() {	# STATUS ARG...
	expect "$1" kit.log slipway-repo --repo "$REPO" kit --installation "$INSTALLATION" --host-key "$hostkey" "${@:2}"
}
enroll() { expect "$1" enroll.log slipway enroll "${@:2}"; }
nothing() {
	want enroll.log "$1" 0
	[ ! -e station/machine.conf ] && [ ! -e "station/state/$INSTALLATION/$APP" ] || fail "want nothing enrolled" enroll.log
}

# What a kit can't have is refused when it is made.
kit 1 --app NOSUCH "$url"
want kit.log 'has no application NOSUCH' 0
kit 2 --app "$APP" "$url" --set key=/x
want kit.log "no option 'key'" 0
kit 2 --app "$APP" "$url" --set deadline
kit 1 --app "$APP" "$url" --login-key "$REPO/certs/kernel.crt"
for bad in http://x/ 'sftp://x/' "sftp://u:p@x/"; do
	kit 2 --app "$APP" "$bad" --out bad.kit
done
kit 2 --app "$APP" "$url" --host-key SHA256:x --out bad.kit
want kit.log 'SHA256:' 0
kit 2 --app "$APP" "$url" --installation 'a b' --out bad.kit
want kit.log "installation 'a b': want letters" 0
expect 2 kit.log slipway-repo --repo "$REPO" kit --installation "$INSTALLATION" --app "$APP" "$url" --out bad.kit
want kit.log 'want --host-key' 0
ssh-keygen -q -t ed25519 -N secret -f encrypted
kit 1 --app "$APP" "$url" --login-key encrypted --out bad.kit
want kit.log "want a login key that isn't encrypted" 0
[ ! -e bad.kit ] || fail "want no kit" kit.log
# The command that is printed can be pasted.
kit 0 --app "$APP" "$url" --out 'a kit'
want kit.log "slipway enroll 'a kit' --kit-sha256" 0
kit 0 --app "$APP" "$url" --set deadline=20 --set on-error=block --out hi.kit
want kit.log "slipway enroll hi.kit --kit-sha256 $(sha256sum < hi.kit | cut -d' ' -f1) --new-key" 0
kit 1 --app "$APP" "$url" --out hi.kit
wantno hi.kit 'PRIVATE KEY'

# A station: the login is its own.
sum=$(sha256sum < hi.kit | cut -d' ' -f1)
enroll 2 hi.kit
nothing '--key FILE, the private login key'
enroll 1 hi.kit --key login --kit-sha256 "${sum/[0-9a-f]/x}"
nothing 'want the kit with SHA-256'
enroll 2 hi.kit --key login --kit-sha256 "${sum#?}"
nothing "want 64 hexadecimal digits, as 'slipway-repo kit' prints them"
enroll 1 nosuch.kit --key login
nothing 'nosuch.kit'
enroll 0 hi.kit --key login --kit-sha256 "$sum"
want enroll.log "$url has release 1" 0
for line in 'Deadline = 20' 'OnError = block' "LoginKey = $WORK/login"; do
	want station/machine.conf "$line" 0
done
expect 0 update.log slipway update
want update.log 'applied release 1' 0
# What the command line says counts.
enroll 0 hi.kit --key login --force --deadline 30 --on-error launch
want station/machine.conf 'Deadline = 30' 0
want station/machine.conf 'OnError = launch' 0
rm -rf station
enroll 0 hi.kit --new-key
want enroll.log 'add this line to authorized_keys' 0

# With the login key in it the file is all that a station needs.
rm -rf station
kit 0 --app "$APP" "$url" --login-key login --out whole.kit
[ "$(stat -c %a whole.kit)" = 600 ] || fail "want a kit with a key that only its owner can read"
enroll 0 whole.kit
key=station/state/$INSTALLATION/$APP/login
[ "$(stat -c %a "$key")" = 600 ] && cmp "$key" login || fail "want the login key"
expect 0 update.log slipway update
# Its key may be there already, and no other one is replaced.
enroll 0 whole.kit --force
cmp "$key" login || fail "want the login key"
echo other > "$key"
enroll 1 whole.kit --force
want enroll.log 'a login key already, which is never replaced' 0
rm -rf station
enroll 0 whole.kit --key "$WORK/login"
[ ! -e "$key" ] || fail "want the key that was named"
rm -rf station

# Half of a kit, or one that says something else, enrols nothing.
for cut in 1 100 1000 -2; do
	head -c "$cut" hi.kit > bad.kit
	enroll 1 bad.kit --key login
	nothing bad.kit
done
bad() {	# TEXT PYTHON
	python3 -c "import json; k = json.load(open('whole.kit')); $2; json.dump(k, open('bad.kit', 'w'))"
	enroll "${3-1}" bad.kit
	nothing "$1"
}
bad 'a newer Slipway made it' 'k["slipway-kit"] = 2'
bad 'unknown member' 'k["x"] = 1'
bad 'none of this version' 'k["options"]["key"] = "/x"'
bad 'want 1 to 3600 seconds' 'k["options"]["deadline"] = "0"'
bad 'SHA256: and 43 characters' 'k["host_keys"] = ["MD5:x"]' 2
bad 'want sftp://user@host' 'k["servers"] = ["http://x/"]' 2
bad 'root' 'k["root"] = "{}"'
bad 'root' 'k["root"] = k["root"].replace("\"version\": 1", "\"version\": 2").replace("\"version\":1", "\"version\":2")'
bad 'login key' 'k["login_key"] = "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n"'
bad 'installation' 'k["installation"] = "a\nb"'
bad '' 'k["installation"] = "../x"' 2
head -c 2000000 /dev/zero > bad.kit
enroll 1 bad.kit --key login
nothing bad.kit
echo "one file enrols a station"
