# SPDX-License-Identifier: ISC
"""The example Kernel refuses clients: HI, and a client that writes at once before it reads, as NSS and Go do, always
get the reason.

usage: refused.py [STARTS]    of HI, and as many connections of the other; default 100
"""
import socket
import ssl
import sys
import threading
import time

from parts import Kernel, Pair, WORK, fail, hi, settings, stop_all

STARTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
SIDE_BY_SIDE = 8

kernel_pair, known, stranger = Pair("kernel").write(), Pair("known").write(), Pair("stranger").write()
kernel = Kernel(TLS_KeyFile=kernel_pair.key_file, TLS_CertFile=kernel_pair.cert_file, TLS_RequiredLevel="TLSPeerAuth",
                TLS_TrustedCerts=known.cert_file)


def starts(values, want):
    """Runs HI with these settings so many times; returns how often its reason is a wrong one, and such a text."""
    home = settings("station", "TLS_Client", TLS_RequiredLevel="TLSNoPeerAuth", **values)
    bad, text = 0, ""
    for i in range(0, STARTS, SIDE_BY_SIDE):
        logs = [WORK / f"hi-{i + k}.log" for k in range(SIDE_BY_SIDE)]
        running = [hi(home, log, kernel.port) for log in logs]
        for p, log in zip(running, logs):
            p.wait(60)
            said = log.read_text(errors="replace")
            if want not in said:
                bad, text = bad + 1, said
    return bad, text


def writes_at_once(context):
    """Returns the Kernel's alert, or the error of the system that hid the alert."""
    s = socket.create_connection(("127.0.0.1", kernel.port), 20)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(come, go)
    try:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                s.sendall(go.read())
                come.write(s.recv(65536))
        s.sendall(go.read())			# our certificate and the end of the handshake
        for line in (b"REGISTER a.HIP V1\n", b"PING 1\n", b"PING 2\n"):
            tls.write(line)
            s.sendall(go.read())
            time.sleep(0.003)			# as a client that has something else to do
        while True:
            try:
                return f"data: {tls.read(100)}"
            except ssl.SSLWantReadError:
                got = s.recv(65536)
                if not got:
                    return "the end"
                come.write(got)
    except ssl.SSLError as e:
        return f"alert: {e.reason}"
    except OSError as e:
        return f"system: {e}"
    finally:
        s.close()


def clients(pair, want):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if pair:
        context.load_cert_chain(pair.cert_file, pair.key_file)
    said = []

    def some():
        for _ in range(STARTS // SIDE_BY_SIDE):
            said.append(writes_at_once(context))
    threads = [threading.Thread(target=some) for _ in range(SIDE_BY_SIDE)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    bad = [s for s in said if want not in s]
    return len(bad), bad[0] if bad else ""


wrong = 0
for what, (bad, text) in (
        ("HI with a certificate that isn't trusted",
         starts({"TLS_KeyFile": stranger.key_file, "TLS_CertFile": stranger.cert_file}, "refused our certificate")),
        ("HI without a certificate", starts({}, "it wants a certificate of ours")),
        ("a client that writes at once, not trusted", clients(stranger, "alert: ")),
        ("a client that writes at once, without a certificate", clients(None, "alert: "))):
    print(f"{what}: {bad} of {STARTS} weren't told why{': ' + text.strip() if bad else ''}", flush=True)
    wrong += bad
kernel.stop()
stop_all()
if wrong:
    fail(f"want everybody to be told why, got {wrong} who weren't", kernel.log)
