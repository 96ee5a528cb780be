# SPDX-License-Identifier: ISC
"""The example Kernel and HI with clients and servers of openssl, GnuTLS and Python's ssl: TLS 1.3 and 1.2, with and
without client certificates, connections that were closed and connections that were cut."""
import os
import select
import socket
import ssl
import subprocess
import threading
import time

from cryptography.hazmat.primitives.asymmetric import ec

from parts import Kernel, Pair, WORK, fail, hi, settings, stop_all, started, wait_for

VERSIONS = ("1.3", "1.2")
SSL_VERSION = {"1.3": ssl.TLSVersion.TLSv1_3, "1.2": ssl.TLSVersion.TLSv1_2}
TALK = b"REGISTER other.HIP V1\n"

kernel_pair, hi_pair, stranger = Pair("kernel").write(), Pair("hi").write(), Pair("stranger").write()
counted = 0


def done(what):
    global counted
    counted += 1
    print(f"ok: {what}", flush=True)


def gnutls_version(version):
    return f"NORMAL:-VERS-ALL:+VERS-TLS{version}"


def context(server, version, own=None, trusted=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.minimum_version = c.maximum_version = SSL_VERSION[version]
    c.verify_mode = ssl.CERT_REQUIRED if trusted else ssl.CERT_NONE
    if trusted:
        c.load_verify_locations(trusted.cert_file)
    if own:
        c.load_cert_chain(own.cert_file, own.key_file)
    return c


# Other clients: the command that verifies the Kernel, for this TLS version, with or without a certificate.
def openssl_client(port, version, own):
    return ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", f"-tls{version.replace('.', '_')}", "-quiet", "-nocommands", "-no_ign_eof",
            "-verify_return_error", "-CAfile", kernel_pair.cert_file] + (["-cert", own.cert_file, "-key", own.key_file] if own else [])


def gnutls_client(port, version, own):
    return ["gnutls-cli", "--x509cafile", kernel_pair.cert_file, "--verify-hostname", "kernel.example", "--priority",
            gnutls_version(version), "--port", str(port), "127.0.0.1"] + \
        (["--x509certfile", own.cert_file, "--x509keyfile", own.key_file] if own else [])


def ask(command):
    """Registers, returns the bytes until WELCOME or the end, and ends the connection properly."""
    p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    started.append(p)
    said, until = b"", time.monotonic() + 20
    try:
        p.stdin.write(TALK)
        p.stdin.flush()
    except BrokenPipeError:
        pass
    while b"WELCOME" not in said and time.monotonic() < until:
        if select.select([p.stdout], [], [], 1)[0]:
            some = os.read(p.stdout.fileno(), 4096)
            if not some:
                break
            said += some
    try:
        p.stdin.close()
    except BrokenPipeError:
        pass
    said += p.stdout.read()
    p.stdout.close()
    p.wait(20)
    return said.decode(errors="replace")


def python_client(port, version, own):
    try:
        with socket.create_connection(("127.0.0.1", port), 20) as raw, \
                context(False, version, own, kernel_pair).wrap_socket(raw) as s:
            s.sendall(TALK)
            answer = s.recv(256).decode()
            if answer:
                s.unwrap()
            return answer
    except OSError as e:
        return str(e)


CLIENTS = {
    "openssl s_client": lambda *a: ask(openssl_client(*a)),
    "gnutls-cli": lambda *a: ask(gnutls_client(*a)),
    "Python": python_client,
}


