#!/bin/bash
# SPDX-License-Identifier: ISC
# A private CA: slipway-repo cert csr, ca, sign, revoke and crl, with openssl as judge.
# usage: ca.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"

status 0 "$repo" init "$R" --no-passphrase
export SLIPWAY_REPO=$R
certs=$R/certs ca=$R/ca/fleet
text() { openssl x509 -in "$1" -noout -text >"$work/out" 2>"$work/err" || fail "openssl x509 $1"; }
serial() { openssl x509 -in "$1" -noout -serial | sed 's/serial=//' | tr A-F a-f; }

for c in csr ca sign revoke crl; do status 0 "$repo" cert $c --help; says "usage: .* cert $c"; done

# The CA.
status 0 "$repo" cert ca fleet --days 400 --subject '/O=Example/CN=Fleet CA'
private 600 "$ca/ca.pem"; private 700 "$ca"
text "$ca/ca.crt"
says 'CA:TRUE, pathlen:0'; says 'Certificate Sign, CRL Sign'; says 'Key Usage: critical'
openssl verify -x509_strict -CAfile "$ca/ca.crt" "$ca/ca.crt" >/dev/null || fail "openssl: CA"
status 1 "$repo" cert ca fleet; says 'there is a CA already'
status 0 "$repo" cert ca other --type rsa2048 --out "$work/other"
status 2 "$repo" cert ca ../up; status 2 "$repo" cert ca x --type dsa; status 2 "$repo" cert ca x --subject nonsense
[ ! -e "$R/ca/x" ] || fail "a CA that was refused left something"

# Requests of every kind, and the issued certificates.
for type in p256 p384 ed25519 rsa2048; do
	status 0 "$repo" cert csr $type --type $type --san dns:kernel.example --san ip:192.0.2.1
	private 600 "$certs/$type.pem"
	openssl req -in "$certs/$type.csr" -noout -verify 2>/dev/null || fail "openssl req $type"
	status 0 "$repo" cert sign --yes --ca fleet $type --usage both
	openssl verify -x509_strict -purpose sslserver -verify_hostname kernel.example -CAfile "$ca/ca.crt" \
		"$certs/$type.crt" >/dev/null || fail "openssl verify $type"
	openssl verify -x509_strict -purpose sslclient -CAfile "$ca/ca.crt" "$certs/$type.crt" >/dev/null ||
		fail "openssl verify $type, client"
	[ "$(openssl x509 -in "$certs/$type.crt" -noout -pubkey)" = "$(openssl pkey -in "$certs/$type.pem" -pubout)" ] ||
		fail "$type: another key"
	text "$certs/$type.crt"
	says 'DNS:kernel.example, IP Address:192.0.2.1'; says 'CA:FALSE'
	[ "$(serial "$certs/$type.crt" | tr -d '\n' | wc -c)" = 32 ] || fail "serial number of another length"
done
[ "$(openssl x509 -in "$certs/p256.crt" -noout -enddate)" = "$(openssl x509 -in "$ca/ca.crt" -noout -enddate)" ] ||
	fail "want what is issued to end with the CA"
# cert list has the repository's own certificates: pairs, except replaced ones, and CAs.
cp "$certs/p256.crt" "$certs/p256.old.crt"
status 0 "$repo" cert list
diff <(grep -v '^  ' out) <(printf '%s\n' certs/{ed25519,p256,p384,rsa2048}.crt ca/fleet/ca.crt) || fail "want certs and ca listed"
grep -A2 '^ca/fleet/ca.crt$' out | grep -q ' 400 days left\| 399 days left' || fail "want the CA's days"
status 0 "$repo" cert list --warn-days 390
status 3 "$repo" cert list --warn-days 401
rm "$certs/p256.old.crt"
status 1 "$repo" cert sign --yes --ca fleet p256; says '--force'
status 0 "$repo" cert sign --yes --ca fleet p256 --force --days 30
status 2 "$repo" cert sign --yes --ca fleet p256 --force --days 401; says 'the CA ends in'
status 0 "$repo" cert sign --yes --ca "$work/other" "$certs/p256.csr" --out outside --usage client --san dns:else.example
text outside/p256.crt
says 'TLS Web Client Authentication$'; says 'DNS:else.example$'
grep -q 'Server Authentication\|kernel.example' out && fail "granted what wasn't asked for"
openssl verify -purpose sslserver -CAfile "$work/other/ca.crt" outside/p256.crt >/dev/null 2>&1 && fail "a client's serves"
status 2 "$repo" cert sign --yes --ca fleet p256 --usage mail; status 2 "$repo" cert sign p256; says '--ca CA is missing'
status 1 "$repo" cert sign --yes --ca nobody p256; says 'no such CA'

