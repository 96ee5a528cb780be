#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo key, app add, renew, sign: private keys, their files, and refusals.
# usage: keys.sh SLIPWAY_REPO_PROGRAM
# shellcheck source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"

r() { "$repo" --repo "$R" "$@"; }
echo 'correct horse' >pass && chmod 600 pass
echo 'wrong horse' >badpass && chmod 600 badpass

# --help explains every command and changes nothing.
for c in 'app add' publish sign renew 'key new' 'key import' 'key list' 'key rotate' 'key revoke'; do
	# shellcheck disable=SC2086  # two words
	status 0 "$repo" $c --help
	says "usage: slipway-repo .*$c"
	# shellcheck disable=SC2086
	status 2 "$repo" $c --nonsense
	says 'unknown option'
done
for c in 'app add' 'key new' 'key import root' 'key rotate' 'key revoke' renew sign; do
	# shellcheck disable=SC2086
	status 2 "$repo" $c
	says 'argument is missing'
done
status 2 "$repo" key; says "usage: slipway-repo .* key COMMAND"; says '  key rotate '
status 2 "$repo" key frob; says "there is no command 'key frob'; 'slipway-repo help' lists them"
status 2 "$repo" key rotaet; says "there is no command 'key rotaet'; did you mean 'key rotate'?"
status 0 "$repo" help key; says '  key rotate '

# key new: three types, PKCS#8, encrypted unless said, no repository needed.
status 1 setsid -w "$repo" key new targets --keys k; says 'passphrase-file'
printf 'half\0rest\n' >zero && chmod 600 zero
status 1 "$repo" key new targets --keys k --passphrase-file zero; says "zero: a passphrase can't hold a NUL"
for type in ed25519 ecdsa rsa; do
	status 0 "$repo" key new targets --keys "k $type" --type $type --passphrase-file pass
	says "targets key [0-9a-f]\{64\}"; says '(encrypted)'
	head -n 1 "k $type"/targets.*.pem | grep -qx -- '-----BEGIN ENCRYPTED PRIVATE KEY-----' || fail "PKCS#8"
	openssl pkey -in "k $type"/targets.*.pem -passin pass:'correct horse' -noout || fail "$type key"
	openssl pkey -in "k $type"/targets.*.pem -passin pass:'wrong horse' -noout 2>/dev/null && fail "any passphrase"
	private 700 "k $type"
	private 600 "k $type"/targets.*.pem
done
openssl pkey -in "k rsa"/targets.*.pem -passin pass:'correct horse' -text -noout | grep -q '3072 bit' || fail "RSA bits"
status 2 "$repo" key new targets --keys k --type dsa --no-passphrase; says 'ed25519, ecdsa or rsa'
status 2 "$repo" key new 'no such/role' --keys k --no-passphrase
status 0 "$repo" key new targets --keys k --no-passphrase; says '(not encrypted)'

# key import: keys of openssl, in all its forms; keys that can't sign are refused.
openssl genpkey -quiet -algorithm ed25519 -out in-ed25519.pem 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out in-ecdsa.pem
openssl genrsa -traditional -out in-rsa.pem 2048 2>/dev/null
openssl genpkey -quiet -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:'correct horse' -out in-sealed.pem
openssl genpkey -quiet -algorithm ec -pkeyopt ec_paramgen_curve:P-384 -out in-p384.pem
openssl genrsa -out in-short.pem 1024 2>/dev/null
echo nonsense >in-text.pem
chmod 600 in-*.pem
for type in ed25519 ecdsa rsa; do
	status 0 "$repo" key import COV_PB in-$type.pem --keys "i $type" --passphrase-file pass; says '(encrypted)'
	[ "$(openssl pkey -in "i $type"/COV_PB.*.pem -passin pass:'correct horse' -pubout)" = \
		"$(openssl pkey -in in-$type.pem -pubout)" ] || fail "$type: another key"
done
status 0 "$repo" key import COV_PB in-sealed.pem --keys i --passphrase-file pass; says '(encrypted)'
status 1 "$repo" key import COV_PB in-sealed.pem --keys i2 --passphrase-file badpass; says 'wrong passphrase'
status 1 "$repo" key import COV_PB in-p384.pem --keys i2 --no-passphrase; says 'want an ed25519, NIST P-256 or RSA'
status 1 "$repo" key import COV_PB in-short.pem --keys i2 --no-passphrase; says 'want an ed25519, NIST P-256 or RSA'
status 1 "$repo" key import COV_PB in-text.pem --keys i2 --no-passphrase; says 'in-text.pem'
status 1 "$repo" key import COV_PB missing.pem --keys i2 --no-passphrase; says 'missing.pem'
status 1 "$repo" key import COV_PB in-rsa.pem --keys 'i rsa' --passphrase-file pass; says 'exist'
chmod 644 in-rsa.pem
status 1 "$repo" key import COV_PB in-rsa.pem --keys i2 --no-passphrase; says 'in-rsa.pem.*only its owner'; linux says '0644'
chmod 600 in-rsa.pem
[ -z "$(ls -A i2 2>/dev/null)" ] || fail "a refused import left a key"

