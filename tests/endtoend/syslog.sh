#!/bin/bash
# SPDX-License-Identifier: ISC
# A log service that stands still holds no start: /dev/log is a socket whose queue is full and that nobody reads, as
# datagrams and as a stream.  Needs root and a mount namespace, in which /dev is another.
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
mkdir dev
touch dev/null dev/urandom dev/zero
for node in null urandom zero; do
	mount --bind /dev/$node dev/$node
done
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
