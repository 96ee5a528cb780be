# SPDX-License-Identifier: ISC
"""Shared by the tests of the TLS library with whole programs: pairs, settings, the example Kernel, HI."""
import datetime
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

WORK = Path(os.environ["WORK"])
KEY = r"HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB\cfg_COV_PB"
NAMES = ["/CCOV_PB", "--installation", "D2EXE_COV_PB"]
started = []


def fail(text, *files):
    print(f"FAILED: {text}", file=sys.stderr)
    for f in files:
        print(f"--- {f}\n{Path(f).read_text(errors='replace')}", file=sys.stderr)
    stop_all()
    sys.exit(1)


def stop_all():
    for p in started:
        if p.poll() is None:
            p.terminate()
    for p in started:
        try:
            p.wait(5)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


class Pair:
    """A key and its certificate, in PEM and as DER."""

    def __init__(self, name, starts=-1, days=30, bits=0, curve=ec.SECP256R1):
        now = datetime.datetime.utcnow()
        self.name = name
        self.key = rsa.generate_private_key(65537, bits) if bits else ec.generate_private_key(curve())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        cert = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(self.key.public_key()) \
            .serial_number(x509.random_serial_number()).not_valid_before(now + datetime.timedelta(days=starts)) \
            .not_valid_after(now + datetime.timedelta(days=starts + days)) \
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("kernel.example")]), False).sign(self.key, hashes.SHA256())
        self.key_pem = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                              serialization.NoEncryption())
        self.cert_pem = cert.public_bytes(serialization.Encoding.PEM)
        self.der = cert.public_bytes(serialization.Encoding.DER)

    def write(self):
        self.key_file, self.cert_file = WORK / f"{self.name}.pem", WORK / f"{self.name}.crt"
        replace(self.key_file, self.key_pem, 0o600)
        replace(self.cert_file, self.cert_pem, 0o644)
        return self


def replace(path, content, mode):
    """Replaces a file by renaming, as programs should."""
    new = path.with_name(path.name + ".new")
    new.write_bytes(content)
    new.chmod(mode)
    new.rename(path)


def settings(name, side, **values):
    """Makes a separate machine with these settings, and returns its directory."""
    home = WORK / name
    home.mkdir(exist_ok=True)
    replace(home / "machine.conf", (f"[{KEY}\\{side}]\n" + "".join(f"{k} = {v}\n" for k, v in values.items())).encode(), 0o600)
    return home


def start(home, log, *command):
    with open(log, "wb") as out:
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, "SLIPWAY_HOME": str(home)})
    started.append(p)
    return p


def wait_for(log, pattern, seconds=20):
    """Waits for a match of the pattern in the log, and returns the first one."""
    end = time.monotonic() + seconds
    while True:
        m = re.search(pattern, Path(log).read_text(errors="replace"), re.MULTILINE)
        if m:
            return m
        if time.monotonic() > end:
            fail(f"want a line like /{pattern}/ in {log}", log)
        time.sleep(0.02)


class Kernel:
    """The example Kernel with these settings."""

    def __init__(self, name="kernel", **values):
        self.log = WORK / f"{name}.log"
        self.home = settings(name, "TLS_Server", **values)
        self.process = start(self.home, self.log, "example-kernel", *NAMES, "--listen", "127.0.0.1:0")
        self.port = int(wait_for(self.log, r"^listening on 127\.0\.0\.1:(\d+)$").group(1))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        if status != 0:
            fail(f"want the Kernel to end with 0, got {status}", self.log)


def hi(home, log, port, *more):
    return start(home, log, "hi", *NAMES, "--kernel", f"127.0.0.1:{port}", *more)
