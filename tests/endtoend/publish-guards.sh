#!/bin/bash
# SPDX-License-Identifier: ISC
# `slipway-repo publish` shows what a release changes, asks a person at a terminal, and refuses mistakes that would take
# stations off their Kernel or hand out keys; --allow WORD lets each through, and is recorded.
# shellcheck source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$WORK"
make_repo
export SLIPWAY_REPO=$REPO
client="HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client"

# All of the repository but the memory of checked scripts.
whole() { (cd "$REPO" && find . -type f ! -name scripts-checked.json -exec sha256sum {} + | sort) | sha256sum; }

# unchanged STATUS COMMAND...: nothing in the repository changes.
unchanged() {
	local before
	before=$(whole)
	expect "$1" "$WORK/out" "${@:2}"
	[ "$(whole)" = "$before" ] || fail "want nothing changed: ${*:2}" "$WORK/out"
}

# script DIR LUA: the only script of a release.
script() {
	mkdir -p "$1/scripts/machine"
	printf 'local client = [[%s]]\n%s\n' "$client" "$2" > "$1/scripts/machine/10-tls.lua"
}

good='set(client, "TLS_RequiredLevel", "TLSPeerAuth")
set(client, "TLS_TrustedCerts", "%AppDir%\\server.crt")'
mkdir -p r/app r/install
cp "$REPO/certs/kernel.crt" r/app/server.crt
script r "$good"

# The difference: with --dry-run nothing else happens.
unchanged 0 slipway-repo publish --app "$APP" r --dry-run
[ ! -e "$REPO/scripts-checked.json" ] || fail 'want nothing written'
want out "$APP release 1, the first:"
want out "  + app/server.crt  $(stat -c %s r/app/server.crt) bytes"
want out "  + $client TLS_TrustedCerts = <AppDir>\\server.crt"
want out 'nothing published (--dry-run)'
unchanged 2 slipway-repo publish --app "$APP" r --dry-run --unsigned x.req

