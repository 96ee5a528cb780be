# SPDX-License-Identifier: ISC
# The demo's steps; scripts/demo.sh builds and starts this as an ordinary user.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

say() {
	printf '\n== %s\n' "$*"
}

# show FILE COMMAND...: print the command as it would be typed, run it, and print its output.
show() {
	local file=$1 rc=0
	shift
	printf '$ %s\n' "$(typed "$@")"
	"$@" > "$file" 2>&1 || rc=$?
	sed 's/^/  /' "$file"
	return "$rc"
}

# Words as a shell reads them, with quotes only where they are needed.
typed() {
	local w
	for w in "$@"; do
		case $w in
		*[!A-Za-z0-9_/.:=@%+,-]* | '') printf "'%s' " "${w//\'/\'\\\'\'}" ;;
		*) printf '%s ' "$w" ;;
		esac
	done
}

must() {
	show "$@" || fail "want success of: ${*:2}"
}

verified() {
	want "$1" "CLIENT - Connection established to Slipway Kernel V"
	want "$1" "[TCP/IP][TLSv1.3 VERIFIED]."
}

run_hi() {
	must "$1" slipway run -- hi "/C$APP" --kernel "$kernel"
	verified "$1"
}

# serve and the Kernel go on in the background; print their output so far.
shown_background() {
	printf '$ %s&\n' "$(typed "${@:2}")"
}

echo "Everything happens in $WORK, as $(id -un), on 127.0.0.1."
printf '$ export SLIPWAY_HOME=%s\n' "$SLIPWAY_HOME"

say "1. A TUF repository: root, targets, snapshot and timestamp keys outside the served tree"
(umask 077 && echo "a passphrase for the demo only" > passphrase)
must init.log slipway-repo init "$REPO" --passphrase-file "$WORK/passphrase"
[ -f "$REPO/served/metadata/1.root.json" ] || fail "want served/metadata/1.root.json"
[ -z "$(find "$REPO/served" -name '*.pem')" ] || fail "want no key in the served tree"
export SLIPWAY_REPO=$REPO
must add.log slipway-repo app add "$APP" --passphrase-file "$WORK/passphrase"

say "2. A private key and a self-signed certificate for the Kernel"
must cert.log slipway-repo cert new kernel
[ "$(stat -c %a "$REPO/certs/kernel.pem")" = 600 ] || fail "want certs/kernel.pem with mode 600"
must openssl-key.log openssl pkey -in "$REPO/certs/kernel.pem" -noout -check
must openssl-crt.log openssl x509 -in "$REPO/certs/kernel.crt" -noout -subject -dates -fingerprint -sha256
fingerprint_1=$(fingerprint "$REPO/certs/kernel.crt")

say "3. A release: the certificate and the script that sets three settings"
trusted_in=%AppDir%
make_release "$WORK/release-1" server.crt="$REPO/certs/kernel.crt"
must script.log cat "$WORK/release-1/scripts/machine/10-tls.lua"
must publish-1.log slipway-repo publish --app "$APP" "$WORK/release-1" --passphrase-file "$WORK/passphrase"

say "4. The update server: a real sshd, SFTP only, read-only, key authentication"
must keygen.log ssh-keygen -q -t ed25519 -N '' -C station -f "$WORK/login"
mkdir -p "$REPO/ssh"
cat login.pub >> "$REPO/ssh/authorized_keys"
shown_background serve.log slipway-repo serve
start_server
sed 's/^/  /' serve.log
wantre serve.log '[Cc]hroot'
wantno serve.log kex_exchange

say "5. A station is enrolled: where its server is, which host key and which root it trusts"
must enroll.log slipway enroll "$url" --host-key "$hostkey" \
	--root "$REPO/served/metadata/1.root.json" --key "$WORK/login" \
	--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed"

say "6. The Kernel, on a machine of its own (another SLIPWAY_HOME)"
mkdir -p kernel installed
cp "$REPO/certs/kernel.pem" kernel/server.pem
cp "$REPO/certs/kernel.crt" kernel/server.crt
kernel_settings "$WORK/kernel/server.pem" "$WORK/kernel/server.crt"
must conf.log cat "$WORK/kernel/machine.conf"
shown_background kernel.log env SLIPWAY_HOME="$WORK/kernel" example-kernel "/C$APP" \
	--installation "$INSTALLATION" --listen 127.0.0.1:0
