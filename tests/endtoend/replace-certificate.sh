# SPDX-License-Identifier: ISC
# The Kernel's certificate is replaced without one refused start.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_all
mkdir -p kernel
cp "$REPO/certs/kernel.pem" kernel/server.pem
cp "$REPO/certs/kernel.crt" kernel/server.crt
kernel_settings "$WORK/kernel/server.pem" "$WORK/kernel/server.crt"
start_kernel
run_hi() {
	expect 0 "$1" slipway run -- hi "/C$APP" --kernel "$kernel"
	want "$1" "[TCP/IP][TLSv1.3 VERIFIED]"
}
run_hi one.log
cp -R station old-station
background stay.log slipway run -- hi "/C$APP" --kernel "$kernel" --stay
stay=$job
want stay.log "[TCP/IP][TLSv1.3 VERIFIED]" 15

expect 0 cert2.log slipway-repo --repo "$REPO" cert new kernel-2
make_release "$WORK/release2" server.crt="$REPO/certs/kernel.crt" \
	server-2.crt="$REPO/certs/kernel-2.crt"
publish "$WORK/release2"
run_hi two.log
want two.log "applied release 2"

cp "$REPO/certs/kernel-2.pem" kernel/server.pem.new
cp "$REPO/certs/kernel-2.crt" kernel/server.crt.new
mv kernel/server.pem.new kernel/server.pem
mv kernel/server.crt.new kernel/server.crt
run_hi three.log
kill -0 "$stay" 2>/dev/null || fail "want the old connection to go on" stay.log

make_release "$WORK/release3" server-2.crt="$REPO/certs/kernel-2.crt"
publish "$WORK/release3"
run_hi four.log
want four.log "applied release 3"
kill -0 "$stay" 2>/dev/null || fail "want the old connection to go on" stay.log

# A station that still has only the old certificate.
got=0
env SLIPWAY_HOME="$WORK/old-station" \
	hi "/C$APP" --kernel "$kernel" > refused.log 2>&1 || got=$?
[ "$got" -ne 0 ] || fail "want HI refused" refused.log
wantno refused.log "VERIFIED"
flat refused.log > refused.flat
want refused.flat "$(fingerprint "$REPO/certs/kernel.crt")"
want refused.flat "$(fingerprint "$REPO/certs/kernel-2.crt")"