def clients_of_other_makes():
    # The Kernel's settings, the client's certificate, and the text in the Kernel's log, or None: refused.
    rows = [
        ("TLSNoPeerAuth", None, "TCP/IP][TLSv{}]"),
        ("TLSNoPeerAuth", hi_pair, "TCP/IP][TLSv{}]"),
        ("None", None, "TCP/IP][TLSv{}]"),
        ("TLSPeerAuth", hi_pair, "TCP/IP][TLSv{} VERIFIED]"),
        ("TLSPeerAuth", None, None),
        ("TLSPeerAuth", stranger, None),
    ]
    for level, own, text in rows:
        kernel = Kernel(TLS_KeyFile=kernel_pair.key_file, TLS_CertFile=kernel_pair.cert_file, TLS_RequiredLevel=level,
                        TLS_TrustedCerts=hi_pair.cert_file, TLS_MinVersion="TLSv1.2")
        seen = 0
        for version in VERSIONS:
            for name, client in CLIENTS.items():
                what = f"{name}, TLS {version}, {own.name if own else 'no'} certificate, Kernel at {level}"
                answer = client(kernel.port, version, own)
                log = kernel.log.read_text()
                if (text is not None) != ("WELCOME Slipway Kernel" in answer):
                    fail(f"{what}: want it {'served' if text else 'refused'}, got '{answer}'", kernel.log)
                if text is None:
                    wait_for(kernel.log, r"(?s)(refused or ended: .*){%d}" % (seen + 1))
                elif text.format(version) not in log[seen:]:
                    fail(f"{what}: want [{text.format(version)} in the Kernel's log", kernel.log)
                seen = seen + 1 if text is None else len(log)
                done(what)
        # The Kernel logs each client's end; the last one may come after the client's program has ended.
        if text is not None:
            wait_for(kernel.log, r"(?s)(closed by the client\n.*?){%d}" % (len(VERSIONS) * len(CLIENTS)))
        kernel.stop()
    # Without the setting the Kernel refuses TLS 1.2.
    kernel = Kernel(TLS_KeyFile=kernel_pair.key_file, TLS_CertFile=kernel_pair.cert_file, TLS_RequiredLevel="TLSNoPeerAuth")
    for name, client in CLIENTS.items():
        if "WELCOME" in client(kernel.port, "1.2", None) or "WELCOME" not in client(kernel.port, "1.3", None):
            fail(f"{name}: want TLS 1.3 only", kernel.log)
        done(f"{name}, TLS 1.3 only")
    kernel.stop()


# Other servers: they have the Kernel's pair, and want HI's certificate when trusted is given.
def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def openssl_server(port, version, trusted):
    return ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", f"-tls{version.replace('.', '_')}", "-cert", kernel_pair.cert_file,
            "-key", kernel_pair.key_file, "-rev", "-quiet"] + \
        (["-Verify", "1", "-verify_return_error", "-CAfile", trusted.cert_file] if trusted else [])


def gnutls_server(port, version, trusted):
    return ["gnutls-serv", "--echo", "--quiet", "--port", str(port), "--x509certfile", kernel_pair.cert_file, "--x509keyfile",
            kernel_pair.key_file, "--priority", gnutls_version(version)] + \
        (["--require-client-cert", "--verify-client-cert", "--x509cafile", trusted.cert_file] if trusted else ["--disable-client-cert"])


def serve(command_of, version, trusted):
    """Starts the server on a port that no other process took meanwhile."""
    for _ in range(10):
        port = free_port()
        with open(WORK / "server.log", "wb") as out:
            p = subprocess.Popen(command_of(port, version, trusted), stdin=subprocess.PIPE, stdout=out, stderr=out)
        started.append(p)
        until = time.monotonic() + 10
        while p.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return p, port
            except OSError:
                time.sleep(0.05)
        p.kill()
        p.wait()
    return fail("want the server to listen", WORK / "server.log")


class PythonServer(threading.Thread):
    """Answers a number of clients; ends its side properly, or cuts the connection."""

    def __init__(self, version, trusted, says_end=True):
        super().__init__(daemon=True)
        self.context, self.says_end = context(True, version, kernel_pair, trusted), says_end
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(raw, server_side=True) as s:
                    s.recv(256)
                    s.sendall(b"WELCOME Python\n")
                    if self.says_end:
                        s.unwrap()
                        continue
                    # Reads HI's next line: closing with unread bytes would reset the connection.
                    s.shutdown(socket.SHUT_WR)
                    while s.recv(256):
                        pass
            except OSError:
                raw.close()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join(20)


def hi_home(level, own, trusted):
    values = {"TLS_RequiredLevel": level, "TLS_MinVersion": "TLSv1.2"}
    if own:
        values |= {"TLS_KeyFile": own.key_file, "TLS_CertFile": own.cert_file}
    if trusted:
        values["TLS_TrustedCerts"] = trusted.cert_file
    return settings("station", "TLS_Client", **values)


