# SPDX-License-Identifier: ISC
"""1,000 clients connect to the example Kernel and send nothing, or one byte: a real HI is served, a connected HI stays
connected, and descriptors and memory are bounded.

usage: silent.py [MEGABYTES]    that the Kernel's memory may grow by; default 16
"""
import os
import resource
import socket
import sys
import time
from pathlib import Path

from parts import Kernel, Pair, WORK, fail, hi, settings, stop_all, wait_for

SILENT = 1000
GROWS_MAX = int(sys.argv[1]) * 1024 if len(sys.argv) > 1 else 16 * 1024	# kB
PENDING_MAX = 64	# server/example/kernel.c

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if hard != resource.RLIM_INFINITY and hard < SILENT + 100:
    print(f"silent: skipped: want {SILENT + 100} open files, this user may have {hard}")
    sys.exit(77)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, SILENT + 100), hard))


def memory(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


pair = Pair("kernel").write()
kernel = Kernel(TLS_KeyFile=pair.key_file, TLS_CertFile=pair.cert_file, TLS_RequiredLevel="TLSNoPeerAuth")
home = settings("station", "TLS_Client", TLS_RequiredLevel="TLSPeerAuth", TLS_TrustedCerts=pair.cert_file)
stays = hi(home, WORK / "stays.log", kernel.port, "--stay")
wait_for(WORK / "stays.log", r"VERIFIED")
before = memory(kernel.process)
silent, most, slowest = [], 0, 0.0
for i in range(SILENT):
    s = socket.create_connection(("127.0.0.1", kernel.port), 20)
    if i % 3 == 1:
        try:
            s.send(b"\x16")		# a handshake that never goes on
        except OSError:
            pass			# the Kernel has let it go already
    silent.append(s)
    if i % 250 == 249:
        begun = time.monotonic()
        log = WORK / f"hi-{i}.log"
        if hi(home, log, kernel.port).wait(30) != 0:
            fail(f"want HI to get through beside {i + 1} silent connections", log, kernel.log)
        wait_for(log, r"VERIFIED")
        slowest = max(slowest, time.monotonic() - begun)
        most = max(most, len(os.listdir(f"/proc/{kernel.process.pid}/fd")))
after = memory(kernel.process)
if stays.poll() is not None:
    fail("want the connection that was there to stay", WORK / "stays.log", kernel.log)
for s in silent:
    s.close()
stays.terminate()
stays.wait(20)
kernel.stop()
stop_all()
print(f"{SILENT} silent connections: HI took at most {slowest:.2f} s, the Kernel had at most {most} descriptors, "
      f"its memory grew by {after - before} kB")
if most > PENDING_MAX + 20:
    fail(f"want at most {PENDING_MAX + 20} descriptors, got {most}", kernel.log)
if after - before > GROWS_MAX:
    fail(f"want the Kernel's memory to grow by at most {GROWS_MAX} kB, got {after - before} kB")
