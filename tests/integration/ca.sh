#!/bin/bash
# SPDX-License-Identifier: ISC
# A private CA: slipway-repo cert csr, ca, sign, revoke and crl, with openssl as judge.
# usage: ca.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
set -u
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

# Requests of every kind, and what is issued for them.
for type in p256 p384 ed25519 rsa2048; do
	status 0 "$repo" cert csr $type --type $type --san dns:kernel.example --san ip:192.0.2.1
	private 600 "$certs/$type.pem"
	openssl req -in "$certs/$type.csr" -noout -verify 2>/dev/null || fail "openssl req $type"
	status 0 "$repo" cert sign --ca fleet $type
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
# What is the repository's own is listed: pairs, but those that were replaced, and CAs.
cp "$certs/p256.crt" "$certs/p256.old.crt"
status 0 "$repo" cert list
diff <(grep -v '^  ' out) <(printf '%s\n' certs/{ed25519,p256,p384,rsa2048}.crt ca/fleet/ca.crt) || fail "want certs and ca listed"
grep -A2 '^ca/fleet/ca.crt$' out | grep -q ' 400 days left\| 399 days left' || fail "want the CA's days"
status 0 "$repo" cert list --warn-days 390
status 3 "$repo" cert list --warn-days 401
rm "$certs/p256.old.crt"
status 1 "$repo" cert sign --ca fleet p256; says '--force'
status 0 "$repo" cert sign --ca fleet p256 --force --days 30
status 2 "$repo" cert sign --ca fleet p256 --force --days 401; says 'the CA ends in'
status 0 "$repo" cert sign --ca "$work/other" "$certs/p256.csr" --out outside --usage client --san dns:else.example
text outside/p256.crt
says 'TLS Web Client Authentication$'; says 'DNS:else.example$'
grep -q 'Server Authentication\|kernel.example' out && fail "granted what wasn't asked for"
openssl verify -purpose sslserver -CAfile "$work/other/ca.crt" outside/p256.crt >/dev/null 2>&1 && fail "a client's serves"
status 2 "$repo" cert sign --ca fleet p256 --usage mail; status 2 "$repo" cert sign p256; says '--ca CA is missing'
status 1 "$repo" cert sign --ca nobody p256; says 'no such CA'

# A request for more than is granted: CA and a name that is no host.
openssl req -newkey ed25519 -nodes -keyout evil.key -out evil.csr -subj /CN=evil \
	-addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign -addext subjectAltName=email:a@b.example,DNS:ok.example 2>/dev/null || fail "openssl req"
status 0 "$repo" cert sign --ca fleet evil.csr
text evil.crt; says 'CA:FALSE'; says 'DNS:ok.example$'; grep -q 'email\|Certificate Sign' out && fail "granted too much"
# What is no request.
entries() { grep -c '"serial"' "$ca/issued.json"; }
before=$(entries)
head -c 10000000 /dev/zero | tr '\0' A >big.csr
head -n 4 evil.csr >cut.csr
: >empty.csr; cp evil.key key.csr; mkdir dir.csr
openssl req -newkey rsa:1024 -nodes -keyout weak.key -out weak.csr -subj /CN=weak 2>/dev/null || fail "openssl: weak"
openssl req -in evil.csr -outform DER | perl -pe 's/evil/evjl/' | openssl req -inform DER -out forged.csr 2>/dev/null
for f in big cut empty key dir weak forged missing; do status 1 "$repo" cert sign --ca fleet $f.csr; [ ! -e $f.crt ] || fail "$f.crt"; done
mkdir read-only; chmod 555 read-only
ln -s nowhere/at/all broken
status 1 "$repo" cert sign --ca fleet evil.csr --out broken
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
status 0 "$repo" log; says 'cert revoke'; says 'cert crl'; says 'cert sign'; says 'cert ca'

# Rows that this program doesn't write: nothing is signed and nothing is lost.
cp "$ca/issued.json" good.json
bad() {
	perl -0pe "$1" good.json >"$ca/issued.json"
	cmp -s good.json "$ca/issued.json" && fail "$1 changed nothing"
	status 1 "$repo" cert sign --ca fleet evil.csr --force; says 'issued.json'
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
for i in 1 2 3 4 5 6; do cp evil.csr "e$i.csr"; "$repo" cert sign --ca fleet "e$i.csr" >/dev/null & pids+=($!); done
for p in "${pids[@]}"; do wait "$p" || fail "cert sign, several at once"; done
[ "$(entries)" = $((before + 6)) ] || fail "want all six entered"
[ "$(grep '"serial"' "$ca/issued.json" | sort -u | wc -l)" = "$(entries)" ] || fail "a serial number twice"
echo ok
