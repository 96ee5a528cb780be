#!/bin/bash
# SPDX-License-Identifier: ISC
# A log service that stands still holds no start: /dev/log is a socket whose queue is full and that nobody reads, as
# datagrams and as a stream.  And what goes to one that reads: with a terminal and without, as the setting Log says.
# Needs root and a mount namespace, in which /dev is another.
set -euo pipefail
build=$1
export PATH=$build/updater:$PATH
if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
	echo "skipped: want root and the right to a mount namespace"
	exit 77
fi
if [ "${2-}" != inside ]; then
	work=$(mktemp -d)
	trap 'rmdir "$work"' EXIT	# all in it is in a file system that ends with the namespace
	unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$0" "$1" inside "$work"
	exit
fi
work=$3
mount -t tmpfs -o mode=755 tmpfs "$work"
cd "$work"
fail() { echo "FAILED: $1"; cat log; exit 1; }
mkdir dev dev/pts
touch dev/null dev/urandom dev/zero
for node in null urandom zero; do
	mount --bind /dev/$node dev/$node
done
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts	# for "script"
ln -s pts/ptmx dev/ptmx
mount --rbind dev /dev
cat > still.py <<'PY'
"""A service at /dev/log that reads nothing, its queue full.  Prints a line when it stands still."""
import os, socket, sys, time

kind = getattr(socket, sys.argv[1])
service = socket.socket(socket.AF_UNIX, kind)
service.bind("/dev/log")
clients = []
if kind == socket.SOCK_STREAM:
    service.listen(0)
try:
    while True:
        client = socket.socket(socket.AF_UNIX, kind)
        client.setblocking(False)
        client.connect("/dev/log")
        clients.append(client)
        while kind == socket.SOCK_DGRAM:
            client.send(b"x" * 1000)
except BlockingIOError:
    pass
print("still", flush=True)
time.sleep(600)
PY
for kind in SOCK_DGRAM SOCK_STREAM; do
	rm -f /dev/log
	: > still.log
	python3 still.py $kind > still.log 2>&1 &
	service=$!
	until grep -q still still.log; do
		kill -0 $service 2>/dev/null || { cat still.log; fail "want the service"; }
		sleep 0.05
	done
	begun=$(date +%s%N)
	# Not enrolled: errors and warnings go to the service, then the program starts.
	started=$(timeout 60 slipway run --log syslog -- echo started 2> log) || fail "want a start, $kind"
	[ "$started" = started ] || fail "want the program's output, $kind"
	grep -q 'starting echo' log || fail "want the lines on standard error, $kind"
	took=$((($(date +%s%N) - begun) / 1000000))
	[ $took -lt 15000 ] || fail "want no wait for the service, got $took ms, $kind"
	kill $service
	wait $service || true
done
echo "a log service that stands still holds no start"

# One that reads.
cat > reads.py <<'PY'
"""A service at /dev/log: prints each line as it comes."""
import os, socket

service = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
service.bind("/dev/log")
print("reads", flush=True)
while True:
    print(service.recv(65536).rstrip(b"\0").decode(), flush=True)
PY
mkdir etc
cp -a /etc/. etc
mount --bind etc /etc
mount -t tmpfs -o mode=755 tmpfs /var/lib
rm -rf /etc/slipway
mkdir -m 755 /etc/slipway
# site WHEN: a station whose server isn't there.
site() {
	printf '[HKLM\\SOFTWARE\\Slipway\\D2\\COV_PB]\nServer = file:///no/such/server\nLog = %s\n' "$1" \
		> /etc/slipway/machine.conf
}
rm -f /dev/log
python3 reads.py > service.log 2>&1 &
service=$!
until grep -q reads service.log; do
	kill -0 $service 2>/dev/null || { cat service.log; fail "want the service"; }
	sleep 0.05
done
# lines WANT WHAT COMMAND...: whether the command's error goes to the service; what is said last is there by then.
lines() {
	local want=$1 what=$2 got=no
	shift 2
	echo reads > service.log
	timeout 60 "$@" > log 2>&1 || true
	grep -q 'no trusted root metadata' log || fail "$what: want the error on standard error"
	python3 -c 'import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"the last one", "/dev/log")'
	until grep -q 'the last one' service.log; do sleep 0.02; done
	! grep -q 'slipway\[[0-9]*\]: .*no trusted root metadata' service.log || got=yes
	cat service.log >> log
	[ $got = "$want" ] || fail "$what: want it in the system's log: $want, got $got"
	! grep -q 'info\|nothing new' service.log || fail "$what: want errors and warnings alone"
}
# shellcheck disable=SC2016  # the inner shell expands it
as_journal='JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec slipway run -- true'
site auto
lines yes "no terminal" slipway run -- true
lines yes "an update" slipway update
lines no "another command" slipway plan
lines no "a terminal" script -qec 'slipway run -- true' /dev/null
lines no "the journal itself" sh -c "$as_journal"
JOURNAL_STREAM=1:2 lines yes "another stream" slipway run -- true
site always
lines yes "always, at a terminal" script -qec 'slipway run -- true' /dev/null
site never
lines no "never" slipway run -- true
lines yes "never, but asked for" slipway run --log=syslog -- true
kill $service
wait $service || true
echo "the setting Log decides"
