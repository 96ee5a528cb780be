# SPDX-License-Identifier: ISC
"""Connections that last: the example Kernel looks at them again, says which it would refuse now, and closes them where
it is told to.  The key exchange of both sides with peers that know an older group alone: no further flight."""
import hashlib
import re
import shutil
import subprocess

from parts import Kernel, NAMES, Pair, WORK, fail, hi, replace, settings, start, started, stop_all, wait_for

kernel_pair, station, other = Pair("kernel").write(), Pair("station").write(), Pair("other").write()
trusted = WORK / "trusted.crt"
home = settings("station", "TLS_Client", TLS_RequiredLevel="TLSPeerAuth", TLS_TrustedCerts=kernel_pair.cert_file,
                TLS_KeyFile=station.key_file, TLS_CertFile=station.cert_file)


def kernel(name, *more):
    """A Kernel that trusts the station, and looks at its clients each second."""
    replace(trusted, station.cert_pem, 0o644)
    side = settings(name, "TLS_Server", TLS_RequiredLevel="TLSPeerAuth", TLS_TrustedCerts=trusted,
                    TLS_KeyFile=kernel_pair.key_file, TLS_CertFile=kernel_pair.cert_file)
    log = WORK / f"{name}.log"
    p = start(side, log, "example-kernel", *NAMES, "--listen", "127.0.0.1:0", "--check-seconds", "1", *more)
    return p, log, int(wait_for(log, r"^listening on 127\.0\.0\.1:(\d+)$").group(1))


def withdrawn(name, *more):
    """The station's certificate is withdrawn while it is connected; returns the Kernel's log and HI."""
    p, log, port = kernel(name, *more)
    client = hi(home, WORK / f"hi-{name}.log", port, "--stay")
    wait_for(log, r"RegistrateProces request .*VERIFIED")
    replace(trusted, other.cert_pem, 0o644)
    wait_for(log, r"BACKEND - \S+ would be refused now: .*station")
    return p, log, client


p, log, client = withdrawn("says")
if client.poll() is not None:
    fail("want the connection to go on where nothing else was said", log)
if len(re.findall("would be refused now", log.read_text())) != 1:
    fail("want each connection told once", log)
client.terminate()
client.wait(20)
p.terminate()
p.wait(20)
p, log, client = withdrawn("closes", "--close-refused")
wait_for(log, r"Connection of \S+ ended: it would be refused now")
if client.wait(20) is None:
    fail("want HI without its Kernel", log)
p.terminate()
p.wait(20)
print("ok: a certificate that is withdrawn is told, and with --close-refused its connection is closed", flush=True)


# A Kernel that asks for certificates says why a client isn't verified, and refuses nobody.
replace(trusted, other.cert_pem, 0o644)
asking = Kernel("asks", TLS_RequiredLevel="TLSNoPeerAuth", TLS_AskClientCert="yes", TLS_TrustedCerts=trusted,
                TLS_KeyFile=kernel_pair.key_file, TLS_CertFile=kernel_pair.cert_file)
client = hi(home, WORK / "hi-asks.log", asking.port)
wait_for(asking.log, r"TLS warning of \S+: .*is not trusted.*station")
if re.search(r"RegistrateProces .*VERIFIED", asking.log.read_text()):
    fail("want the stranger not verified", asking.log)
if client.wait(20) != 0:
    fail("want the client served", WORK / "hi-asks.log")
replace(trusted, station.cert_pem, 0o644)
client = hi(home, WORK / "hi-asked.log", asking.port)
wait_for(asking.log, r"RegistrateProces .*VERIFIED")
client.wait(20)
asking.stop()
print("ok: a client that is asked for a certificate is told by its name", flush=True)


# Another pair and another level are told when they come into use, and the Kernel is called what the site wants.
def misused(*more):
    p = subprocess.run(["example-kernel", *NAMES, *more], capture_output=True, text=True, timeout=20)
    if p.returncode != 2 or "--product: want 1 to 64 printable" not in p.stderr or p.stdout:
        fail(f"want {more} refused, got {p.returncode}: {p.stderr}")


