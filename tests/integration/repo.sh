#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo: init, publish, cert, status, serve, with openssl and sftp as judges.
# usage: repo.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"
served='' session=''
end() {
	local pid
	for pid in $served $session; do kill "$pid" 2>/dev/null || true; done
	wait
	cleanup
}
trap end EXIT

echo 'correct horse' >pass && chmod 600 pass

status 2 "$repo" nonsense
status 2 "$repo" init
status 2 "$repo" publish --app
status 0 "$repo" help publish; says 'RELEASE_DIR'
status 0 "$repo" version

# init
status 1 setsid -w "$repo" init "$R"; says 'passphrase-file'
[ ! -e "$R" ] || fail "init without passphrase left something behind"
status 0 "$repo" init "$R" --passphrase-file pass
status 1 "$repo" init "$R" --passphrase-file pass
status 1 setsid -w "$repo" init "$R"; says 'want an empty directory'
[ "$(stat -c %a "$R/keys")" = 700 ] || fail "mode of keys/"
for f in 1.root 1.targets 1.snapshot timestamp; do
	[ -s "$R/served/metadata/$f.json" ] || fail "no $f.json"
done
grep -q ENCRYPTED "$R"/keys/root.*.pem && grep -q ENCRYPTED "$R"/keys/targets.*.pem ||
	fail "root or targets key is not encrypted"
for k in snapshot timestamp; do
	openssl pkey -in "$R"/keys/$k.*.pem -noout || fail "$k key"
	[ "$(stat -c %a "$R"/keys/$k.*.pem)" = 600 ] || fail "mode of $k key"
done
openssl pkey -in "$R"/keys/root.*.pem -passin pass:'correct horse' -noout || fail "root key"

# publish
mkdir -p rel/install/bin rel/app rel/scripts/machine rel/scripts/user
echo one >rel/install/bin/hi && chmod 755 rel/install/bin/hi
: >rel/app/empty
echo 'log("x")' >rel/scripts/machine/10-tls.lua
status 2 "$repo" --repo "$R" publish --app root rel
status 1 "$repo" --repo "$R" publish --app COV_PB rel --passphrase-file /nonexistent
chmod 644 pass
status 1 "$repo" --repo "$R" publish --app COV_PB rel --passphrase-file pass
chmod 600 pass
status 1 "$repo" --repo "$R" publish --app COV_PB rel --passphrase-file pass; says 'app add COV_PB'
status 0 "$repo" --repo "$R" app add COV_PB --passphrase-file pass
says 'added: targets version 2'
status 1 "$repo" --repo "$R" app add COV_PB --passphrase-file pass; says 'there is such an application'
for name in cov_pb Cov_Pb COV_pb; do
	status 1 "$repo" --repo "$R" app add "$name" --passphrase-file pass; says 'one name as stations see it'
	status 1 "$repo" --repo "$R" app add "$name" --no-passphrase --unsigned "$name.req"; says 'one name as stations see it'
	[ ! -e "$name.req" ] && [ -z "$(find "$R/keys" -name "$name.*")" ] || fail "something is left of $name"
done
# The same in a request, whose maker didn't ask.
status 0 "$repo" --repo "$R" app add OTHER --no-passphrase --unsigned other.req
sed -i 's/OTHER/cov_pb/g' other.req
status 1 "$repo" --repo "$R" publish --signed other.req; says 'one name as stations see it'
rm other.req "$R"/keys/OTHER.*
status 0 "$repo" --repo "$R" publish --app COV_PB rel --passphrase-file pass
says 'release 1: 3 files'
sum=$(sha256sum <rel/install/bin/hi | cut -d' ' -f1)
cmp "$R/served/targets/COV_PB/install/bin/$sum.hi" rel/install/bin/hi || fail "stored file"
cp "$R/served/metadata/timestamp.json" before
status 1 "$repo" --repo "$R" publish --app COV_PB rel --passphrase-file pass; says 'release 1 already'
cmp before "$R/served/metadata/timestamp.json" || fail "a refused release changed the repository"
echo two >rel/install/bin/hi
echo wrong >badpass && chmod 600 badpass
status 1 "$repo" --repo "$R" publish --app COV_PB rel --passphrase-file badpass
status 0 env SLIPWAY_PASSPHRASE='correct horse' SLIPWAY_REPO="$R" "$repo" publish --app COV_PB rel
says 'release 2: 3 files'; says '1 file new'
[ -e "$R/served/metadata/2.COV_PB.json" ] && [ -e "$R/served/metadata/4.snapshot.json" ] ||
	fail "metadata of release 2"