# Without a terminal it is printed, and publish goes on.
expect 0 out slipway-repo publish --app "$APP" r
want out '  + app/server.crt'
want out 'published COV_PB release 1: 2 files'
cp -r r r2
echo '-- a change' >> r2/scripts/machine/10-tls.lua
chmod +x r2/app/server.crt
for i in $(seq 50); do echo "$i" > "r2/install/$i"; done
unchanged 0 slipway-repo publish --app "$APP" r2 --dry-run
want out "$APP release 2 instead of 1:"
want out 'and 12 more changed files'
want out 'settings: as before'
rm -r r2/install
script r2 "$good
if station.os == \"windows\" then set(client, \"Folder\", \"C:\\\\HI\") end
delete(client, \"Gone\")
delete(client .. [[\\Below]])
set(client, \"TLS_RequiredLevel\", \"TLSNoPeerAuth\")"
unchanged 0 slipway-repo publish --app "$APP" r2 --dry-run
want out "  ~ app/server.crt  $(stat -c %s r/app/server.crt) -> $(stat -c %s r/app/server.crt) bytes, mode 0644 -> 0755"
want out 'settings on linux:'
want out "  ~ $client TLS_RequiredLevel = TLSPeerAuth -> TLSNoPeerAuth"
want out "  + $client Gone = (deleted)"
want out "  + $client\\Below\\* = (deleted)"
want out "  + $client Folder = C:\\HI"

# At a terminal: only "yes" and "y" go on; anything else and Ctrl-C change nothing.
cat > terminal.py <<'PY'
import os, pty, sys
# terminal.py ANSWER COMMAND...: run it at a terminal, and type the answer when it asks.
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, asked = b"", False
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if not asked and b"Publish this? (yes or no) " in seen:
        asked = True
        os.write(fd, sys.argv[1].encode().decode("unicode_escape").encode())
print(seen.decode())
print("asked" if asked else "silent")
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(status if status >= 0 else 128 - status)
PY
for answer in 'no\n' '\n' 'Yes please\n'; do
	unchanged 1 python3 terminal.py "$answer" slipway-repo publish --app "$APP" r2
	want out asked
done
unchanged 2 python3 terminal.py '\x04' slipway-repo publish --app "$APP" r2
unchanged 130 python3 terminal.py '\x03' slipway-repo publish --app "$APP" r2
unchanged 0 python3 terminal.py 'no\n' slipway-repo publish --app "$APP" r2 --dry-run
want out silent
expect 0 out python3 terminal.py 'y\n' slipway-repo publish --app "$APP" r2
want out 'published COV_PB release 2'
expect 0 out python3 terminal.py 'yes\n' slipway-repo publish --app "$APP" r
want out 'published COV_PB release 3'
expect 0 out python3 terminal.py 'no\n' slipway-repo publish --app "$APP" r2 --yes
want out silent
want out 'published COV_PB release 4'

# A request shows the difference where it is made, and again where it goes live.
expect 0 out slipway-repo publish --app "$APP" r --unsigned r.req
want out "  ~ $client TLS_RequiredLevel = TLSNoPeerAuth -> TLSPeerAuth"
expect 0 out slipway-repo sign r.req --yes
unchanged 1 python3 terminal.py 'no\n' slipway-repo publish --signed r.req
expect 0 out slipway-repo publish --signed r.req
want out "  ~ $client TLS_RequiredLevel = TLSNoPeerAuth -> TLSPeerAuth"

# guarded WORD TEXT DIR [OPTION...]: the release is refused with the text, and the word lets it through, with a line in
# the log of the repository.
guarded() {
	local word=$1 text=$2 dir=$3
	shift 3
	unchanged 1 slipway-repo publish --app "$APP" "$dir" "$@"
	want out "$text"
	want out "or publish nevertheless with --allow $word"
	expect 0 out slipway-repo publish --app "$APP" "$dir" "$@" --allow "$word"
	want out "publish: allowed ($word): "
	want out "$text"
	expect 0 log slipway-repo log
	tail -n 1 log > last
	want last "allowed=[\"$word\"]"
	words+=" $word"
}

words=
# good DIR: the release is published, and nothing is recorded as allowed.
good() {
	expect 0 out slipway-repo publish --app "$APP" "$1"
	wantno out allowed
	expect 0 log slipway-repo log
	tail -n 1 log > last
	want last ' publish '
	wantno last allowed
}

unchanged 2 slipway-repo publish --app "$APP" r2 --allow nothing
want out "got 'nothing'"

# Private keys, by content.
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=x 2> /dev/null
openssl pkcs8 -topk8 -in key.pem -passout pass:x -out encrypted.pem
openssl rsa -in key.pem -traditional -out old.pem 2> /dev/null
openssl pkcs8 -topk8 -in key.pem -nocrypt -outform DER -out key.der
openssl pkcs12 -export -inkey key.pem -in cert.pem -passout pass:x -out key.p12
ssh-keygen -q -t ed25519 -N '' -f key.ssh
for key in key.pem encrypted.pem old.pem key.der key.p12 key.ssh "$REPO"/keys/timestamp.*.pem; do
	rm -rf k
	cp -r r k
	cp "$key" k/app/readme.txt
	unchanged 1 slipway-repo publish --app "$APP" k
	want out 'app/readme.txt: want no private key in a release'
done
unchanged 1 slipway-repo publish --app "$APP" k --dry-run
want out 'app/readme.txt: want no private key in a release'
unchanged 1 slipway-repo publish --app "$APP" k --unsigned k.req
[ ! -e k.req ] || fail 'want no request'
guarded private-key 'app/readme.txt: want no private key' k
! grep -qr "$(sed -n 2p "$key")" "$REPO/audit.log" || fail 'the key is in the log'
# By request: refused where it is made and where it goes live; nothing is stored.
echo more >> k/app/readme.txt
expect 0 out slipway-repo publish --app "$APP" k --unsigned k.req --allow private-key
expect 0 out slipway-repo sign k.req --yes
unchanged 1 slipway-repo publish --signed k.req k
want out 'app/readme.txt: want no private key'
expect 0 out slipway-repo publish --signed k.req k --allow private-key
expect 0 log slipway-repo log
tail -n 1 log > last
want last 'allowed=["private-key"]'
rm -r k

# What only looks like one: a program that knows the labels, a public key, a manual.
cp -r r plain
printf 'x\0-----BEGIN RSA PRIVATE KEY-----\0-----END RSA PRIVATE KEY-----\0' > plain/install/program
openssl pkey -in key.pem -pubout -out plain/install/public.pem
cp key.ssh.pub plain/install/
printf '%s\n' '-----BEGIN PRIVATE KEY-----' '...' '-----END PRIVATE KEY-----' > plain/install/manual
good plain

# Settings, found by a run of the scripts for each system.
rm -rf plain bad
good r
bad() { rm -rf bad && cp -r r bad && script bad "$1"; }
bad "$good
set(client, \"TLS_RequiredLevel\", \"TLSPeerauth\")"
guarded level "$client: TLS_RequiredLevel: want None, TLSNoPeerAuth or TLSPeerAuth, got 'TLSPeerauth'" bad
bad "$good
if station.os == \"windows\" then set(client, \"TLS_RequiredLevel\", 2) end"
guarded level "$client on windows: TLS_RequiredLevel: want None, TLSNoPeerAuth or TLSPeerAuth, got 'no text'" bad
bad "$good
set([[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\TLS]], \"TLS_RequiredLevel\", \"high\")"
good bad
bad 'set(client, "TLS_RequiredLevel", "TLSPeerAuth")'
guarded no-trust "$client: TLS_RequiredLevel is TLSPeerAuth: want TLS_TrustedCerts" bad
bad "$good
delete(client, \"TLS_TrustedCerts\")"
unchanged 1 slipway-repo publish --app "$APP" bad
want out '--allow no-trust'
bad 'set(client, "TLS_RequiredLevel", "TLSPeerAuth")
set(client, "TLS_TrustedCerts", " ; ")'
unchanged 1 slipway-repo publish --app "$APP" bad
want out "$client: TLS_RequiredLevel is TLSPeerAuth: want TLS_TrustedCerts"
# Both systems have the level, and one the certificates.
bad 'set(client, "TLS_RequiredLevel", "TLSPeerAuth")
if station.os == "linux" then set(client, "TLS_TrustedCerts", "%AppDir%\\server.crt") end'
unchanged 1 slipway-repo publish --app "$APP" bad
want out "$client on windows: TLS_RequiredLevel is TLSPeerAuth: want TLS_TrustedCerts"
want out 'nothing published: 1 mistake;'
want out 'settings on windows: as before'
bad 'set(client, "TLS_RequiredLevel", "TLSPeerAuth")
set(client, "TLS_TrustedCerts", "%AppDir%\\server.crt; %AppDir%\\tls\\new.crt ;%InstallDir%/ca.crt;/etc/kernel/own.crt")'
cp "$REPO/certs/kernel.crt" bad/install/ca.crt
guarded trust-file "$client: TLS_TrustedCerts: want a file of this release, got app/tls/new.crt, which isn't in it" bad
[ "$(grep -c 'publish: allowed' out)" = 1 ] || fail 'want one finding' out
mkdir -p bad/app/tls
openssl x509 -in "$REPO/certs/kernel.crt" -outform DER -out bad/app/tls/new.crt
guarded trust-file "$client: TLS_TrustedCerts: app/tls/new.crt: want a certificate in PEM form; got one in DER form" bad
cp "$REPO/certs/kernel.crt" bad/app/tls/new.crt
good bad

cp -r bad whole
# Spellings that name no file of the release, or that no program could expand.
for name in '%AppDir%server.crt' '%AppDir%' '%InstallDir%\\\\' '%appdir%\\\\Server.crt'; do
	bad "${good/\%AppDir\%*crt/$name}"
	unchanged 1 slipway-repo publish --app "$APP" bad
	want out "$client: TLS_TrustedCerts: want a file of this release, got "
done
for name in '%%AppDir%%\\\\server.crt' 'C:/x/%%application%%/server.crt'; do
	bad "${good/\%AppDir\%*crt/$name}"
	unchanged 1 slipway-repo publish --app "$APP" bad
	want out "$client: TLS_TrustedCerts: want names that programs know, got '"
	want out '--allow relative'
done
bad "$good
set([[${client/Client/Server}]], \"TLS_KeyFile\", \"C:\\\\COV_PB\\\\config\tls.pem\")"
unchanged 1 slipway-repo publish --app "$APP" bad
want out "${client/Client/Server}: TLS_KeyFile: want names of files, got 'C:\COV_PB\config\x09ls.pem' with a tab"
# Values of other settings that no program takes, and those that all take.
for value in 'TLS_MinVersion", "TLS1.2"' 'TLS_MinVersion", 12' 'TLS_ExpiryWarnDays", "soon"' 'TLS_ExpiryWarnDays", 3651' \
	'TLS_AskClientCert", "Yes"' 'TLS_AskClientCert", 2'; do
	bad "$good
set(client, \"$value)"
	unchanged 1 slipway-repo publish --app "$APP" bad --dry-run
	want out "$client: ${value%%\"*}: want "
	want out '--allow level'
done
bad "$good
set(client, \"TLS_MinVersion\", \"TLSv1.2\")
set(client, \"TLS_ExpiryWarnDays\", 3650)
set([[${client/Client/Server}]], \"TLS_ExpiryWarnDays\", \"030\")
set([[${client/Client/Server}]], \"TLS_AskClientCert\", 1)"
unchanged 0 slipway-repo publish --app "$APP" bad --dry-run
# Names that count for nothing are told.
bad "$good
set(client, \"TLS_RequiredLevels\", \"TLSPeerAuth\")
set(client, \"tls_keyfile\", \"/etc/x.pem\")
set([[${client%\\*}]], \"TLS_RequiredLevel\", \"TLSPeerAuth\")"
mkdir bad/scripts/user
echo "set([[HKCU${client#HKLM}]], \"TLS_RequiredLevel\", \"TLSPeerAuth\")" > bad/scripts/user/1.lua
unchanged 0 slipway-repo publish --app "$APP" bad --dry-run
want out "warn: publish: $client: TLS_RequiredLevels: no TLS setting is called so"
want out "warn: publish: ${client%\\*}: TLS_RequiredLevel: counts for nothing in this key"
want out "warn: publish: HKCU${client#HKLM}: TLS_RequiredLevel: counts for nothing in HKCU"
[ "$(grep -c 'warn: publish: ' out)" = 3 ] || fail 'want three warnings' out
# A list of revocations that no station could read.
bad "$good
set(client, \"TLS_CRLFile\", \"%AppDir%\\\\crl.pem\")"
unchanged 1 slipway-repo publish --app "$APP" bad
want out "$client: TLS_CRLFile: want a file of this release, got app/crl.pem, which isn't in it: at TLSPeerAuth no program connects"
want out '--allow trust-file'
cp bad/app/server.crt bad/app/crl.pem
unchanged 1 slipway-repo publish --app "$APP" bad
want out "$client: TLS_CRLFile: app/crl.pem: "
# Names of files that stations refuse, in any setting of either side; what is whole on one system is meant for that.
for name in server.crt 'certs\\\\server.crt' './server.crt' 'C:server.crt' '%Application%\\\\server.crt'; do
	bad "$good
set([[${client/Client/Server}]], \"TLS_KeyFile\", \"$name\")"
	unchanged 1 slipway-repo publish --app "$APP" bad
	want out "${client/Client/Server}: TLS_KeyFile: want whole names of files, got '"
done
for value in '""' '" "' '{ "/x" }' 7; do
	bad "$good
set(client, \"TLS_CRLFile\", $value)"
	unchanged 1 slipway-repo publish --app "$APP" bad
	want out "$client: TLS_CRLFile: want a text with the name of a file, got "
done
bad "$good
set(client, \"TLS_CRLFile\", station.os == \"windows\" and \"/etc/list.pem\" or \"C:/list.pem\")"
unchanged 1 slipway-repo publish --app "$APP" bad
want out "$client on linux: TLS_CRLFile: want whole names of files, got 'C:/list.pem'"
want out "$client on windows: TLS_CRLFile: want whole names of files, got '/etc/list.pem'"
bad "$good
set(client, \"TLS_TrustedCerts\", \"%AppDir%\\\\server.crt;next.crt\")"
guarded relative "$client: TLS_TrustedCerts: want whole names of files, got 'next.crt'" bad
bad "$good
set(client, \"TLS_CRLFile\", \"C:\\\\lists\\\\list.pem\")
set(client, \"TLS_CertFile\", \"/etc/own.crt\")
set(client, \"TLS_KeyFile\", \"%%LocalAppData%%\\\\own.pem\")
set(client, \"TLS_TrustedCerts\", \" %AppDir%\\\\server.crt ;; \\\\\\\\files\\\\share\\\\ca.crt;\")"
good bad

# Scripts that aren't run, and scripts of the release before that fail.
bad 'error("no")'
unchanged 1 slipway-repo publish --app "$APP" bad
expect 0 out slipway-repo publish --app "$APP" bad --no-script-check
want out 'settings: not looked at'
expect 0 log slipway-repo log
tail -n 1 log > last
want last 'allowed=["no-script-check"]'
expect 0 out slipway-repo publish --app "$APP" whole
want out 'settings: not compared, a script of release '
n=$(slipway-repo release list | sed -n 's/.* release \([0-9]*\): .*(present)$/\1/p')
expect 0 out slipway-repo release show $((n - 1))
want out "settings aren't known: on linux: scripts/machine/10-tls.lua"

# Without any scripts or certificates where the release before has some: the directory isn't whole.
rm -r bad
mv whole bad
cp -r r whole
mv bad/scripts scripts
guarded lost-files 'scripts/machine/10-tls.lua: want a release with scripts, as release' bad
good whole
script bad 'set(client, "TLS_RequiredLevel", "TLSNoPeerAuth")'
rm bad/app/server.crt bad/app/tls/new.crt bad/install/ca.crt
guarded lost-files 'app/server.crt: want a release with certificates, as release' bad
good whole
# A damaged file of the release before is mended by the next one, or allowed where that has no certificates either.
stored=("$REPO/served/targets/$APP/app/"*.server.crt)
rm "${stored[@]}"
echo change > whole/app/change
good whole
[ -e "${stored[0]}" ] || fail 'want the file again' out
cp -r whole none
rm none/app/server.crt
script none ''
rm "${stored[@]}"
unchanged 1 slipway-repo publish --app "$APP" none
want out 'whole, to see that it has no file with certificates either'
want out '--allow lost-files'
echo another > whole/app/change
good whole
rm -r none whole/app/change
# Other names and contents are a change.
mv whole/scripts/machine/10-tls.lua whole/scripts/machine/20-tls.lua
mv whole/app/server.crt whole/app/next.crt
sed -i 's/server.crt/next.crt/' whole/scripts/machine/20-tls.lua
good whole
rm -r whole bad scripts
good r

# Certificates that ended, or were revoked by a CA of the repository or by a list in the release.
# OpenSSL 3.5 makes no certificate that ends before it begins, and takes dates instead.
openssl req -new -key key.pem -subj /CN=ended -out ended.csr
openssl x509 -req -in ended.csr -signkey key.pem -days -1 -out ended.pem 2> /dev/null ||
	openssl x509 -req -in ended.csr -signkey key.pem -not_before 20200101000000Z -not_after 20200201000000Z \
		-out ended.pem 2> /dev/null || fail openssl
cp -r r ended
cat ended.pem >> ended/app/server.crt
guarded ended 'app/server.crt: want certificates that are good, got one that ended on ' ended
want out 'subject "CN=ended", SHA-256 '
# In install/ only what TLS_TrustedCerts names: programs bring bundles of their own.
expect 0 out slipway-repo publish --app "$APP" r
cp r/app/server.crt ended/app/
cp ended.pem ended/install/bundle.pem
good ended
script ended 'set(client, "TLS_RequiredLevel", "TLSPeerAuth")
set(client, "TLS_TrustedCerts", "%InstallDir%\\bundle.pem")'
guarded ended 'install/bundle.pem: want certificates that are good' ended
expect 0 out slipway-repo cert ca fleet
expect 0 out slipway-repo cert csr leaf
expect 0 out slipway-repo cert sign --ca fleet --usage server --yes leaf
cp -r r revoked
cp "$REPO/certs/leaf.crt" revoked/app/
expect 0 out slipway-repo publish --app "$APP" revoked
expect 0 out slipway-repo cert revoke --ca fleet leaf
echo change > revoked/app/change
guarded ended 'app/leaf.crt: want certificates that are good, got one that the CA fleet of this repository has revoked' \
	revoked
expect 0 out slipway-repo cert crl --ca fleet --out revoked/app/list.pem
cp -r r lists
cp revoked/app/list.pem lists/app/
script lists "$good
set(client, \"TLS_CRLFile\", \"%AppDir%\\\\list.pem\")"
good lists
echo note > "$REPO/ca/README"
unchanged 1 slipway-repo publish --app "$APP" revoked
want out 'that the CA fleet of this repository has revoked'
mv "$REPO/ca" ca.away
guarded ended 'app/leaf.crt: want certificates that are good, got one that a list of this release revokes' revoked
mv ca.away "$REPO/ca"
expect 0 out slipway-repo publish --app "$APP" r

# A Kernel whose present certificate stations with the release would refuse.
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
start_kernel
echo change > r/app/change
expect 0 out slipway-repo publish --app "$APP" r --connect "$kernel"
wantno out allowed
cp -r r other
cp cert.pem other/app/server.crt
guarded kernel "--connect $kernel: want a Kernel that stations with this release would trust, got one that they would refuse" \
	other --connect "$kernel"
# Where no setting names a file of the release, all certificates in app/ count.
script other "set(client, \"TLS_RequiredLevel\", \"None\")"
unchanged 1 slipway-repo publish --app "$APP" other --connect "$kernel"
cp "$REPO/certs/kernel.crt" other/app/kernel.crt
expect 0 out slipway-repo publish --app "$APP" other --connect "$kernel"
kill "$job"
wait "$job" || true
guarded kernel "--connect $kernel: want a Kernel that stations with this release would trust, got none that answers" \
	r --connect "$kernel"

# The releases: a list, one, the difference of two, and an older one again under a new number.
expect 0 out slipway-repo release list
last=$(grep -c ' release ' out)
want out "$APP release 1: 2 files, "
want out ', publish on 20'
want out "$APP release $last: "
[ "$(grep -c '(present)' out)" = 1 ] || fail 'want one present release' out
expect 0 list.json slipway-repo release list --app "$APP" --json
python3 - list.json "$last" <<'PY' || fail 'want all releases' list.json
import json, sys
rows = json.load(open(sys.argv[1]))["releases"]
assert [r["release"] for r in rows] == list(range(1, int(sys.argv[2]) + 1)), rows
assert [r["present"] for r in rows].count(True) == 1 and all(r["verified"] for r in rows)
assert any(r.get("allowed") == ["private-key"] for r in rows) and rows[0]["files"] == 2 and "allowed" not in rows[0]
PY
expect 0 out slipway-repo release show 1
want out "$APP release 1:"
want out "  + app/server.crt  579 bytes"
want out "  + $client TLS_RequiredLevel = TLSPeerAuth"
expect 0 out slipway-repo release diff 1 2
want out "$APP release 2 instead of 1:"
want out "  ~ $client TLS_RequiredLevel = TLSPeerAuth -> TLSNoPeerAuth"
expect 0 diff.json slipway-repo release diff 1 2 --json
python3 - diff.json <<'PY' || fail 'want the difference' diff.json
import json, sys
d = json.load(open(sys.argv[1]))
assert d["before"] == 1 and d["release"] == 2 and {f["path"] for f in d["files"]} == {"app/server.crt", "scripts/machine/10-tls.lua"}
assert {s["change"] for s in d["settings"]["linux"]} == {"~", "+"} and len(d["settings"]["windows"]) == 4, d
PY
for bad in 0 x 1x -- 99999; do
	case $bad in 99999) status=1 ;; *) status=2 ;; esac
	expect "$status" out slipway-repo release show "$bad"
done
unchanged 1 slipway-repo release withdraw 99999
want out "found no metadata of it: 'slipway-repo release list' has"
unchanged 0 slipway-repo release withdraw --dry-run
wantno out 'brought back already'
want out "$APP release $((last + 1)) instead of $last:"
unchanged 1 python3 terminal.py 'no\n' slipway-repo release withdraw
want out asked
expect 0 out slipway-repo release withdraw 1
want out "published $APP release $((last + 1)) with the files of release 1"
unchanged 1 slipway-repo release withdraw 1
want out "this is release $((last + 1)) already"
expect 0 log slipway-repo log
tail -n 1 log > last.log
want last.log " release withdraw $APP version "
expect 0 out slipway-repo release diff 1 $((last + 1)) --json
wantno out '"change"'
# A station goes on to it, and without a number the release before comes back, which was just withdrawn: that is told.
expect 0 out slipway-repo release withdraw --dry-run "$last"
wantno out 'brought back already'
expect 0 out slipway-repo release withdraw --unsigned w.req
want out "the present release of $APP was brought back already; this is about release $last, in whose place it came"
expect 0 out slipway-repo sign w.req --yes
expect 0 out slipway-repo publish --signed w.req --allow kernel
expect 0 out slipway-repo release diff "$last" $((last + 2)) --json
wantno out '"change"'
# A mistake in the older release is one again.
bad=$(python3 -c 'import json
print(next(r["release"] for r in json.load(open("list.json"))["releases"] if r.get("allowed") == ["private-key"]))')
unchanged 1 slipway-repo release withdraw "$bad"
want out '--allow private-key'
# Metadata that nobody signed and the log doesn't have is no release.
metadata=$(echo "$REPO"/served/metadata/1."$APP".json)
cp "$metadata" kept
sed -i -E 's/("expires": ?")[0-9]+/\12099/' "$metadata"
! cmp -s kept "$metadata" || fail 'want another file'
expect 0 out slipway-repo release list
want out "$APP release 1: neither signed by the present keys nor in the log"
unchanged 1 slipway-repo release withdraw 1
want out 'want metadata that the present keys signed'
cp kept "$metadata"
# What gc removed is told.
expect 0 out slipway-repo gc --keep 1 --keep-days 0
unchanged 1 slipway-repo release withdraw 1
want out 'found no metadata of it'

# The help has the words.
slipway-repo publish --help | tr -s ' \n' ' ' > help
for word in $words; do
	want help "$word ("
done
expect 0 out slipway-repo verify