# Keys in a directory, or files, that others can read.
status 0 "$repo" init "$R" --passphrase-file pass
status 0 r app add COV_PB --passphrase-file pass
chmod 755 "$R/keys"
status 1 r app add OTHER --passphrase-file pass; says 'keys: .*only its owner'; linux says 'chmod 700'
chmod 700 "$R/keys"
chmod 644 "$R"/keys/targets.*.pem
status 1 r app add OTHER --passphrase-file pass; says 'targets\..*only its owner'; linux says 0644
chmod 600 "$R"/keys/targets.*.pem

# A refused command changes nothing and leaves no key.
snapshot_of() { (cd "$R" && find served keys -type f -exec sha256sum {} + | sort); }
before=$(snapshot_of)
unchanged() { [ "$(snapshot_of)" = "$before" ] || fail "refused, but changed: $*"; }
no() {
	local want=$1 text=$2
	shift 2
	status "$want" r "$@"
	says "$text"
	unchanged "$@"
}
no 1 'wrong passphrase' app add OTHER --passphrase-file badpass
no 2 'a role of TUF' app add Targets --passphrase-file pass
no 2 'first no' app add ../x --passphrase-file pass
no 1 'there is such an application' app add COV_PB --passphrase-file pass
no 2 'for each key of a threshold' app add OTHER --threshold 2 --passphrase-file pass
no 2 'want at least as many keys' app add OTHER --threshold 2 --key "$(echo "$work"/k/*.pub)" --passphrase-file pass
no 1 'one of its keys already' app add OTHER --key "$(echo "$work"/k/*.pub)" --key "$(echo "$work"/k/*.pub)" --passphrase-file pass
no 1 'public half of a key' app add OTHER --key in-text.pem --passphrase-file pass
no 1 'public half of a key' app add OTHER --key in-rsa.pem --passphrase-file pass
no 1 'no such role' key rotate NOBODY --passphrase-file pass
no 1 'wrong passphrase' key rotate root --passphrase-file badpass
no 2 'as many keys as its threshold of 2' key rotate targets --threshold 2 --passphrase-file pass
no 1 "begins with 'ffff'" key revoke ffff --passphrase-file pass
no 1 "begins with 'ffffffff'" key rotate targets --remove ffffffff --passphrase-file pass
root=$(cd "$R/keys" && echo root.*.pem | cut -d. -f2)
no 1 "key rotate root --add FILE --remove $root" key revoke "$root" --passphrase-file pass
no 1 'none of its keys' key rotate targets --remove "$root" --passphrase-file pass
no 1 'an application with a release' renew COV_PB --passphrase-file pass
no 1 'want root, targets' renew timestamp --passphrase-file pass
no 2 'neither --app nor --unsigned' publish --signed x --app COV_PB
no 2 'app APP is missing' publish rel
no 2 'directory of the release' publish --app COV_PB
no 1 'not-there' publish --signed not-there
no 1 'want a signing request' publish --signed "$R/served/metadata/timestamp.json"

# A key of each type signs an application, alone and together; PEM public keys are taken too.
release 1
openssl pkey -in in-rsa.pem -pubout -out rsa-public.pem
status 0 r key rotate COV_PB --add "$(echo "$work/i ed25519"/*.pub)" --add "$(echo "$work/i ecdsa"/*.pub)" \
	--add rsa-public.pem --remove "$(cd "$R/keys" && echo COV_PB.*.pem | cut -d. -f2)" --threshold 3 --passphrase-file pass
status 0 r publish --app COV_PB rel --unsigned rel.req
for type in ed25519 ecdsa rsa; do
	status 1 r publish --signed rel.req rel; says 'of 3 of its 3 keys'
	status 1 r sign rel.req --keys "i $type" --yes --passphrase-file badpass; says 'wrong passphrase'
	status 0 r sign rel.req --keys "i $type" --yes --passphrase-file pass
	says 'COV_PB, version 1'; says 'release 1: 2 files'; says 'new *COV_PB/install/bin/hi'