[ ! -e "$R/served/metadata/3.targets.json" ] || fail "targets signed again without need"
python3 - "$R" "$sum" <<'PY'
import hashlib, json, sys
m = sys.argv[1] + "/served/metadata/"
def load(f, meta=None):
    b = open(m + f, "rb").read()
    if meta:
        assert len(b) == meta["length"] and hashlib.sha256(b).hexdigest() == meta["hashes"]["sha256"], f
    return json.loads(b)["signed"]
ts = load("timestamp.json")
sn = load("4.snapshot.json", ts["meta"]["snapshot.json"])
tg = load("2.targets.json", sn["meta"]["targets.json"])
role = load("2.COV_PB.json", sn["meta"]["COV_PB.json"])
d = tg["delegations"]["roles"][0]
assert d["terminating"] is True and d["paths"][0] == "COV_PB/*/*" and len(d["paths"]) == 7, d
assert role["release"] == 2 and role["_type"] == "targets"
t = role["targets"]["COV_PB/install/bin/hi"]
assert t["custom"] == {"mode": "0755"} and t["length"] == 4, t
assert role["targets"]["COV_PB/app/empty"]["custom"]["mode"] == "0644"
PY

# names and files that no release may have; each is refused and changes nothing
cp "$R/served/metadata/timestamp.json" before
refused() {
	status 1 "$repo" --repo "$R" publish --app COV_PB bad --passphrase-file pass
	says "$1"
	cmp before "$R/served/metadata/timestamp.json" || fail "refused release changed the repository"
	rm -rf bad
}
mkdir bad && refused 'no files'
mkdir -p bad/other && echo x >bad/other/x && refused 'only the directories'
mkdir -p bad/install && ln -s /etc/passwd bad/install/link && refused 'symbolic link'
mkdir -p bad/install && mkfifo bad/install/pipe && refused 'special file'
mkdir -p bad/install/Data bad/install/data && echo x >bad/install/data/x && refused 'differ only in case'
# also letters beyond ASCII, in a directory, and an accent in one character or in two
mkdir -p bad/app && echo x >bad/app/Ä.txt && echo y >bad/app/ä.txt && refused 'differ only in case'
mkdir -p bad/app/Žilina bad/app/žilina && echo x >bad/app/Žilina/x && refused 'Žilina and žilina differ only in case\|žilina and Žilina differ only in case'
mkdir -p bad/app && echo x >"bad/app/$(printf 'caf\303\251')" && echo x >"bad/app/$(printf 'cafe\314\201')" && refused 'how accents are written'
mkdir -p bad/install && echo x >bad/install/NUL.txt && refused 'NUL.txt'
mkdir -p bad/install && echo x >bad/install/COM¹.log && refused 'reserves for a device'
mkdir -p bad/install/PROGRA~1 && echo x >bad/install/PROGRA~1/x && refused 'Windows makes up'
mkdir -p bad/app/.slipway-I-A && echo x >bad/app/.slipway-I-A/n0 && refused 'Slipway keeps for itself'
mkdir -p bad/app && echo x >"bad/app/$(printf 'a\342\200\256fdp.exe')" && refused "can't be seen"
mkdir -p bad/app && echo x >"bad/app/$(printf 'a\302\233x')" && refused "can't be seen"
mkdir -p bad/scripts/machine && echo x >bad/scripts/machine/x.sh && refused 'NAME.lua'
long=$(printf 'n%.0s' $(seq 136)) # one byte more than SHA256.NAME leaves room for
mkdir -p bad/install && echo x >"bad/install/$long" && refused 'name over 135 bytes'
deep=$(printf '/%0149d' 1 2 3 4 5 6) # COV_PB/install, and six directories of 149 bytes: 914 bytes
mkdir -p "bad/install$deep" && echo x >"bad/install$deep/$(printf '%037d' 0)" && refused 'path over 951 bytes'
mkdir -p bad/install/1/2/3/4/5/6/7 && echo x >bad/install/1/2/3/4/5/6/7/x && refused 'levels deep'
status 1 "$repo" --repo "$R" publish --app COV_PB missing --passphrase-file pass

