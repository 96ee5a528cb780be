#!/bin/bash
# SPDX-License-Identifier: ISC
# `cert replace` killed before each call that changes the disk, at each step in both directions: the stations always
# trust the certificate that the Kernel serves, and the same command, repeated, ends as without the interruption.  Run
# through scripts/as-user.sh; the argument is N, to interrupt only at each N-th call.
set -u

every=$1
repo=$(command -v slipway-repo)
library=$WORK/tests/libcut.so
pid=
cleanup() { [ -z "$pid" ] || { kill "$pid"; wait "$pid"; } 2>/dev/null; }
trap cleanup EXIT
fail() {
	echo "FAIL: $*" >&2
	cat "$WORK"/*.log >&2
	exit 1
}
unset SLIPWAY_REPO SLIPWAY_PASSPHRASE
umask 022
must() { "$@" >must.log 2>&1 || fail "$*"; }

must "$repo" init R --no-passphrase
must "$repo" --repo R app add COV_PB --no-passphrase
must "$repo" --repo R cert new kernel
mkdir -p release/app K
cp R/certs/kernel.crt release/app/server.crt
must "$repo" --repo R publish --app COV_PB release
install -m 600 R/certs/kernel.pem K/server.pem
cp R/certs/kernel.crt K/server.crt
cat >K/machine.conf <<CONF
[HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB\\cfg_COV_PB\\TLS_Server]
TLS_KeyFile = $WORK/K/server.pem
TLS_CertFile = $WORK/K/server.crt
TLS_RequiredLevel = TLSNoPeerAuth
CONF
SLIPWAY_HOME=$WORK/K example-kernel /CCOV_PB --installation D2EXE_COV_PB --listen 127.0.0.1:0 >kernel.log 2>&1 &
pid=$!
for _ in $(seq 150); do
	address=$(sed -nE 's/.*listening on (127\.0\.0\.1:[0-9]+).*/\1/p' kernel.log | head -n 1)
	[ -z "$address" ] || break
	sleep 0.1
done
[ -n "$address" ] || fail "want the Kernel to listen"
# Only slipway-repo is interrupted, not the hook.
cat >hook.sh <<SH
unset LD_PRELOAD CUT_AT
cp "\$SLIPWAY_KEY_FILE" "$WORK/K/new.pem" && cp "\$SLIPWAY_CERT_FILE" "$WORK/K/new.crt" &&
	chmod 600 "$WORK/K/new.pem" && mv "$WORK/K/new.pem" "$WORK/K/server.pem" && mv "$WORK/K/new.crt" "$WORK/K/server.crt"
SH

# next: the number of the next step, 0 when no replacement is under way, 7 when it is finished.
next() {
	"$repo" --repo R cert status kernel >status.log 2>&1
	[ $? != 1 ] || fail "want a status"
	if grep -q 'no replacement' status.log; then echo 0
	elif grep -q '^finished' status.log; then echo 7
	else sed -n 's/^  \([1-6]\)\. .* NEXT.*/\1/p' status.log
	fi
}
# Stations with the present release accept the Kernel's certificate, or the one that it served before the interruption.
fits() {
	must "$repo" --repo R cert list --connect "$address"
	served=$(sed -n '/^Kernel/,$p' must.log | sed -n 's/^  SHA-256 //p')
	sed '/^Kernel/,$d' must.log | grep -q "SHA-256 $served" || fail "$*: want the Kernel's certificate trusted"
}
# Repeats the command until it ends at that step; when everything was done before the kill, nothing is left to do.
again() {
	local want=$1 got
	shift
	got=$(next)
	[ "$got" = "$want" ] || "$repo" --repo R cert replace kernel "$@" >again.log 2>&1 ||
		[ "$want" = 3 ] || fail "cert replace $*: want it done when it is repeated"
	got=$(next)
	[ "$got" = "$want" ] || fail "cert replace $*, repeated: want step $want next, got $got"
}
# cutting TO ARG...: cert replace kernel ARG... in R, killed at each EVERYth call; afterwards R is as without a kill.
cutting() {
	local to=$1 n=1 cuts=0 got
	shift
	rm -rf base Kbase
	cp -a R base
	mkdir Kbase
	cp -p K/server.* Kbase
	while :; do
		rm -rf R
		cp -a base R
		cp -p Kbase/server.pem Kbase/server.crt K/
		{ CUT_AT=$n LD_PRELOAD=$library "$repo" --repo R cert replace kernel "$@" >cut.log 2>&1; } 2>killed.log
		got=$?
		[ "$got" = 137 ] || break
		fits "cert replace $*, cut at $n"
		again "$to" "$@"
		fits "cert replace $*, cut at $n and repeated"
		[ -z "$(find R/certs R/replace.json -type f \( -name '*.pem' -o -name '*.json' \) -perm /077)" ] ||
			fail "cert replace $*, cut at $n: want keys and state private"
		must "$repo" --repo R log --verify
		cuts=$((cuts + 1))
		n=$((n + every))
	done
	[ "$got" = 0 ] || fail "cert replace $*: want it done without a cut, got status $got"
	got=$(next)
	[ "$got" = "$to" ] || fail "cert replace $*: want step $to next, got $got"
	[ "$cuts" -ge $((every < 10 ? 2 : 1)) ] || fail "cert replace $*: want calls to cut at, got $cuts"
	must "$repo" --repo R gc
	must "$repo" --repo R verify
	echo "cert replace $*: cut at $cuts calls"
}

cutting 2 --connect "$address" --hook "sh $WORK/hook.sh"
cutting 0 --undo
must "$repo" --repo R cert replace kernel --connect "$address" --hook "sh $WORK/hook.sh"
cutting 3
cutting 2 --undo
must "$repo" --repo R cert replace kernel
cutting 4 --confirm
cutting 5
cutting 4 --undo
must "$repo" --repo R cert replace kernel
cutting 6
cutting 3 --undo
must "$repo" --repo R cert replace kernel --confirm
must "$repo" --repo R cert replace kernel
cutting 7
cutting 6 --undo

# Killed while files are renamed, and then repeated in the other direction.
must cp -a R base2
n=1
while :; do
	rm -rf R
	cp -a base2 R
	{ CUT_AT=$n LD_PRELOAD=$library "$repo" --repo R cert replace kernel >cut.log 2>&1; } 2>killed.log
	[ $? = 137 ] || break
	if [ "$(next)" != 6 ] || [ -e R/certs/kernel.old.crt ]; then
		must "$repo" --repo R cert replace kernel --undo
	fi
	again 6 --undo
	must "$repo" cert check R/certs/kernel.pem R/certs/kernel.crt
	must "$repo" cert check R/certs/kernel.new.pem R/certs/kernel.new.crt
	n=$((n + every))
done
echo ok