done
status 0 r publish --signed rel.req rel
status 0 r status; says 'COV_PB .*3 keys, threshold 3'
status 0 r key list; says 'COV_PB: any 3 of 3 keys'; says 'rsa .*elsewhere'; says 'in no role: .*COV_PB'
status 0 r key list --json
python3 - "$work/out" <<'END' || fail 'the JSON of key list'
import json, sys
r = json.load(open(sys.argv[1]))
roles = {one["role"]: one for one in r["roles"]}
assert set(roles) == {"root", "targets", "snapshot", "timestamp", "COV_PB"}, roles
assert roles["COV_PB"]["threshold"] == 3 and len(roles["COV_PB"]["keys"]) == 3
assert any(k["type"] == "rsa" and not k["here"] for k in roles["COV_PB"]["keys"])
assert roles["timestamp"]["keys"][0]["here"] and not roles["timestamp"]["keys"][0]["encrypted"]
assert any("/COV_PB." in one for one in r["spare"]), r["spare"]
END

# A release that lies deeper than the patterns is refused by its name.
mkdir -p rel/install/1/2/3/4/5/6 && echo x >rel/install/1/2/3/4/5/6/ok
status 0 r publish --app COV_PB rel --unsigned deep.req
mkdir -p rel/install/1/2/3/4/5/6/7 && echo x >rel/install/1/2/3/4/5/6/7/no
status 1 r publish --app COV_PB rel --unsigned deeper.req; says 'install/1/2/3/4/5/6/7'
rm -rf rel/install/1

# sign refuses contents that it can't show, and prints no text that controls the terminal.
python3 - <<'PY' || fail "python3"
import copy, json
request = json.load(open("deep.req"))
def write(name, change):
    r = copy.deepcopy(request)
    change(r["files"][0]["metadata"]["signed"], r["files"][0])
    json.dump(r, open(name, "w"))
target = {"length": 1, "hashes": {"sha256": "0" * 64}}
write("unknown.bad", lambda body, f: body.update(surprise=1))
write("delegates.bad", lambda body, f: body.update(delegations={"keys": {}, "roles": []}))
write("elsewhere.bad", lambda body, f: body["targets"].update({"OTHER/app/x": target}))
write("control.bad", lambda body, f: body["targets"].update({"COV_PB/app/\u001b[2Jx": target}))
write("up.bad", lambda body, f: body["targets"].update({"COV_PB/../x": target}))
write("type.bad", lambda body, f: body.update(_type="root"))
write("role.bad", lambda body, f: f.update(role="timestamp"))
def fake(body, f):   # "before" that claims to be this release already: nobody signed it
    f["before"]["signed"] = dict(body, version=body["version"] - 1)
write("fake.req", fake)
r = copy.deepcopy(request)
r["files"].append(r["files"][0])
json.dump(r, open("twice.req", "w"))
PY
for f in *.bad; do
	cp "$f" copy
	status 1 r sign "$f" --keys 'i rsa' --yes --passphrase-file pass
	cmp copy "$f" || fail "signed $f"
	grep -q "$(printf '\033')" out err && fail "an escape sequence was shown"
done
status 0 r sign fake.req --keys 'i rsa' --yes --passphrase-file pass
says 'everything is shown as new'; says 'new *COV_PB/install/1/2/3/4/5/6/ok'
status 0 r sign deep.req --show; says 'release 2: 3 files'
for type in ed25519 ecdsa rsa; do
	status 0 r sign twice.req --keys "i $type" --yes --passphrase-file pass
done
status 1 r publish --signed twice.req rel; says 'twice in one change'
status 1 r publish --signed deep.req --signed twice.req; says 'not copies of one'

# At a terminal: the text, then the question, then the passphrases, each key's once; only "yes" signs, and a passphrase
# that is mistyped is asked for again.  wine draws a console by itself.
cat >terminal.py <<'PY'
import os, pty, sys
# terminal.py ANSWERS COMMAND...: run it at a terminal, and type the answers (PROMPT=TEXT, by lines) as it asks; show
# what it wrote there.
answers = [line.split("=", 1) for line in sys.argv[1].split("\n")]
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen, at = "", 0
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data.decode()
    if answers and answers[0][0] in seen[at:]:
        at = len(seen)
        os.write(fd, (answers.pop(0)[1] + "\n").encode())