for name in ("", " D2000", "D2000 ", "D2000\nKernel", "D2000\x1b[1m", "K\u00e4rnel", "x" * 65):
    misused("--product", name)
p, log, port = kernel("named", "--product", "D2000 Kernel")
said = WORK / "hi-named.log"
hi(home, said, port).wait(20)
wait_for(said, r"CLIENT - Connection established to D2000 Kernel V\S+ \[TCP/IP\]\[TLSv1.3 VERIFIED\]")
if "BACKEND - TLS:" in log.read_text():
    fail("want nothing told before it changes", log)
named = dict(TLS_RequiredLevel="TLSNoPeerAuth", TLS_KeyFile=other.key_file, TLS_CertFile=other.cert_file)
settings("named", "TLS_Server", **named)
hi(home, said, port).wait(20)
wait_for(log, r"BACKEND - TLS: TLS_RequiredLevel is TLSNoPeerAuth now, it was TLSPeerAuth \(HKLM.*; "
         rf"TLS_CertFile: {other.cert_file}: a new pair is in use: .*SHA-256 {hashlib.sha256(other.der).hexdigest()}, valid .* to ")
hi(home, said, port).wait(20)
if log.read_text().count("BACKEND - TLS:") != 1:
    fail("want each change told once", log)
p.terminate()
p.wait(20)
print("ok: another level and another pair are told; the Kernel has the name that the site wants", flush=True)


def openssl(log, *arguments):
    with open(log, "wb") as out:
        p = subprocess.Popen(["openssl", *arguments], stdin=subprocess.PIPE, stdout=out, stderr=out)
    started.append(p)
    return p


def client_hellos(log):
    return len(re.findall(r"ClientHello", log.read_text(errors="replace")))


# A client that sends one share, as OpenSSL 3.0 does, is answered at once.
server = Kernel("groups", TLS_RequiredLevel="TLSNoPeerAuth", TLS_KeyFile=kernel_pair.key_file, TLS_CertFile=kernel_pair.cert_file)
for group in ("X25519", "P-256", "X25519:P-256"):
    log = WORK / f"s_client-{group.replace(':', '-')}.log"
    p = openssl(log, "s_client", "-connect", f"127.0.0.1:{server.port}", "-groups", group, "-msg", "-tls1_3")
    wait_for(log, r"Verify return code|Verification")
    p.stdin.close()
    p.wait(20)
    if client_hellos(log) != 1:
        fail(f"want one ClientHello of a client with {group}, got {client_hellos(log)}", log)
versions = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
newer = tuple(map(int, re.search(r"(\d+)\.(\d+)", versions).groups())) >= (3, 5)
log = WORK / "s_client-default.log"
p = openssl(log, "s_client", "-connect", f"127.0.0.1:{server.port}", "-msg", "-tls1_3")
wait_for(log, r"Verify return code|Verification")
p.stdin.close()
p.wait(20)
if newer and "X25519MLKEM768" not in log.read_text(errors="replace"):
    fail("want X25519MLKEM768 where both sides have it", log)
if client_hellos(log) != 1:
    fail("want one ClientHello", log)
server.stop()

# Our client sends shares that a server with either group takes at once.
for number, group in enumerate(("X25519:P-256", "X25519", *(("X25519MLKEM768",) if newer else ()))):
    log, port = WORK / f"s_server-{number}.log", 0
    p = openssl(log, "s_server", "-accept", "127.0.0.1:0", "-groups", group, "-msg", "-tls1_3",
                "-key", str(kernel_pair.key_file), "-cert", str(kernel_pair.cert_file))
    port = int(wait_for(log, r"^ACCEPT 127\.0\.0\.1:(\d+)").group(1))
    client = hi(home, WORK / f"hi-groups-{number}.log", port)
    wait_for(log, r"REGISTER")
    client.terminate()
    client.wait(20)
    p.terminate()
    p.wait(20)
    if client_hellos(log) != 1:
        fail(f"want one ClientHello to a server with {group}, got {client_hellos(log)}", log)
print(f"ok: no further flight with peers that know one group; X25519MLKEM768 {'is' if newer else 'is not'} here", flush=True)
stop_all()
shutil.rmtree(home)