# A request for more than is granted: a CA, and a name that isn't a host's.
openssl req -newkey ed25519 -nodes -keyout evil.key -out evil.csr -subj /CN=evil \
	-addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign -addext subjectAltName=email:a@b.example,DNS:ok.example 2>/dev/null || fail "openssl req"
status 0 "$repo" cert sign --yes --ca fleet evil.csr
text evil.crt; says 'CA:FALSE'; says 'DNS:ok.example$'; grep -q 'email\|Certificate Sign' out && fail "granted too much"
says 'DNS:ok.example$'
# Each name is shown before the question; without --usage the certificate is a client's.
status 1 "$repo" cert sign --ca fleet evil.csr --force --usage server
says '^evil.crt, issued by .*Fleet CA'; says 'subject .*CN=evil'; says 'name     dns:ok.example$'; says 'usage    server$'
says 'not granted: 1 names of other types'; says 'give --yes'
text evil.crt; says 'TLS Web Client Authentication$'; grep -q 'Server Authentication' out && fail "a server's, unasked"
# refused EXTENSION SUBJECT REGEX [KEY...]: no certificate is issued for such a request.
refused() {
	local ext=$1 subject=$2 want=$3
	shift 3
	printf '[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\n[dn]\n%b\n[ext]\n%b\n' "$subject" "$ext" >req.cnf
	openssl req -new -config req.cnf ${ext:+-reqexts ext} -newkey "${@:-ed25519}" -nodes -keyout bad.key \
		-out bad.csr 2>"$work/err" || { cat "$work/err"; fail "openssl req: $ext $subject"; }
	status 1 "$repo" cert sign --yes --ca fleet bad.csr; says "$want"
	[ ! -e bad.crt ] || fail "issued: $ext $subject $*"
	! grep -q "$(printf '\033')" out err || fail "an escape sequence was shown"
}
before=$(grep -c '"serial"' "$ca/issued.json")
# dns BYTES-IN-HEX: the DER of a name, because openssl's own form stops at commas and NULs
dns() { printf 'subjectAltName=DER:30%02x82%02x%s' $((${#1} / 2 + 2)) $((${#1} / 2)) "$1"; }
hex() { printf '%b' "$1" | od -v -An -tx1 | tr -d ' \n'; }
for name in '*' '*.example' 'k*l.example.org' 'ok.*.example' 'ok.example, DNS:kernel.example' 'ok.example\0.evil' \
	'a\033[2Jb' 'ok.example\n' 'ok.example\r\nx' 'ok..example' '.example' 'example.' '-a.example' 'a-.example' 'a b' \
	'\303\204.example' "$(printf 'a%.0s' {1..64}).example"; do
	refused "$(dns "$(hex "$name")")" 'CN=bad' 'a DNS name of the request'
done
refused "$(dns '')" 'CN=bad' 'a DNS name of the request'
refused 'subjectAltName=DER:3007870500000000ff' 'CN=bad' 'want 4 or 16 bytes, got 5'
refused 'subjectAltName=DER:3001' 'CN=bad' 'in a form that can be read'
for subject in 'a\033[2Jb' 'line\rend' 'tab\there' "$(printf 'gnp.exe\342\200\256')" "$(printf 'c1\302\233')"; do
	refused '' "CN=$subject" "subject: want text without control characters"
done
openssl req -new -newkey ed25519 -nodes -keyout own.key -out own.csr -subj '/O=Example/CN=fleet  ca' 2>/dev/null
status 1 "$repo" cert sign --yes --ca fleet own.csr; says 'another name than that of the CA'; [ ! -e own.crt ] || fail "own"
refused '' 'CN=bad' 'a key that handshakes can use' ec -pkeyopt ec_paramgen_curve:brainpoolP256r1
refused '' 'CN=bad' 'a key that handshakes can use' ec -pkeyopt ec_paramgen_curve:secp256k1
refused '' 'CN=bad' 'a key that handshakes can use' ec -pkeyopt ec_paramgen_curve:P-224
openssl dsaparam -out dsa.par 2048 2>/dev/null && openssl gendsa -out dsa.key dsa.par 2>/dev/null &&
	openssl req -new -key dsa.key -out dsa.csr -subj /CN=dsa 2>/dev/null
status 1 "$repo" cert sign --yes --ca fleet dsa.csr; says 'a key that handshakes can use'
[ "$(grep -c '"serial"' "$ca/issued.json")" = "$before" ] || fail "entered what was refused"
for san in 'dns:*' 'dns:*.example' 'dns:a..b' 'dns:-a.example' 'dns:a.b*' 'dns:a,b' 'ip:300.1.1.1'; do
	status 2 "$repo" cert csr refused --san "$san"; says 'want dns:NAME or ip:ADDRESS'
done
status 0 "$repo" cert csr wild --san 'dns:*.site.example' --san ip:2001:db8::1
status 0 "$repo" cert sign --yes --ca fleet wild --usage server
says 'name     dns:\*.site.example$'; says 'name     ip:2001:db8:0:0:0:0:0:1$'
rm -f "$certs"/wild.*
# A CA that may not sign lists writes none.
cp -a "$ca" nolist && openssl req -x509 -key nolist/ca.pem -subj '/O=Example/CN=Fleet CA' -days 400 -out nolist/ca.crt \
	-addext keyUsage=critical,keyCertSign 2>/dev/null || fail "openssl: CA without cRLSign"
status 1 "$repo" cert crl --ca ./nolist; says 'key usage cRLSign'
# Files that aren't requests.
entries() { grep -c '"serial"' "$ca/issued.json"; }
before=$(entries)
head -c 10000000 /dev/zero | tr '\0' A >big.csr
head -n 4 evil.csr >cut.csr
: >empty.csr; cp evil.key key.csr; mkdir dir.csr
openssl req -newkey rsa:1024 -nodes -keyout weak.key -out weak.csr -subj /CN=weak 2>/dev/null || fail "openssl: weak"
openssl req -in evil.csr -outform DER | perl -pe 's/evil/evjl/' | openssl req -inform DER -out forged.csr 2>/dev/null
for f in big cut empty key dir weak forged missing; do status 1 "$repo" cert sign --yes --ca fleet $f.csr; [ ! -e $f.crt ] || fail "$f.crt"; done
mkdir read-only; chmod 555 read-only
ln -s nowhere/at/all broken
status 1 "$repo" cert sign --yes --ca fleet evil.csr --out broken
[ "$(entries)" = "$before" ] || fail "entered what was not issued"

# Revoking: by name, file and serial; the list.
status 0 "$repo" cert revoke --ca fleet ed25519 --reason keyCompromise
status 0 "$repo" cert revoke --ca fleet ed25519; says 'revoked before'
status 0 "$repo" cert revoke --ca fleet "$certs/p384.crt" --reason superseded
status 0 "$repo" cert revoke --ca fleet "$(serial "$certs/rsa2048.crt")"
status 1 "$repo" cert revoke --ca fleet p256; says 'several certificates'
status 1 "$repo" cert revoke --ca fleet outside/p256.crt; says 'has issued no certificate'
status 1 "$repo" cert revoke --ca fleet nobody; status 2 "$repo" cert revoke --ca fleet evil --reason because
status 0 "$repo" cert crl --ca fleet --days 7 --out fleet.crl
status 0 "$repo" cert crl --ca fleet; says '^list 2 '
openssl crl -in fleet.crl -noout -CAfile "$ca/ca.crt" 2>&1 | grep -q 'verify OK' || fail "openssl: signature of the list"
openssl crl -in fleet.crl -noout -text >out; : >err
says 'Key Compromise'; says 'Superseded'; says 'CRL Number'
[ "$(grep -c 'Serial Number:' out)" = 3 ] || fail "want three entries"
for c in ed25519 p384 rsa2048; do
	openssl verify -crl_check -CAfile "$ca/ca.crt" -CRLfile fleet.crl "$certs/$c.crt" >out 2>&1 && fail "$c is still good"
	grep -q 'certificate revoked' out || fail "$c: refused for something else"
done
openssl verify -crl_check -CAfile "$ca/ca.crt" -CRLfile fleet.crl "$certs/p256.crt" >/dev/null || fail "p256 was not revoked"
# Expired certificates are no longer listed, so that a list doesn't grow for ever; all others are listed.
cp "$ca/issued.json" issued.saved
python3 - "$ca/issued.json" <<'END'
import json, sys
db = json.load(open(sys.argv[1]))
for i in range(60000):
    ended = i % 2 == 0
    db["issued"].append({"serial": f"{i + (1 << 127):032x}", "sha256": "0" * 64, "name": f"n{i}", "subject": "CN=n", "usage": "server",
                         "from": "2020-01-01T00:00:00Z", "to": "2021-01-01T00:00:00Z" if ended else "2099-01-01T00:00:00Z",
                         "revoked": {"time": "2020-06-01T00:00:00Z", "reason": "keyCompromise"}})
json.dump(db, open(sys.argv[1], "w"))
END
status 0 "$repo" cert crl --ca fleet --out many.crl
openssl crl -in many.crl -noout -text >out
[ "$(grep -c 'Serial Number: 80' out)" = 30000 ] || fail "want the 30,000 that haven't ended in the list"
[ "$(wc -c <many.crl)" -gt 1048576 ] || fail "want a list over 1 MiB"
cp issued.saved "$ca/issued.json"
status 0 "$repo" log; says 'cert revoke'; says 'cert crl'; says 'cert sign'; says 'cert ca'

# Entries that this program doesn't write: nothing is signed, and no entry is lost.
cp "$ca/issued.json" good.json
bad() {
	perl -0pe "$1" good.json >"$ca/issued.json"
	cmp -s good.json "$ca/issued.json" && fail "$1 changed nothing"
	status 1 "$repo" cert sign --yes --ca fleet evil.csr --force; says 'issued.json'
	status 1 "$repo" cert crl --ca fleet
}
bad 's/"serial": "/"serial": "zz/'; bad 's/"serial": "\w+"/"serial": ""/'; bad 's/"serial": "/"serial": "'"$(printf 'ab%.0s' {1..30})"'/'
bad 's/"from": "2/"from": "x/'; bad 's/"reason": "superseded"/"reason": 4/'; bad 's/"issued": \[/"issued": [7,/'
bad 's/"crl": 2/"crl": -1/'; bad 's/"crl": 2/"crl": 9223372036854775807/'; bad 's/"sha256": "../"sha256": "/'; bad 's/"slipway_ca": 1/"slipway_ca": 2/'
bad 's/\}\s*$//'; bad 's/^/junk/'; bad 's/.*//s'; bad 's/"subject": "[^"]*"/"subject": null/'
bad 's/"sha256": "[0-9a-f]/"sha256": "%/'
cp good.json "$ca/issued.json"
# Key and certificate that don't fit; a key that others can read.
cp "$ca/ca.pem" kept.pem && cp other/ca.pem "$ca/ca.pem"
status 1 "$repo" cert crl --ca fleet; says 'is not the CA certificate of the key'
cp kept.pem "$ca/ca.pem"; chmod 644 "$ca/ca.pem"
status 1 "$repo" cert crl --ca fleet; chmod 600 "$ca/ca.pem"

# Several at once: each is entered.
before=$(entries)
pids=()
for i in 1 2 3 4 5 6; do cp evil.csr "e$i.csr"; "$repo" cert sign --yes --ca fleet "e$i.csr" >/dev/null & pids+=($!); done
for p in "${pids[@]}"; do wait "$p" || fail "cert sign, several at once"; done
[ "$(entries)" = $((before + 6)) ] || fail "want all six entered"
[ "$(grep '"serial"' "$ca/issued.json" | sort -u | wc -l)" = "$(entries)" ] || fail "a serial number twice"
# What begins now begins a little earlier, for clocks that are behind; nothing before its CA.
at() { date -d "$(openssl "$1" -in "$2" -noout "-$3" | cut -d= -f2)" +%s; }
early() {	# early MIN MAX KIND FILE FIELD
	local age=$(($(date +%s) - $(at "$3" "$4" "$5")))
	[ "$age" -ge "$1" ] && [ "$age" -le "$2" ] || fail "$4: want it to begin $1 to $2 seconds ago, got $age"
}
status 0 "$repo" cert new soon --out early --days 1; early 864 1100 x509 early/soon.crt startdate
status 0 "$repo" cert new late --out early; early 3600 3900 x509 early/late.crt startdate
status 0 "$repo" cert ca early --out early/ca --days 1; early 864 1100 x509 early/ca/ca.crt startdate
status 0 "$repo" cert csr leaf --out early
status 0 "$repo" cert sign early/leaf.csr --ca ./early/ca --yes
[ "$(at x509 early/leaf.crt startdate)" -ge "$(at x509 early/ca/ca.crt startdate)" ] ||
	fail "want a certificate that doesn't begin before its CA"
status 0 "$repo" cert crl --ca ./early/ca; early 864 1100 crl early/ca/crl.pem lastupdate
openssl verify -CAfile early/ca/ca.crt -CRLfile early/ca/crl.pem -crl_check early/leaf.crt || fail "openssl refuses it"
echo ok