# status reads signed metadata, and notices unsigned changes
status 0 "$repo" --repo "$R" status; says '^COV_PB .*version 2'; says 'release 2, 3 files'; says '\(29\|30\) days left'
cp -r "$R" broken && sed -i 's/"release": *2/"release": 9/' broken/served/metadata/2.COV_PB.json
status 1 "$repo" --repo broken status
rm -rf broken

# cert
for type in p256 p384 rsa2048 ed25519; do
	status 0 "$repo" --repo "$R" cert new "k-$type" --type $type --days 30 --subject '/C=SK/O=A\/B/CN=kernel' \
		--san dns:kernel.example --san ip:127.0.0.1 --san ip:::1
	key="$R/certs/k-$type.pem" crt="$R/certs/k-$type.crt"
	[ "$(stat -c %a "$key")" = 600 ] || fail "mode of $key"
	[ "$(openssl pkey -in "$key" -pubout)" = "$(openssl x509 -in "$crt" -noout -pubkey)" ] || fail "$type pair"
	openssl verify -CAfile "$crt" "$crt" >/dev/null || fail "$type: not self-signed"
	openssl x509 -in "$crt" -noout -text >text
	grep -q 'Version: 3' text && grep -q 'DNS:kernel.example, IP Address:127.0.0.1' text &&
		grep -q 'CA:FALSE' text && grep -q 'O \?= \?A/B' text || { cat text >&2; fail "$type certificate"; }
	says "SHA-256 $(openssl x509 -in "$crt" -outform DER | sha256sum | cut -d' ' -f1)"
done
openssl x509 -in "$crt" -noout -checkend $((29 * 86400)) >/dev/null || fail "ends too early"
openssl x509 -in "$crt" -noout -checkend $((31 * 86400)) >/dev/null && fail "ends too late"
cp "$crt" before.crt
status 1 "$repo" --repo "$R" cert new k-ed25519 --type ed25519; says 'force'
cmp "$crt" before.crt || fail "replaced without --force"
status 0 "$repo" --repo "$R" cert new k-ed25519 --type ed25519 --force
cmp -s "$crt" before.crt && fail "not replaced with --force"
status 0 "$repo" cert new plain --out "$work/certs"
openssl x509 -in certs/plain.crt -noout -subject -nameopt RFC2253 | grep -q 'CN=plain' || fail "default subject"
status 2 "$repo" cert new x --out certs --type dsa
status 2 "$repo" cert new x --out certs --san mail:x
status 2 "$repo" cert new ../x --out certs
[ ! -e certs/x.pem ] || fail "a refused certificate left a key"

