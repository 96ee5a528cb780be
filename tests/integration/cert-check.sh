#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo cert check, cert list of files and servers, with openssl as judge and as server.
# usage: cert-check.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"

server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	chmod -R u+rwx "$work"
	rm -rf "$work"
}
sha() { openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1; }
# serve CERT KEY OPTION...: openssl serves this pair; its port is in $port.
serve() {
	local crt=$1 key=$2 i
	shift 2
	[ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null || true
	openssl s_server -accept "${address:-127.0.0.1}:0" -cert "$crt" -key "$key" -quiet -no_ign_eof "$@" >served 2>&1 </dev/null &
	server=$!
	find_port
}
# The port on which the process $server listens.
find_port() {
	local i inode
	port=
	for ((i = 0; i < 200; i++)); do
		for inode in $(find "/proc/$server/fd" -printf '%l\n' 2>/dev/null | sed -n 's/socket:\[\(.*\)\]/\1/p'); do
			port=$(cat /proc/net/tcp /proc/net/tcp6 | awk -v i="$inode" '$4 == "0A" && $10 == i { sub(/.*:/, "", $2); print $2; exit }')
			[ -z "$port" ] || { port=$((16#$port)); return; }
		done
		sleep 0.05
	done
	fail "the server doesn't listen"
}

for c in check list; do status 0 "$repo" help cert $c; says "usage: .* cert $c"; done

# Several pairs in one command: all are made, or none.
status 0 "$repo" cert new a b c --out certs --days 40 --san dns:kernel.example
for n in a b c; do
	openssl x509 -in certs/$n.crt -noout -subject -nameopt RFC2253 | grep -q "CN=$n" || fail "subject of $n"
	status 0 "$repo" cert check certs/$n.pem certs/$n.crt
	says '^ok: key and certificate belong together, and a server uses them$'; says "SHA-256 $(sha certs/$n.crt)"
done
[ "$(cat certs/?.pem | sort | uniq -d | grep -vc -e ----- -e '^M')" = 0 ] || fail "want a key each"
status 1 "$repo" cert new d a --out certs; says 'certs/a.pem: is there already'
[ ! -e certs/d.pem ] || fail "made a part of what was refused"
status 2 "$repo" cert new d d --out certs; says "'d' is given twice"
for type in p384 ed25519 rsa2048 rsa4096; do
	status 0 "$repo" cert new $type --type $type --out certs
	status 0 "$repo" cert check certs/$type.pem certs/$type.crt --trust certs/$type.crt; says '^ok: a client that trusts'
	status 0 "$repo" cert check certs/$type.pem certs/$type.crt --client --trust certs/$type.crt; says '^ok: a server that trusts'
done
status 0 "$repo" cert check certs/a.pem certs/a.crt --warn-days 30
status 3 "$repo" cert check certs/a.pem certs/a.crt --warn-days 41

# Faults of a pair.
status 1 "$repo" cert check certs/a.pem certs/b.crt; says 'FAULT: certs/a.pem is not the key of the certificate in certs/b.crt'
# Root on the key of the Kernel's user, who alone can read it.
if [ "$(id -u)" = 0 ]; then
	chown 12345 certs/c.pem
	status 0 "$repo" cert check certs/c.pem certs/c.crt; says "^ok: the key is user 12345's alone"; says 'belong together'
	ln -s c.pem certs/link.pem; status 0 "$repo" cert check certs/link.pem certs/c.crt; rm certs/link.pem
	chmod 640 certs/c.pem; status 1 "$repo" cert check certs/c.pem certs/c.crt; says 'FAULT: .*c.pem: .*mode 0640'
	chmod 600 certs/c.pem; chown 0 certs/c.pem
fi
chmod 644 certs/c.pem; status 1 "$repo" cert check certs/c.pem certs/c.crt; says 'FAULT: .*c.pem'; chmod 600 certs/c.pem
chmod 666 certs/c.crt; status 0 "$repo" cert check certs/c.pem certs/c.crt; says 'others can write it'; chmod 644 certs/c.crt
status 1 "$repo" cert check missing.pem certs/a.crt; says 'missing.pem'
status 1 "$repo" cert check certs/a.pem missing.crt; says 'missing.crt'
status 1 "$repo" cert check certs/a.crt certs/a.pem
: >empty; status 1 "$repo" cert check empty empty
status 1 "$repo" cert check certs "$work"
openssl pkey -in certs/a.pem -aes256 -passout pass:x -out locked.pem && chmod 600 locked.pem
status 1 "$repo" cert check locked.pem certs/a.crt; says "unencrypted private key in PEM form; got an encrypted one; 'openssl pkey -in FILE -out NEW'"
# What else is in the place of a key or a certificate is told, with openssl's command.
openssl req -new -key certs/a.pem -subj /CN=a -out a.csr
status 1 "$repo" cert check certs/a.pem a.csr; says "got a signing request.*'openssl x509 -req"
openssl req -new -key certs/a.pem -subj /CN=a -outform DER -out a.der
status 1 "$repo" cert check certs/a.pem a.der; says "got a signing request.*'openssl x509 -req"
iconv -f UTF-8 -t UTF-16 certs/a.crt >wide.crt; iconv -f UTF-8 -t UTF-16 certs/a.pem >wide.pem; chmod 600 wide.pem
status 1 "$repo" cert check certs/a.pem wide.crt; says "got UTF-16, which PowerShell's '>' writes"
status 1 "$repo" cert check wide.pem certs/a.crt; says "got UTF-16, which PowerShell's '>' writes"
openssl pkcs12 -export -inkey certs/a.pem -in certs/a.crt -passout pass:x -out a.p12; chmod 600 a.p12
status 1 "$repo" cert check a.p12 certs/a.crt; says "got PKCS#12; 'openssl pkcs12 -in FILE -nocerts"
status 1 "$repo" cert check certs/a.pem a.p12; says "got PKCS#12; 'openssl pkcs12 -in FILE -nokeys"
openssl pkcs8 -topk8 -in certs/a.pem -passout pass:x -outform DER -out locked.der; chmod 600 locked.der
status 1 "$repo" cert check locked.der certs/a.crt; says 'got an encrypted one in DER form'
openssl genrsa -out short.pem 1024 2>/dev/null; chmod 600 short.pem
openssl req -x509 -new -key short.pem -subj /CN=a -out short.crt
status 1 "$repo" cert check short.pem short.crt; says "'openssl genrsa -out NEW 4096' makes a longer key.*too small"
status 1 "$repo" cert check certs/a.pem certs/a.crt --trust certs/b.crt; says "FAULT: the peer's certificate is not trusted"
status 1 "$repo" cert check certs/a.pem certs/a.crt --trust certs/a.crt --trust missing.crt; says 'FAULT: missing.crt'
status 2 "$repo" cert check certs/a.pem certs/a.crt --trust 'a;b'
status 2 "$repo" cert check certs/a.pem

# A CA's: chain, order, usage, weak keys and signatures, dates.
status 0 "$repo" cert ca fleet --out ca
for n in s c; do status 0 "$repo" cert csr $n --out certs --force; done
status 0 "$repo" cert sign --yes --ca ./ca certs/s.csr --usage server
status 0 "$repo" cert sign --yes --ca ./ca certs/c.csr --usage client --force
status 0 "$repo" cert check certs/s.pem certs/s.crt --trust ca/ca.crt
status 1 "$repo" cert check certs/s.pem certs/s.crt --client; says "don't allow it to be a client's"
status 1 "$repo" cert check certs/c.pem certs/c.crt --trust ca/ca.crt; says "FAULT.*server"
# Lists of revocations, as the library reads them: other contents of the file are reported.
status 0 "$repo" cert crl --ca ./ca --out good.crl
status 0 "$repo" cert check certs/s.pem certs/s.crt --trust ca/ca.crt --crl good.crl
{ cat good.crl; openssl crl -in good.crl -outform DER; } >bad.crl
status 1 "$repo" cert check certs/s.pem certs/s.crt --trust ca/ca.crt --crl bad.crl; says 'FAULT: TLS_CRLFile: bad.crl: .*binary data'
{ cat good.crl; sed 's/^/ /' good.crl; } >bad.crl
status 1 "$repo" cert check certs/s.pem certs/s.crt --trust ca/ca.crt --crl bad.crl; says "1 of 2 revocation lists can't be read"
{ cat good.crl; sed 's/-----BEGIN/----BEGIN/' good.crl; } >bad.crl
status 1 "$repo" cert check certs/s.pem certs/s.crt --trust ca/ca.crt --crl bad.crl; says 'FAULT: .*a part of one'
status 2 "$repo" cert check certs/s.pem certs/s.crt --crl good.crl; says 'want --trust as well'
status 0 "$repo" cert revoke --ca ./ca s
status 0 "$repo" cert crl --ca ./ca --out gone.crl
status 1 "$repo" cert check certs/s.pem certs/s.crt --trust ca/ca.crt --crl gone.crl; says 'FAULT: .*is revoked'
status 1 "$repo" cert check certs/a.pem certs/a.crt --trust certs/a.crt --crl gone.crl; says 'it revokes nothing'
# Pairs that no handshake can use.
for curve in brainpoolP256r1 secp256k1 secp224r1; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:$curve -nodes -keyout odd.pem -out odd.crt \
		-subj /CN=odd -days 9 2>/dev/null
	chmod 600 odd.pem
	status 1 "$repo" cert check odd.pem odd.crt; says "FAULT: .*want a key that handshakes can use .*got EC $curve"
done
cat certs/s.crt ca/ca.crt >chain.crt; status 0 "$repo" cert check certs/s.pem chain.crt --trust ca/ca.crt
cat certs/s.crt certs/a.crt >wrong.crt; status 1 "$repo" cert check certs/s.pem wrong.crt; says 'certificate 1 is not issued by certificate 2'
openssl req -x509 -newkey rsa:1024 -nodes -keyout weak.pem -out weak.crt -subj /CN=weak -days 9 2>/dev/null
status 1 "$repo" cert check weak.pem weak.crt; says 'FAULT'
openssl req -new -key certs/a.pem -subj /CN=x -out x.csr &&
	openssl x509 -req -in x.csr -CA ca/ca.crt -CAkey ca/ca.pem -sha1 -days 9 -out sha1.crt 2>/dev/null
status 1 "$repo" cert check certs/a.pem sha1.crt; says 'is signed with ecdsa-with-SHA1'
openssl x509 -req -in x.csr -CA ca/ca.crt -CAkey ca/ca.pem -days -1 -out old.crt 2>/dev/null ||
	openssl x509 -req -in x.csr -CA ca/ca.crt -CAkey ca/ca.pem -not_before 20200101000000Z \
		-not_after 20200201000000Z -out old.crt 2>/dev/null
status 1 "$repo" cert check certs/a.pem old.crt; says 'FAULT: .*expired'; says 'EXPIRED'
printf '[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=.\ndatabase=index\nserial=serial\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' >ca.cnf
: >index; echo 77 >serial
openssl ca -batch -config ca.cnf -in x.csr -cert ca/ca.crt -keyfile ca/ca.pem -startdate 20400101000000Z \
	-enddate 20410101000000Z -out early.crt 2>/dev/null || fail "openssl: a certificate of 2040"
status 1 "$repo" cert check certs/a.pem early.crt; says 'FAULT: .*not valid yet'; says 'NOT VALID YET, [0-9]* days left'
status 0 "$repo" cert show early.crt; says 'NOT VALID YET, [0-9]* days left'
status 0 "$repo" cert list early.crt; says 'NOT VALID YET, [0-9]* days left'

# Files and servers.
status 1 "$repo" cert list; says 'want a repository'
status 0 "$repo" cert list certs/a.crt chain.crt
[ "$(grep -c SHA-256 out)" = 3 ] || fail "want three certificates"
status 3 "$repo" cert list certs/a.crt --warn-days 41
status 1 "$repo" cert list missing.crt certs/a.crt; says 'missing.crt'; says "$(sha certs/a.crt)"
serve certs/a.crt certs/a.pem
status 0 "$repo" cert list --connect "127.0.0.1:$port"; says "^Kernel 127.0.0.1:$port$"; says "SHA-256 $(sha certs/a.crt)$"
status 0 "$repo" cert list --connect "localhost:$port"
status 3 "$repo" cert list --connect "127.0.0.1:$port" --warn-days 41
status 0 "$repo" cert list certs/b.crt --connect "127.0.0.1:$port" --json
python3 - <<PY || fail "not the JSON that was wanted"
import json
all = json.load(open("out"))
rows = all["certificates"]
assert [r["where"] for r in rows] == ["file", "kernel"] and rows[1]["sha256"] == "$(sha certs/a.crt)", rows
assert rows[1]["days_left"] in (39, 40) and not rows[1]["expired"] and all["faults"] == []
PY
serve sha1.crt certs/a.pem -cipher DEFAULT@SECLEVEL=0
status 0 "$repo" cert list --connect "127.0.0.1:$port"; says "$(sha sha1.crt)"
serve old.crt certs/a.pem
status 3 "$repo" cert list --connect "127.0.0.1:$port" --warn-days 0; says EXPIRED
serve chain.crt certs/s.pem -cert_chain ca/ca.crt -Verify 1
status 0 "$repo" cert list --connect "127.0.0.1:$port"; says "$(sha certs/s.crt)"
if [ -e /proc/sys/net/ipv6/conf/lo/disable_ipv6 ] && [ "$(cat /proc/sys/net/ipv6/conf/lo/disable_ipv6)" = 0 ]; then
	address='[::1]' serve certs/a.crt certs/a.pem
	status 0 "$repo" cert list --connect "[::1]:$port"; says "$(sha certs/a.crt)"
fi
# Servers that give no certificate: silent, closed, other protocols, nobody.
plain() {
	[ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null || true
	python3 -c "
import socket, sys
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
while True:
    c = s.accept()[0]
    c.recv(2000)
    if $1: c.sendall($1)
    if $2: c.close()
    else: keep = c
" & server=$!
	find_port
}
plain "b'SSH-2.0-x\r\n'" 1; status 1 "$repo" cert list --connect "127.0.0.1:$port"; says 'answers, but not with TLS'
plain "b'HTTP/1.1 400 Bad Request\r\n\r\n'" 1; status 1 "$repo" cert list --connect "127.0.0.1:$port"; says 'answers, but not with TLS'
plain "b'\x16\x03\x03'" 1; status 1 "$repo" cert list --connect "127.0.0.1:$port"; says 'closed the connection'
plain "b''" 1; status 1 "$repo" cert list --connect "127.0.0.1:$port"; says 'closed the connection'
plain None 0; status 1 "$repo" cert list certs/a.crt --connect "127.0.0.1:$port"; says 'gave no certificate in time'; says "$(sha certs/a.crt)"
kill "$server"; wait "$server" 2>/dev/null || true
status 1 "$repo" cert list --connect "127.0.0.1:$port"; says "127.0.0.1"
# Ten are looked at at once: none is answered before all have asked.
python3 -c "
import socket
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
while True:
    asking = [s.accept()[0] for _ in range(10)]
    for c in asking: c.recv(2000); c.close()
" & server=$!
find_port
ten=(); for _ in 1 2 3 4 5 6 7 8 9 10; do ten+=(--connect "127.0.0.1:$port"); done
status 1 "$repo" cert list "${ten[@]}"
[ "$(grep -c 'closed the connection' "$work/err")" = 10 ] || fail "want ten looked at at once"
kill "$server"; wait "$server" 2>/dev/null || true; server=
for bad in kernel ::1:3 :3 kernel:0 kernel:99999 '[::1]' kernel:3x; do
	status 1 "$repo" cert list --connect "$bad"; says 'want HOST:PORT'
done
echo ok
