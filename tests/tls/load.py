# SPDX-License-Identifier: ISC
"""A Kernel's pair is replaced under load: 50 clients connect again and again, while the pair is replaced 20 times, half
of the times by a broken pair.  No connection is refused, each connection after a good replacement gets the new
certificate, and no connection gets a broken one.

usage: load.py [SECONDS]    default 10; docs/reliability.md has the figures of 60
"""
import socket
import ssl
import sys
import threading
import time

from parts import Kernel, Pair, WORK, fail, replace, stop_all

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
CLIENTS, REPLACEMENTS = 50, 20
KEY, CERT = WORK / "server.pem", WORK / "server.crt"

good = [Pair(f"kernel-{n}") for n in range(REPLACEMENTS // 2 + 1)]
number = {p.der: n for n, p in enumerate(good)}
other, old, early, weak = Pair("other"), Pair("old", -10, 5), Pair("early", 5), Pair("weak", bits=1024)
current = 0		# the number of the good pair whose two files are in place
over = threading.Event()
faults, times = [], []


def put(key, cert, mode=0o600):
    replace(KEY, key, mode)
    replace(CERT, cert, 0o644)


broken = [
    ("key of another certificate", lambda p: replace(KEY, other.key_pem, 0o600)),
    ("truncated certificate", lambda p: put(p.key_pem, p.cert_pem[:len(p.cert_pem) // 2])),
    ("truncated key", lambda p: put(p.key_pem[:len(p.key_pem) // 2], p.cert_pem)),
    ("expired", lambda p: put(old.key_pem, old.cert_pem)),
    ("empty certificate", lambda p: put(p.key_pem, b"")),
    ("no certificate", lambda p: CERT.unlink()),
    ("key that others can read", lambda p: put(other.key_pem, other.cert_pem, 0o644)),
    ("certificate of 10 MB", lambda p: put(other.key_pem, other.cert_pem + b"\n" * 10_000_000)),
    ("RSA 1024", lambda p: put(weak.key_pem, weak.cert_pem)),
    ("not yet valid", lambda p: put(early.key_pem, early.cert_pem)),
]


def connect(context, port):
    """Makes one connection that registers; returns the number of the pair that it saw."""
    with socket.create_connection(("127.0.0.1", port), 20) as raw, context.wrap_socket(raw) as s:
        seen = number.get(s.getpeercert(True))
        s.sendall(b"REGISTER load.HIP V1\n")
        answer = b""
        while not answer.endswith(b"\n"):
            some = s.recv(256)
            if not some:
                raise OSError(f"the Kernel ended after '{answer.decode()}'")
            answer += some
        if not answer.startswith(b"WELCOME "):
            raise OSError(f"want WELCOME, got '{answer.decode()}'")
        s.unwrap()
        return seen


def client(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE		# what came is looked at here
    while not over.is_set():
        least, begun = current, time.monotonic()
        try:
            seen = connect(context, port)
        except OSError as e:
            faults.append(f"refused while pair {least} was in place: {e}")
            continue
        times.append(time.monotonic() - begun)
        if seen is None:
            faults.append("a certificate that no good pair has")
        elif seen < least:
            faults.append(f"began after pair {least} was in place and saw pair {seen}")


def serve_for(seconds):
    """Lets clients connect for this time, and until a connection that began now or later was answered."""
    answered = len(times) + len(faults)
    over.wait(seconds)
    until = time.monotonic() + 60
    while len(times) + len(faults) <= answered + CLIENTS and time.monotonic() < until:
        time.sleep(0.01)


put(good[0].key_pem, good[0].cert_pem)
kernel = Kernel(TLS_KeyFile=KEY, TLS_CertFile=CERT, TLS_RequiredLevel="TLSNoPeerAuth")
clients = [threading.Thread(target=client, args=(kernel.port,)) for _ in range(CLIENTS)]
begun = time.monotonic()
for c in clients:
    c.start()
for i in range(REPLACEMENTS):
    serve_for(SECONDS / (REPLACEMENTS + 1))
    if i % 2 == 0:
        broken[i // 2][1](good[current])
    else:
        put(good[current + 1].key_pem, good[current + 1].cert_pem)
        current += 1
serve_for(SECONDS / (REPLACEMENTS + 1))
over.set()
for c in clients:
    c.join()
took = time.monotonic() - begun
kernel.stop()
stop_all()
times.sort()
told = kernel.log.read_text().count("stays in use")
print(f"{len(times)} connections of {CLIENTS} clients in {took:.1f} s, {REPLACEMENTS} replacements, {len(broken)} of them broken: "
      f"{len(faults)} refused or wrong; median {times[len(times) // 2] * 1000:.0f} ms, longest {times[-1] * 1000:.0f} ms; "
      f"{told} warnings")
if faults:
    fail("\n".join(faults[:20]), kernel.log)
if len(times) < CLIENTS * 2 or current != len(good) - 1:
    fail(f"want each client to connect more often, and {len(good) - 1} good pairs, got {current}")
# One warning for each broken pair and each state of the two files, not for each connection.
if not len(broken) <= told <= 3 * REPLACEMENTS:
    fail(f"want {len(broken)} to {3 * REPLACEMENTS} warnings, got {told}", kernel.log)