start_kernel
sed 's/^/  /' kernel.log

say "7. The main job: fetch over SFTP, verify, run the script, apply, and become HI"
run_hi run-1.log
want run-1.log "applied release 1"
wantre kernel.log 'BACKEND - RegistrateProces request from [^ ]+\.HIP V.* \[TCP/IP\]\[TLSv1\.3\]\. ClientName: [^ ]+\.HIP'
echo "The Kernel logged:"
grep -F RegistrateProces kernel.log | tail -n 1 | sed 's/^/  /'
cp -R station old-station
sed -i "s|$STATION|$WORK/old-station|g" old-station/machine.conf	# where its certificates are

say "8. Nothing new: HI starts without any target fetched (the targets are moved away to prove it)"
mv "$REPO/served/targets" "$WORK/targets.away"
run_hi run-2.log
want run-2.log "nothing new"
mv "$WORK/targets.away" "$REPO/served/targets"

say "9. cert replace: another certificate for the Kernel, step by step, without one refused start"
shown_background stay.log slipway run -- hi "/C$APP" --kernel "$kernel" --stay
background stay.log slipway run -- hi "/C$APP" --kernel "$kernel" --stay
stay=$job
want stay.log "[TCP/IP][TLSv1.3 VERIFIED]" 15
replace() {
	must "$1" slipway-repo cert replace kernel "${@:2}" --passphrase-file "$WORK/passphrase"
}
echo "The new pair; then a release that trusts the old certificate and the new one:"
replace replace-1.log --connect "$kernel"
replace replace-2.log
run_hi run-3.log
want run-3.log "applied release 2"
echo "Every station has it.  The hook gives the Kernel the new pair, without a restart:"
cat > hook.sh <<'SH'
#!/bin/sh
set -e
umask 077
cp "$SLIPWAY_KEY_FILE" kernel/server.pem.new
cp "$SLIPWAY_CERT_FILE" kernel/server.crt.new
mv kernel/server.pem.new kernel/server.pem
mv kernel/server.crt.new kernel/server.crt
SH
chmod +x hook.sh
must hook.log cat hook.sh
replace replace-3.log --confirm
replace replace-4.log --hook "$WORK/hook.sh"
run_hi run-4.log
echo "A release that trusts the new certificate alone; then the old pair is retired:"
replace replace-5.log
run_hi run-5.log
want run-5.log "applied release 3"
replace replace-6.log
want replace-6.log finished
fingerprint_2=$(fingerprint "$REPO/certs/kernel.crt")
[ "$fingerprint_2" != "$fingerprint_1" ] || fail "want another certificate"
kill -0 "$stay" 2>/dev/null || fail "want the first connection to go on" stay.log
echo "The connection from before the replacement goes on.  An HI that knows only the old certificate:"
if show refused.log env SLIPWAY_HOME="$WORK/old-station" \
	hi "/C$APP" --kernel "$kernel"; then
	fail "want HI refused" refused.log
fi
wantno refused.log VERIFIED
flat refused.log > refused.flat
want refused.flat "$fingerprint_1"
want refused.flat "$fingerprint_2"

say "10. No update server: HI starts within the deadline and is told why; then a tampered target"
before=$(state)
stop_server
begin=$SECONDS
run_hi run-6.log
[ $((SECONDS - begin)) -le 11 ] || fail "want HI within the deadline of 10 s" run-6.log
wantre run-6.log 'slipway\[[0-9]+\]: (warn|error): '
[ "$(state)" = "$before" ] || fail "want the state as before" run-6.log

make_release "$WORK/release-4" server.crt="$REPO/certs/kernel.crt"
echo "the signed text" > release-4/app/note.txt
must publish-4.log slipway-repo publish --app "$APP" "$WORK/release-4" --passphrase-file "$WORK/passphrase"
file=$(find "$REPO/served/targets" -name '*.note.txt')
[ -n "$file" ] || fail "want the target note.txt in the repository"
good=$(sha256sum < "$file" | cut -c1-64)
chmod u+w "$file"
must tamper.log sed -i s/signed/forged/ "$file"
bad=$(sha256sum < "$file" | cut -c1-64)
start_server --port "$port"
run_hi run-7.log
want run-7.log note.txt
want run-7.log "$good"
want run-7.log "$bad"
[ "$(state)" = "$before" ] || fail "want nothing applied" run-7.log

say "All ten steps were seen"