def servers_of_other_makes():
    # HI's level, its pair, its trusted certificate, the server's (None: it asks for no certificate), HI's text or None.
    rows = [
        ("TLSNoPeerAuth", None, None, None, "TCP/IP][TLSv{}]"),
        ("TLSPeerAuth", None, kernel_pair, None, "TCP/IP][TLSv{} VERIFIED]"),
        ("TLSPeerAuth", hi_pair, kernel_pair, hi_pair, "TCP/IP][TLSv{} VERIFIED]"),
        ("TLSPeerAuth", None, stranger, None, None),
        ("TLSPeerAuth", None, kernel_pair, hi_pair, None),
        ("TLSPeerAuth", stranger, kernel_pair, hi_pair, None),
    ]
    for version in VERSIONS:
        for level, own, trusts, asks, text in rows:
            for name, command in (("openssl s_server", openssl_server), ("gnutls-serv", gnutls_server), ("Python", None)):
                what = f"{name}, TLS {version}, HI at {level}, {own.name if own else 'no'} certificate, trusts " \
                       f"{trusts.name if trusts else 'nobody'}"
                if command:
                    p, port = serve(command, version, asks)
                else:
                    server = PythonServer(version, asks)
                    port = server.port
                log = WORK / "hi.log"
                status = hi(hi_home(level, own, trusts), log, port).wait(30)
                said = log.read_text()
                if (status == 0) != (text is not None) or (text and "Connection established to " not in said):
                    fail(f"{what}: want HI {'served' if text else 'refused'}", log, *([WORK / "server.log"] if command else []))
                if text and text.format(version) not in said:
                    fail(f"{what}: want {text.format(version)}", log)
                if not text and "Connection refused or lost" not in said:
                    fail(f"{what}: want it told", log)
                if command:
                    p.terminate()
                    p.wait(20)
                    p.stdin.close()
                else:
                    server.stop()
                done(what)


def ends():
    """Data that the peer ends properly, and data that was cut."""
    for version in VERSIONS:
        for says_end, text in ((True, "closed by the Kernel"), (False, "the peer cut the connection")):
            server = PythonServer(version, None, says_end)
            log = WORK / "hi.log"
            hi(hi_home("TLSPeerAuth", None, kernel_pair), log, server.port, "--stay").wait(30)
            if f"{text}\n" not in log.read_text():
                fail(f"TLS {version}: want '{text}'", log)
            server.stop()
            done(f"TLS {version}: HI says '{text}'")
        kernel = Kernel(TLS_KeyFile=kernel_pair.key_file, TLS_CertFile=kernel_pair.cert_file, TLS_RequiredLevel="TLSNoPeerAuth",
                        TLS_MinVersion="TLSv1.2")
        raw = socket.create_connection(("127.0.0.1", kernel.port), 20)
        s = context(False, version).wrap_socket(raw)
        s.sendall(TALK)
        s.recv(256)
        s.close()
        wait_for(kernel.log, r"other\.HIP ended: .*the peer cut the connection$")
        kernel.stop()
        done(f"TLS {version}: the Kernel says that it was cut")


def other_curve():
    """A Kernel with a key of P-384: TLS 1.2 needs an offer of that curve, and our server accepts it."""
    global kernel_pair
    kernel_pair = Pair("kernel384", curve=ec.SECP384R1).write()
    kernel = Kernel(TLS_KeyFile=kernel_pair.key_file, TLS_CertFile=kernel_pair.cert_file, TLS_RequiredLevel="TLSNoPeerAuth",
                    TLS_MinVersion="TLSv1.2")
    for version in VERSIONS:
        for name, client in CLIENTS.items():
            answer = client(kernel.port, version, None)
            if "WELCOME" not in answer:
                fail(f"{name}, TLS {version}, P-384: want it served, got '{answer}'", kernel.log)
            done(f"{name}, TLS {version}, P-384")
        for name, command in (("openssl s_server", openssl_server), ("gnutls-serv", gnutls_server)):
            p, port = serve(command, version, None)
            if hi(hi_home("TLSPeerAuth", None, kernel_pair), WORK / "hi.log", port).wait(30) != 0:
                fail(f"{name}, TLS {version}, P-384: want HI served", WORK / "hi.log", WORK / "server.log")
            p.terminate()
            p.wait(20)
            p.stdin.close()
            done(f"{name}, TLS {version}, HI, P-384")
    kernel.stop()


clients_of_other_makes()
servers_of_other_makes()
other_curve()
ends()
stop_all()
print(f"{counted} meetings")