# serve
status 1 "$repo" --repo "$R" serve; says 'authorized_keys'
ssh-keygen -q -t ed25519 -N '' -f login
cp login.pub "$R/ssh/authorized_keys"
mkdir tmp
start() {
	: >serve.out	# removes the output of an earlier process
	TMPDIR="$work/tmp" "$repo" --repo "$R" serve >serve.out 2>serve.err &
	served=$!
	for _ in $(seq 150); do
		grep -q warning: serve.out && break
		kill -0 "$served" 2>/dev/null || { cat serve.err >&2; fail "serve ended"; }
		sleep 0.1
	done
	url=$(sed -n 's/^serving //p' serve.out)
	[ -n "$url" ] || { cat serve.err >&2; fail "serve did not start"; }
	port=${url#sftp://*:} && port=${port%%/*}
	login=(-F /dev/null -i login -o "UserKnownHostsFile=$work/known" -o IdentitiesOnly=yes -o BatchMode=yes)
}
start
# As an address that slipway takes: blanks and percent signs are encoded.
case $url in "sftp://$(id -un)@127.0.0.1:$port$work/a%20repo%25h/served") ;; *) fail "url $url" ;; esac
grep -qF "host key $(ssh-keygen -lf "$R/ssh/host_ed25519.pub" | cut -d' ' -f2)" serve.out || fail "host key"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$R/ssh/host_ed25519.pub")" >known
echo "get \"$R/served/metadata/timestamp.json\" got" | sftp -q "${login[@]}" -P "$port" -b - "$(id -un)@127.0.0.1" \
	>sftp.out 2>&1 || { cat sftp.out serve.err >&2; fail "sftp get"; }
cmp got "$R/served/metadata/timestamp.json" || fail "sftp get: other content"
echo "put got \"$R/served/metadata/evil\"" | sftp -q "${login[@]}" -P "$port" -b - "$(id -un)@127.0.0.1" \
	>sftp.out 2>&1 && fail "sftp put was allowed"
[ ! -e "$R/served/metadata/evil" ] || fail "sftp put wrote"
timeout 10 ssh "${login[@]}" -p "$port" "$(id -un)@127.0.0.1" "touch $work/shell" </dev/null >ssh.out 2>&1 &&
	fail "a shell command was allowed"
[ ! -e shell ] || fail "a shell command ran"
timeout 10 ssh "${login[@]}" -o PubkeyAuthentication=no -p "$port" "$(id -un)@127.0.0.1" true \
	</dev/null >ssh.out 2>&1 && fail "login without a key"
grep -q 'Permission denied (publickey)' ssh.out || { cat ssh.out >&2; fail "other login methods"; }

