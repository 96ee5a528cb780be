#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo cert show and cert list, with openssl as judge.
# usage: cert.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"

sha() { openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1; }

status 0 "$repo" help cert show; says 'TLS_TrustedCerts'
for type in p256 p384 ed25519 rsa2048; do
	"$repo" cert new $type --type $type --days 30 --san dns:kernel.example --san ip:192.0.2.1 --out certs >/dev/null ||
		fail "cert new"
	status 0 "$repo" cert show certs/$type.crt
	says "^  subject  CN=$type$"; says '^  issuer   itself$'
	says '^  names    DNS:kernel.example, IP Address:192.0.2.1$'
	says '^  valid .* \(29\|30\) days left$'; says "^  SHA-256  $(sha certs/$type.crt)$"
	says '^  TLS_TrustedCerts: this file$'
	[ ! -s err ] || fail "warned of a good certificate"
done
status 0 "$repo" cert show certs/{p256,p384,ed25519,rsa2048}.crt
says 'key      EC P-256$'; says 'key      EC P-384$'; says 'key      ED25519$'; says 'key      RSA 2048 bits$'
status 0 "$repo" cert show certs/p256.crt --warn-days 28
status 3 "$repo" cert show certs/p256.crt --warn-days 30

# A CA and its certificates; several in a file; expired ones and ones that aren't valid yet.
openssl req -x509 -newkey ed25519 -nodes -keyout ca.key -out ca.crt -subj '/O=Ex\=ample, Žilina/CN=CA' -utf8 \
	-addext basicConstraints=critical,CA:TRUE 2>/dev/null || fail "openssl: CA"
openssl req -newkey ed25519 -nodes -keyout leaf.key -out leaf.csr -subj '/CN=leaf' 2>/dev/null || fail "openssl: request"
sign() { openssl x509 -req -in leaf.csr -CA ca.crt -CAkey ca.key -set_serial 1 "$@" 2>/dev/null || fail "openssl: sign"; }
sign -days 10 -out leaf.crt
status 0 "$repo" cert show ca.crt; says 'every certificate that this CA issues'; says 'Žilina'
status 0 "$repo" cert show leaf.crt
says '^  issuer   CN=CA,O='; says 'this certificate alone, or the CA certificate of CN=CA'; says '^  names    none$'
cat leaf.crt ca.crt >chain.crt
status 0 "$repo" cert show chain.crt
[ "$(grep -c SHA-256 out)" = 2 ] || fail "want both certificates of the file"
# OpenSSL 3.5 makes no certificate that ends before it begins, and takes dates instead.
sign_old() {
	openssl x509 -req -in leaf.csr -CA ca.crt -CAkey ca.key -set_serial 1 -days -1 -out old.crt 2>/dev/null ||
		sign -not_before 20200101000000Z -not_after 20200201000000Z -out old.crt
}
sign_old && { status 0 "$repo" cert show old.crt; says 'EXPIRED'; }
status 3 "$repo" cert show old.crt --warn-days 0

# Files without certificates, and damaged certificates.
cat leaf.key leaf.crt >both.pem
status 0 "$repo" cert show both.pem; says 'holds a private key'
status 1 "$repo" cert show leaf.key; says 'got a private key'
openssl x509 -in leaf.crt -outform DER -out leaf.der
status 1 "$repo" cert show leaf.der; says "'openssl x509 -inform DER -in FILE -out NEW' converts it"
sed '3s/^..../!!!!/' leaf.crt >damaged.crt
cat ca.crt damaged.crt >half.crt
status 1 "$repo" cert show half.crt; says 'certificate 2 of 2 is damaged'
: >empty.crt; status 1 "$repo" cert show empty.crt
status 1 "$repo" cert show missing.crt leaf.crt; says 'missing.crt: \(No such file\|File not found\)'; says 'CN=leaf'
for _ in $(seq 129); do cat leaf.crt; done >many.crt
status 1 "$repo" cert show many.crt; says 'over 128 certificates'
head -c 1100000 /dev/zero >big.crt; status 1 "$repo" cert show big.crt
status 1 "$repo" cert show "$work"
status 2 "$repo" cert show
# No text of a certificate controls the terminal.
openssl req -x509 -key ca.key -out evil.crt -days 1 -subj "/CN=a$(printf '\033')[31mb" \
	-addext "subjectAltName=DNS:x$(printf '\033')[31my" 2>/dev/null || fail "openssl: evil"
status 0 "$repo" cert show evil.crt
grep -q "$(printf '\033')" out && fail "an escape sequence came through"

# The certificates of releases.
status 0 "$repo" init "$R" --no-passphrase
status 0 "$repo" --repo "$R" cert list
status 0 "$repo" --repo "$R" app add COV_PB --no-passphrase
status 0 "$repo" --repo "$R" app add EMPTY --no-passphrase
release one
cp certs/p256.crt rel/app/kernel.crt && cp chain.crt rel/install/chain.pem && cp damaged.crt rel/app/damaged.cer
cp leaf.key rel/app/key.pem && cp big.crt rel/app/big.crt
status 0 "$repo" --repo "$R" publish --app COV_PB rel --allow private-key
status 0 "$repo" --repo "$R" cert list
says '^COV_PB/app/kernel.crt$'; says "^  SHA-256 $(sha certs/p256.crt)$"; says '^  CN=p256, until .*, \(29\|30\) days left$'
says '^COV_PB/install/chain.pem$'; says '^  CN=leaf, until .*, \(9\|10\) days left$'
says 'damaged.cer: certificate 1 of 1 is damaged'; says 'key.pem: every station is given a private key'
says 'big.crt: 1100000 bytes, not looked at'
grep -q 'bin/hi' out && fail "listed what is no certificate"
status 0 "$repo" --repo "$R" cert list --warn-days 8
status 3 "$repo" --repo "$R" cert list --warn-days 10
f=$(find "$R/served/targets" -name '*.kernel.crt') && cp leaf.crt "$f"
status 1 "$repo" --repo "$R" cert list; says 'kernel.crt'
echo ok