print(seen)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(status if not answers else 99)
PY
cp deep.req copy
asked() { grep -o 'Passphrase of the' out | wc -l; }
at_a_terminal() {
	local P='Passphrase of the ' Q='Sign this? ' key
	for answer in no y ''; do
		status 1 python3 terminal.py "$Q=$answer" "$repo" sign deep.req --keys 'i rsa'
		says 'release 2: 3 files'; says 'not signed'
		[ "$(asked)" = 0 ] || fail "asked for a passphrase before what is signed was agreed to"
		cmp copy deep.req || fail "signed after '$answer'"
	done
	# three wrong ones end it; nothing is signed
	status 1 python3 terminal.py "$Q=yes
$P=wrong
That isn't it=worse
That isn't it=still" "$repo" sign deep.req --keys 'i rsa'
	[ "$(asked)" = 3 ] || fail "want three attempts"
	cmp copy deep.req || fail "signed without a passphrase"
	key=$(echo "$work/i rsa"/*.pem)
	status 0 python3 terminal.py "$Q=yes
$P=
$P=wrong
That isn't it=correct horse" "$repo" sign deep.req --key "$key"; says 'signed COV_PB with key'
	grep -q 'correct horse' out && fail "the passphrase was echoed"
	# A file that isn't named after its key has to be decrypted to find the key.
	cp copy deep.req; cp "$key" plain.pem
	status 0 python3 terminal.py "$P=correct horse
$Q=yes" "$repo" sign deep.req --key plain.pem; says 'signed COV_PB with key'
	# A file that is named after another key signs nothing.
	cp copy deep.req; mkdir -p other && cp "$key" "other/$(basename "$work/i ecdsa"/*.pem)"
	status 1 python3 terminal.py "$Q=yes
$P=correct horse" "$repo" sign deep.req --key other/*.pem; says 'want key'
	cmp copy deep.req || fail "signed with a key that wasn't the one that was shown"
	rm -r other
	status 0 python3 terminal.py "$Q=yes
$P=correct horse" "$repo" sign deep.req --keys 'i rsa'; says 'signed COV_PB with key'
	# New keys: the two that differ are asked for again.
	status 0 python3 terminal.py 'New passphrase=one two
The same again=one too
differ. New passphrase=one two
The same again=one two' "$repo" key new root --keys made
	status 0 python3 terminal.py 'Passphrase of the=one two
New passphrase=three
The same again=three' "$repo" key import root "$(echo made/*.pem)" --keys made2
}
linux at_a_terminal

# renew: the same contents, a new version; no other role changes.
status 0 r renew root targets --passphrase-file pass; says 'renewed: root version 2, targets version 4'
status 0 r status; says '^root  *version 2'
status 0 r renew COV_PB --unsigned "$PWD/re new.req"; says 'to be signed: COV_PB version 2'
# The printed commands can be pasted.
linux says "where the keys are: slipway-repo sign '$PWD/re new.req'\$"
linux says "then here: slipway-repo publish --signed '$PWD/re new.req'\$"
mv "re new.req" renew.req
# A result that can't be written is a failure.
for c in status 'status --json' 'key list' log verify --help; do
	# shellcheck disable=SC2086
	linux status 1 bash -c "'$repo' --repo '$R' $c >/dev/full"
	linux says 'standard output: No space left on device'
done
status 1 r sign renew.req --yes --passphrase-file pass; says 'none of the keys here'
status 0 r sign renew.req --keys 'i rsa' --key "$(echo "$work/i ecdsa"/*.pem)" --key "$(echo "$work/i ed25519"/*.pem)" \
	--yes --passphrase-file pass
says '2 files as before'
status 0 r publish --signed renew.req

# Several roles in one new root, and one alone with keys that are named.
roots() { ls "$R"/served/metadata/*.root.json | wc -l; }
before=$(roots)
status 2 r key rotate timestamp snapshot --threshold 2; says 'want one ROLE'
status 2 r key rotate timestamp timestamp; says 'given twice'
status 1 r key rotate timestamp nobody; says 'no such role'
[ "$(roots)" = "$before" ] && [ "$(ls "$R"/keys/timestamp.*.pem | wc -l)" = 1 ] || fail "something is left of what was refused"
status 0 r key rotate timestamp snapshot --passphrase-file pass
[ "$(roots)" = $((before + 1)) ] || fail "want one new root for both"
status 0 r verify

# root with new keys made here, and again: each is signed by its predecessor.
status 0 r key rotate root --type rsa --passphrase-file pass
status 0 r key rotate root --type ecdsa --passphrase-file pass; says 'root version 5'
for n in 4 5; do
	[ "$(grep -c '"keyid":' "$R/served/metadata/$n.root.json")" = 2 ] || fail "signatures of $n.root.json"
done
echo ok