# a session that is open when serve is told to end, ends too
# (ssh itself, because sftp notices the end only when it next writes; the server answers INIT with VERSION)
mkfifo asked
exec 4<>asked
printf '\0\0\0\5\1\0\0\0\3' >&4
ssh "${login[@]}" -p "$port" -s "$(id -un)@127.0.0.1" sftp <asked >session.out 2>ssh.out &
session=$!
for _ in $(seq 150); do [ -s session.out ] && break; sleep 0.1; done
[ -s session.out ] || { cat ssh.out >&2; fail "no session"; }
kill -0 "$session" || fail "the session ended early"
kill -TERM "$served"; got=0; wait "$served" || got=$?; served=
[ "$got" = 0 ] || { cat serve.err >&2; fail "serve ended with $got"; }
for _ in $(seq 50); do kill -0 "$session" 2>/dev/null || break; sleep 0.1; done
kill -0 "$session" 2>/dev/null && fail "the session outlived serve"
session=
exec 4>&-
[ -z "$(ls -A tmp)" ] || fail "temporary files left"
closed() { ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
closed || fail "port still open"

# sshd ends when serve is killed
start
kill -KILL "$served"; wait "$served" 2>/dev/null || true; served=
for _ in $(seq 50); do closed && break; sleep 0.1; done
closed || fail "sshd outlived slipway-repo"

# Scripts: the ones that were checked aren't run again, others are, whatever the file of them holds.
L=$work/scripts
status 0 "$repo" init "$L" --no-passphrase
status 0 "$repo" --repo "$L" app add COV_PB --no-passphrase
mkdir -p lua/scripts/machine lua/app
checked() { [ "$(grep -o '[0-9a-f]\{64\}' "$L/scripts-checked.json" | wc -l)" = "$1" ] || fail "want $1 scripts checked"; }
lua() { echo "$2" >"lua/scripts/machine/$1.lua"; }
lua a 'local a = 1'
status 0 "$repo" --repo "$L" publish --app COV_PB lua; checked 1
lua b 'error("no")'
status 1 "$repo" --repo "$L" publish --app COV_PB lua; says 'nothing published'; checked 1
lua b 'local b = 2'
status 0 "$repo" --repo "$L" publish --app COV_PB lua; checked 2
lua a 'error("no")'
status 1 "$repo" --repo "$L" publish --app COV_PB lua; says 'nothing published'
for bad in '{' '[]' '{"COV_PB":7}' ''; do
	printf '%s' "$bad" >"$L/scripts-checked.json"
	lua a "local c = '$bad'"
	status 0 "$repo" --repo "$L" publish --app COV_PB lua; checked 2
done
# A large release is stored at once, and a file that is there already stays.
for i in $(seq 40); do echo "$i" >"lua/app/$i"; done
status 0 "$repo" --repo "$L" publish --app COV_PB lua; says '40 files new'
find "$L/served/targets/COV_PB/app" -type f -name '*.7' -exec sh -c 'echo broken >"$1"' x {} \;
echo more >lua/app/41
status 0 "$repo" --repo "$L" publish --app COV_PB lua; says '2 files new'
status 0 "$repo" --repo "$L" verify
[ -z "$(find "$L/served" -name '.*')" ] || fail "want no temporary file left"

status 0 "$repo" serve --print-config --user upd --chroot /srv/upd
[ "$(grep -nE '^(MaxStartups 200|Match User upd)$' "$work/out" | cut -d: -f2 | head -n 1)" = 'MaxStartups 200' ] ||
	fail "want MaxStartups above Match"
says 'Match User upd'; says 'ChrootDirectory /srv/upd'; says 'internal-sftp -R'
status 2 "$repo" serve --print-config --user 'a b'
status 0 "$repo" deploy --print-config --user upd --chroot /srv/upd
says 'Match User upd'; says 'ChrootDirectory /srv/upd'; says 'ForceCommand internal-sftp$'
status 2 "$repo" deploy --print-config --chroot srv
for user in root -x 'a$b'; do status 2 "$repo" serve --print-config --user "$user"; done
for chroot in / /// /srv/.. /srv/./upd '/srv/a b' '/srv/$a'; do
	status 2 "$repo" serve --print-config --chroot "$chroot"
done
# The set-up is a script for root: no line of a file of keys may end its text, or be anything but a public key.
setup() { status "$1" "$repo" --repo "$R" serve --print-setup --authorized-keys "$work/login.keys" "${@:2}"; }
printf '# of stations\r\n\r\nssh-ed25519 AAAA a$(b)\r\nssh-ed25519 BBBB' > "$work/login.keys"
setup 0 --user upd
sed -n "/^keys upd <<'END_OF_TEXT'\$/,/^END_OF_TEXT\$/p" "$work/out" |
	diff - <(printf '%s\n' "keys upd <<'END_OF_TEXT'" 'ssh-ed25519 AAAA a$(b)' 'ssh-ed25519 BBBB' END_OF_TEXT) ||
	fail "want the lines of the keys"
sh -n "$work/out" || fail "want a script for sh"
setup 2 --user root
setup 2 --chroot /
setup 2 --user slipway-deploy --deploy-key "$work/login.keys"
setup 2 --user "$(id -un)"
for bad in 'END_OF_TEXT\r\nid\n' 'END_OF_TEXT\nid\n' 'a\rb\n' 'a\0b\n' '-----BEGIN OPENSSH PRIVATE KEY-----\n'; do
	# shellcheck disable=SC2059  # a format
	printf -- "$bad" > "$work/bad.keys"
	status 1 "$repo" --repo "$R" serve --print-setup --authorized-keys "$work/bad.keys"
	setup 1 --deploy-key "$work/bad.keys"
	[ ! -s "$work/out" ] || fail "want no script of $bad"
done
echo ok
