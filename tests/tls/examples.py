# SPDX-License-Identifier: ISC
"""HI and the example Kernel under rough conditions: endless answers, a request to stop at any moment, a log whose
reader closes it or stops reading."""
import os
import signal
import socket
import subprocess
import threading
import time

from parts import Kernel, NAMES, Pair, WORK, fail, hi, settings, started, stop_all, wait_for

HANG = 60	# seconds; each of these takes a small part of it
home = settings("station", "TLS_Client", TLS_RequiredLevel="None")


def listen(serve):
    """A server without TLS; serve(socket) for each client."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        while True:
            s = listener.accept()[0]
            threading.Thread(target=serve, args=(s,), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


def send(s, data, pause):
    try:
        while True:
            s.sendall(data)
            time.sleep(pause)
    except OSError:
        s.close()


def ends(p, log, what, status):
    try:
        got = p.wait(HANG)
    except subprocess.TimeoutExpired:
        fail(f"{what}: want an end", log)
    if got not in status:
        fail(f"{what}: want status {status}, got {got}", log)
    print(f"ok: {what}", flush=True)


def welcome(then):
    def serve(s):
        s.recv(1000)
        s.sendall(b"WELCOME Test\n")
        then(s)
    return serve


# A Kernel with an endless answer: at once, byte by byte, and after a good answer.
slow = hi(home, WORK / "slow.log", listen(lambda s: send(s, b"x", 0.2)))
for name, serve, more in (("a flood for an answer", lambda s: send(s, b"x" * 4096, 0), ()),
                          ("a flood after the welcome", welcome(lambda s: send(s, b"y" * 4096, 0)), ("--stay",))):
    log = WORK / f"{name.replace(' ', '-')}.log"
    ends(hi(home, log, listen(serve), *more), log, name, (1,))
    wait_for(log, "an answer without end")
ends(slow, WORK / "slow.log", "an answer byte by byte", (1,))
wait_for(WORK / "slow.log", "no answer in time")

# SIGTERM while HI waits: before the welcome the signal ends HI; with --stay HI ends in good order.
silent = listen(lambda s: time.sleep(3600))
log = WORK / "waits.log"
p = hi(home, log, silent)
time.sleep(0.5)
p.terminate()
ends(p, log, "SIGTERM while HI waits for the welcome", (-signal.SIGTERM, 1))
full = socket.create_server(("127.0.0.1", 0), backlog=0)
crowd = [socket.socket() for _ in range(4)]
for s in crowd:		# nobody accepts them: the next one isn't connected
    s.setblocking(False)
    s.connect_ex(full.getsockname())
p = hi(home, log, full.getsockname()[1])
time.sleep(0.5)
p.terminate()
ends(p, log, "SIGTERM while HI connects", (-signal.SIGTERM, 1))
log = WORK / "stays.log"
p = hi(home, log, listen(welcome(lambda s: time.sleep(3600))), "--stay")
wait_for(log, "Connection established")
p.terminate()
ends(p, log, "SIGTERM while HI waits for an answer", (0,))


def kernel_with_pipe(name):
    """Starts a Kernel whose log is a pipe; returns its port and the reading end."""
    pair = Pair(name).write()
    kernel_home = settings(name, "TLS_Server", TLS_KeyFile=pair.key_file, TLS_CertFile=pair.cert_file, TLS_RequiredLevel="None")
    read, write = os.pipe()
    out = WORK / f"{name}.out"
    with open(out, "wb") as f:
        k = subprocess.Popen(["example-kernel", *NAMES, "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=f, stderr=write,
                             env={**os.environ, "SLIPWAY_HOME": str(kernel_home)})
    started.append(k)
    os.close(write)
    return k, int(wait_for(out, r"^listening on 127\.0\.0\.1:(\d+)$").group(1)), read, out


# The log's reader goes away; another stops reading, while more is logged than a pipe holds.
k, port, read, out = kernel_with_pipe("gone")
os.close(read)
for i in range(3):
    log = WORK / f"after-{i}.log"
    ends(hi(home, log, port), log, "HI beside a Kernel whose log nobody has open", (0,))
k.terminate()
ends(k, out, "SIGTERM for a Kernel whose log nobody has open", (0,))
k, port, read, out = kernel_with_pipe("full")
for i in range(1500):
    with socket.create_connection(("127.0.0.1", port), HANG) as s:
        s.sendall(b"REGISTER " + b"n" * 100 + b" V1\n")
        if not s.recv(100):
            fail("a Kernel whose log nobody reads: want an answer")
k.terminate()
ends(k, out, "SIGTERM for a Kernel whose log nobody reads", (0,))
os.close(read)

# HI's own log, too.
read, write = os.pipe()
os.close(read)
k = Kernel(**{"TLS_RequiredLevel": "None"})
p = subprocess.Popen(["hi", *NAMES, "--kernel", f"127.0.0.1:{k.port}"], stdin=subprocess.DEVNULL, stdout=write, stderr=write,
                     env={**os.environ, "SLIPWAY_HOME": str(home)})
os.close(write)
ends(p, k.log, "HI whose log nobody has open", (0,))

# Without a free descriptor the Kernel stops accepting; it serves the connected client, and the others later.
full = settings("limited", "TLS_Server", TLS_RequiredLevel="None")
log = WORK / "limited.log"
with open(log, "wb") as out:
    limited = subprocess.Popen(["bash", "-c", 'ulimit -n 12; exec example-kernel "$@"', "k", *NAMES, "--listen", "127.0.0.1:0"],
                               stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, "SLIPWAY_HOME": str(full)})
started.append(limited)
port = int(wait_for(log, r"^listening on 127\.0\.0\.1:(\d+)$").group(1))
time.sleep(1.5)		# settings that changed within the last second are read again, which takes a descriptor
first = socket.create_connection(("127.0.0.1", port), HANG)
first.sendall(b"REGISTER a.HIP V1\n")
first.recv(100)
crowd = [socket.create_connection(("127.0.0.1", port), HANG) for _ in range(20)]
wait_for(log, "can't be accepted|Client refused")
ticks = sum(int(x) for x in open(f"/proc/{limited.pid}/stat").read().rsplit(")", 1)[1].split()[11:13])
for i in range(3):
    first.sendall(b"PING 1\n")
    if not first.recv(100).startswith(b"PONG"):
        fail("want the client that is there to be served", log)
    time.sleep(1)
ticks = sum(int(x) for x in open(f"/proc/{limited.pid}/stat").read().rsplit(")", 1)[1].split()[11:13]) - ticks
if ticks > 100:		# of 300: it ran in circles
    fail(f"want the Kernel to rest while it is full, it took {ticks} ticks of 10 ms in 3 s", log)
for s in crowd:
    s.close()
p = hi(home, WORK / "later.log", port)
ends(p, WORK / "later.log", "HI beside a Kernel that was full", (0,))
first.close()
limited.terminate()
ends(limited, log, "SIGTERM for a Kernel that was full", (0,))

# A client with an endless line is dropped, without effect on the others.
with socket.create_connection(("127.0.0.1", k.port), HANG) as s:
    s.sendall(b"REGISTER a.HIP V1\n")
    s.recv(100)
    s.setblocking(True)
    try:
        for _ in range(1000):
            s.sendall(b"z" * 4096)
    except OSError:
        pass
wait_for(k.log, "a line without end")
k.stop()
stop_all()
