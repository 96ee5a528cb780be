#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Write the seed corpora of the fuzz harnesses from real files: a repository made by slipway-repo, keys made by
ssh-keygen and python3-cryptography, and the texts of the manuals.  Run it again when a format changes; inputs that a
fuzzer found are kept.

usage: seeds.py SLIPWAY_REPO [DIRECTORY]
"""
import hashlib
import json
import struct
import subprocess
import sys
import tempfile
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

REPO = Path(sys.argv[1]).resolve()
OUT = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parent / "corpus")
GOOD = "2030-01-01T00:00:00Z"


def put(harness, name, data):
    if isinstance(data, str):
        data = data.encode()
    (OUT / harness).mkdir(parents=True, exist_ok=True)
    (OUT / harness / name).write_bytes(data)


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def key_id(key):
    return hashlib.sha256(json.dumps(key, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


# The keys of tests/fuzz/signers.c: 32 bytes of the value i + 1.
def fixed_key(i):
    raw = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([i + 1]) * 32).public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": raw.hex()}}


NAMES = ["root", "timestamp", "snapshot", "targets", "A"]
KEYS = [fixed_key(i) for i in range(5)]
IDS = [key_id(k) for k in KEYS]


def common(kind, version, **more):
    return {"_type": kind, "spec_version": "1.0.31", "version": version, "expires": GOOD, **more}


def root(version, timestamp_key=1, consistent=True):
    keys = [0, timestamp_key, 2, 3]
    return common("root", version, consistent_snapshot=consistent, keys={IDS[k]: KEYS[k] for k in sorted(set(keys))},
                  roles={NAMES[i]: {"keyids": [IDS[k]], "threshold": 1} for i, k in enumerate(keys)})


def timestamp(version=1):
    return common("timestamp", version, meta={"snapshot.json": {"version": version}})


def snapshot(version=1, roles=("targets", "A")):
    return common("snapshot", version, meta={f"{r}.json": {"version": 1} for r in roles})


def delegation(name, **how):
    return {"name": name, "keyids": [IDS[4]], "threshold": 1, "terminating": False, **how}


def targets(*delegations, files=()):
    body = common("targets", 1, targets={f: {"length": 3, "hashes": {"sha256": "ab" * 32}} for f in files})
    if delegations:
        body["delegations"] = {"keys": {IDS[4]: KEYS[4]}, "roles": list(delegations)}
    return body


ABSENT, RAW, OWN = 0, 1, 2


def record(how, body=b""):
    data = body if isinstance(body, bytes) else compact(body).encode()
    return struct.pack(">BH", how, len(data)) + data


def world(root2=None, root3=None, ts=None, sn=None, tg=None, a=None, consistent=1):
    """Each is None, a body that its own key signs, or a record."""
    files = [root2, root3, ts, sn, tg, a]
    return bytes([consistent]) + b"".join(
        record(ABSENT) if f is None else f if isinstance(f, bytes) else record(OWN, f) for f in files)


def client():
    full = dict(ts=timestamp(), sn=snapshot(), tg=targets(delegation("A", paths=["A/*"])), a=targets(files=["A/file"]))
    put("client", "plain", world(**full))
    put("client", "not-consistent", world(**full, consistent=0))
    put("client", "root-chain", world(root(2), root(3), **full))
    put("client", "key-changed", world(root(2, timestamp_key=4), **{**full, "ts": record(3 | 4 << 2, timestamp())}))
    put("client", "wrong-key", world(**{**full, "tg": record(3 | 1 << 2, full["tg"])}))
    put("client", "not-signed", world(**{**full, "ts": record(RAW, {"signatures": [], "signed": timestamp()})}))
    prefix = hashlib.sha256(b"A/file").hexdigest()[:4]
    put("client", "hash-prefix", world(**{**full, "tg": targets(delegation("A", path_hash_prefixes=[prefix]))}))
    put("client", "terminating", world(**{**full, "tg": targets(delegation("A", paths=["A/?ile"], terminating=True))}))
    put("client", "loop", world(**{**full, "a": targets(delegation("A", paths=["*/*"]), delegation("root", paths=["*/*"]))}))
    put("client", "no-role", world(ts=timestamp(), sn=snapshot(roles=["targets"]), tg=targets(files=["A/file"])))
    put("client", "online-keys", world(ts=timestamp(9), sn=snapshot(9)))
    put("client", "nothing", world())


# Repositories as slipway-repo verify sees them (tests/fuzz/served.c).
def served():
    content = b"text"
    entry = {"length": len(content), "hashes": {"sha256": hashlib.sha256(content).hexdigest()}}

    def role(name="A/app/x", **more):
        return {**targets(), "targets": {name: {**entry, **more}}}

    def tree(a=None, root2=None, ts=None, sn=None, tg=None, target=record(OWN, content)):
        bodies = [ts or timestamp(), sn or snapshot(), tg or targets(delegation("A", paths=["A/*/*"])), a or role()]
        return (root2 or record(ABSENT)) + b"".join(b if isinstance(b, bytes) else record(OWN, b) for b in bodies) + target

    put("served", "whole", tree())
    put("served", "root-chain", tree(root2=record(OWN, root(2))))
    put("served", "outside", tree(role("B/app/x")))
    put("served", "missing", tree(target=record(ABSENT)))
    put("served", "another-content", tree(target=record(OWN | 4, content)))
    put("served", "another-length", tree(role(length=5)))
    put("served", "no-sha256", tree(role(hashes={"sha512": "ab" * 64})))
    put("served", "unsigned", tree(record(RAW, {"signatures": [], "signed": role()})))
    put("served", "removed-application", tree(tg=targets()))
    put("served", "loop", tree(targets(delegation("A", paths=["A/*/*"]), delegation("targets", paths=["*"]))))
    put("served", "no-entry", tree(sn=snapshot(roles=["A"])))
    put("served", "expired", tree(ts={**timestamp(), "expires": "2020-01-01T00:00:00Z"}))


# Names in the directory of a release (tests/fuzz/release.c).
def releases():
    for name, lines in {
            "all-places": ["install/bin/hi", "app/x", "scripts/machine/a.lua", "scripts/user/b.lua"],
            "empty-directory": ["app/x", "install/empty/"],
            "elsewhere": ["other/x"], "script-below": ["scripts/machine/x/a.lua"], "no-script": ["scripts/user/a.txt"],
            "case": ["app/x", "app/X"], "accents": ["app/\u00e9", "app/e\u0301"], "device": ["app/CON.txt"],
            "deep": ["app/" + "d/" * 9 + "x"], "long": ["app/" + "n" * 140], "odd": ["app/a:b", "app/ x", "app/x."],
            "nothing": []}.items():
        put("release", name, "\n".join(lines))


def public_pem(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def keys():
    p256 = public_pem(ec.generate_private_key(ec.SECP256R1()))
    objects = {
        "ed25519": KEYS[0],
        "ecdsa": {"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": p256}},
        "ecdsa-old-name": {"keytype": "ecdsa-sha2-nistp256", "scheme": "ecdsa-sha2-nistp256", "keyval": {"public": p256}},
        "rsa": {"keytype": "rsa", "scheme": "rsassa-pss-sha256",
                "keyval": {"public": public_pem(rsa.generate_private_key(65537, 2048))}},
        "rsa-small": {"keytype": "rsa", "scheme": "rsassa-pss-sha256",
                      "keyval": {"public": public_pem(rsa.generate_private_key(65537, 1024))}},
        "p384": {"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256",
                 "keyval": {"public": public_pem(ec.generate_private_key(ec.SECP384R1()))}},
        "unknown": {"keytype": "sphincs", "scheme": "x", "keyval": {"public": "00"}, "x": [1, None, True, "\u00e9"]},
    }
    for name, k in objects.items():
        put("key", name, compact({key_id(k): k}).encode() + b"\0" + bytes(range(64)))
    put("key", "all", compact({f"{i}": k for i, k in enumerate(objects.values())}))


def envelope(body, signer=0):
    return {"signatures": [{"keyid": IDS[signer], "sig": "00" * 64}], "signed": body}


def metadata(tmp):
    """Every role as slipway-repo writes it, and unusual JSON."""
    (tmp / "pass").write_text("correct horse\n")
    (tmp / "pass").chmod(0o600)
    (tmp / "rel/app").mkdir(parents=True)
    (tmp / "rel/app/server.crt").write_text("x\n")

    def repo(*args):
        subprocess.run([REPO, *args, "--passphrase-file", tmp / "pass"], check=True, stdout=subprocess.DEVNULL)

    repo("init", tmp / "R")
    repo("--repo", tmp / "R", "app", "add", "COV_PB")
    repo("--repo", tmp / "R", "publish", "--app", "COV_PB", tmp / "rel")
    for file in sorted((tmp / "R/served/metadata").glob("*.json")):
        data = file.read_bytes()
        kind = json.loads(data)["signed"]["_type"]
        put(kind, "real-" + file.name, data)
        if kind != "targets":
            put("json", "real-" + kind, data)
    snapshots = sorted((tmp / "R/served/metadata").glob("*.snapshot.json"))
    put("snapshot", "real-two", snapshots[0].read_bytes() + b"\0" + snapshots[-1].read_bytes())
    put("root", "no-signature", compact({"signatures": [], "signed": root(1)}))
    put("root", "two-keys", compact(envelope(root(2, timestamp_key=4, consistent=False))))
    full = timestamp()
    full["meta"]["snapshot.json"].update(length=3, hashes={"sha256": "ab" * 32, "sha512": "cd" * 64, "x": "y"})
    put("timestamp", "hashes", compact(envelope(full)))
    put("snapshot", "rollback", compact(envelope(snapshot(2))) + "\0" + compact(envelope(snapshot(1, ["targets"]))))
    put("targets", "delegations", compact(envelope(targets(
        delegation("A", paths=["A/*", "?/b"]), delegation("B", path_hash_prefixes=["00", "ff"]), files=["A/x", "\u00e9/b"]))))


def texts():
    put("json", "nasty", compact({"\\\"/\b\f\n\r\t\x1f\x7f": "\0\u2028\U0001f600\uffff", "n": [0, -1, 2**63 - 1, -2**63]}))
    put("json", "surrogates", '{"a":"\\ud83d\\ude00\\u0000\\u00e9","\\ue000":{},"\\ud800\\udc00":[]}')
    put("json", "deep", '{"a":' + "[" * 63 + "]" * 63 + "}")
    put("json", "too-deep", '{"a":' + "[" * 64 + "]" * 64 + "}")
    put("json", "real", '{"a":1.5,"b":1e3,"c":-0}')
    put("json", "white", ' {\t"a" :\r\n[ true , false , null ] } ')
    programs = "O:S-1-5-80-1D:PAI(A;CIIO;GA;;;S-1-5-80-1)(A;OICIIO;GA;;;SY)(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)"
    drive = "O:BAG:SYD:AI(A;OICIID;FA;;;BA)(A;OINPID;0x1301bf;;;AU)(D;OI;WP;;;S-1-5-21-1-2-3-1002)S:AI(AU;SAFA;FA;;;WD)"
    for i, (directory, replaced) in enumerate([
            (programs, "O:BAD:AI(A;;FR;;;S-1-5-21-1-2-3-513)(A;ID;FA;;;BA)"), (drive, "O:S-1-5-21-1-2-3-1001D:P(A;;FA;;;WD)"),
            ("D:(XA;OI;FR;;;WD;(@USER.a == \"(;)\" && (Member_of {SID(BA)})))", "O:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;LA)"),
            ("D:NO_ACCESS_CONTROL", "O:BAD:(A;OICIIO;CCDCLC;;;OW)(A;;0x4;;;S-1-12-1-1)"), ("O:D:(", "O:BAD:(A;;FA)"), ("", "O:BA")]):
        put("acl", f"{i}", f"{directory}\n{replaced}")
    for i, (pattern, path) in enumerate([("A/*/*", "A/b/c"), ("*", "a/b"), ("*a*b*", "xaab/b"), ("?", "é"), ("**?*", "ab"),
                                         ("a/?/c", "a///c"), ("", ""), ("[a]", "[a]"), ("*é*?", "aééb")]):
        put("glob", f"{i}", f"{pattern}\n{path}")
    put("keyfile", "manual", "# a comment, also with ;\n[HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB]\nDefaultApplication = COV_PB\n\n"
        "[HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB\\cfg_COV_PB\\TLS_Client]\nTLS_RequiredLevel = TLSPeerAuth\n"
        "TLS_TrustedCerts = %AppData%\\COV_PB\\server.crt;x\nRetries = dword:3\nBanner = \"  two spaces at each end  \"\n")
    put("keyfile", "types", "\ufeff[HKLM\\A]\r\na = dword:0x1f\r\nb=qword:18446744073709551615\r\n\"c=d\" = multi:one\\||two\\\\||\r\n"
        "e = hex:00,ff\r\nf = expand:\"%AppData% \"\r\ng = \"dword:5\"\r\n\"h\"\"\" = \r\n; end\r\nlast=HEX:00ff")
    put("keyfile", "own-section", "[HKLM\\SOFTWARE\\fuzz]\n# mine\nNAME = x\n\n[hkey_local_machine/software/Fuzz/below]\nx=multi:\ny=multi:|\n")
    put("keyfile", "empty", "")
    put("keyfile", "twice", "[HKLM\\A]\na=1\nA=2\n")
    reg = ('Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Ipesoft]\r\n"a"="text \\"q\\" \\\\"\r\n'
           '"n"=dword:0000001f\r\n"b"=hex:00,ff,\\\r\n  01\r\n"e"=hex(2):25,00,41,00,25,00,00,00\r\n'
           '"m"=hex(7):61,00,00,00,00,00\r\n"q"=hex(b):ff,00,00,00,00,00,00,80\r\n"old"=-\r\n; comment\r\n\r\n'
           '[-HKEY_CURRENT_USER\\SOFTWARE\\gone]\r\n\r\n[HKEY_CURRENT_USER\\SOFTWARE\\\u00e9\U0001f600]\r\n"\u00e9"="\U0001f600"\r\n')
    put("regfile", "utf-8", reg)
    put("regfile", "utf-8-mark", "\ufeff" + reg.replace("\r\n", "\n"))
    put("regfile", "utf-16", "\ufeff".encode("utf-16-le") + reg.encode("utf-16-le"))
    put("convert", "reg-utf-8", reg)
    put("convert", "reg-utf-16", "\ufeff".encode("utf-16-le") + reg.encode("utf-16-le"))
    key = r"HKLM\SOFTWARE\Ipesoft\D"
    put("convert", "administrator", "\r\n".join([
        "@echo off", "rem TLS of COV_PB", f"reg add {key} /v DefaultApplication /d COV_PB /f >nul 2>&1",
        f'REG.EXE ADD "HKEY_LOCAL_MACHINE\\SOFTWARE\\Ipesoft\\D\\cfg_D\\TLS_Client" /v TLS_TrustedCerts ^',
        '  /t REG_EXPAND_SZ /d "%%AppData%%\\COV_PB\\server.crt;%AppDir%\\a b.crt" /f & reg delete HKCU\\SOFTWARE\\x /f',
        "exit /b 0", ""]))
    put("convert", "types", "\n".join(
        f"reg add {key} /v {t} /t REG_{t} /d {d}" for t, d in [
            ("DWORD", "0x1f"), ("QWORD", "5"), ("BINARY", "00ff"), ("MULTI_SZ", "a\\0b\\0"), ("SZ", '"x \\"y\\" ""z"" & ^"')]))
    put("convert", "refused", "\n".join([
        "if exist x (", f"reg add {key} /v a /d b", ")", f"reg add {key} /v a /d %1", f"reg add {key} /ve /reg:32",
        "setlocal EnableDelayedExpansion", f"reg add {key} /v a /d !x! | more", f'reg add {key} /v a /d "x\\"', "set a=b"]))
    put("regfile", "odd-length", b"\xff\xfeW")
    put("regfile", "empty", "")
    for i, text in enumerate(["%AppDir%\\x", "100%%", "50%", "%nothing%", "%InstallDir%/%APPLICATION%.crt", "plain", "%%%AppDir%%%",
                              "%ProgramData%", "%" + "x" * 300 + "%", ""]):
        put("expand", f"{i}", text)
    scripts = {
        "manual": 'local client = [[HKLM\\SOFTWARE\\HI]]\nset(client, "TLS_RequiredLevel", "TLSPeerAuth")\n'
                  'if file.exists("app/COV_PB/server.crt") then set(client, "TLS_TrustedCerts", "%AppDir%/server.crt") end\n'
                  'delete(client, "old")\nset(client, "n", get(client, "number") or 1)\nlog(station.name .. release.number)\n',
        "loops": "for i = 1, 10 do local t = {} for j = 1, i do t[j] = string.rep('x', j) end log(table.concat(t, ',')) end",
        "endless": "while true do end",
        "memory": "local s = 'x' while true do s = s .. s end",
        "recursion": "local function f(n) return 1 + f(n + 1) end return f(0)",
        "strings": "log(tostring(#string.rep('ab', 3, '-')) .. string.upper('x') .. string.char(0, 255) .. string.sub('abc', -2))",
        "tables": "local t = {3, 1, 2} table.sort(t, function(a, b) return true end) log(table.concat(t)) table.remove(t) table.unpack(t)",
        "error": "error({})",
        "outside": 'set([[HKLM\\SOFTWARE\\Slipway]], "x", "y")',
        "bytecode": b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n",
        "goto": "local a <const> = 1 ::x:: if a == 1 then goto y end goto x ::y:: local b <close> = nil",
        "batch": '@echo off\r\nreg add HKLM\\SOFTWARE\\HI /v a /d "%%A%%" /f\r\n',
        "registry-file": 'Windows Registry Editor Version 5.00\r\n\r\n[HKLM\\SOFTWARE\\HI]\r\n"a"="b"\r\n',
        "numbers": "log(tostring(1 // 0.0) .. tostring(math.maxinteger + 1) .. tostring(7 // 2 % 3 ~ 5 << 70)) log(1 % 0)",
    }
    for name, text in scripts.items():
        put("script", name, text)
    for i, url in enumerate(["sftp://slipway@updates.example.net/srv/repo", "sftp://u@[::1]:2022/", "file:///srv/repo%20one/",
                             "file://localhost/srv", "sftp://u:p@h/", "sftp://u@h:65536/", "file:///a/../b", "file:///a/%2e%2E/b",
                             "sftp://u%00@h/", "http://h/", "SFTP://a%40b@EXAMPLE:22//x//y/"]):
        put("url", f"{i}", url)


def text(data):
    return struct.pack(">I", len(data)) + data


def packets():
    attrs = struct.pack(">IQII", 0b101, 5, 0o100644, 0)[:4 + 8 + 4]
    bodies = {
        "version": (2, struct.pack(">I", 3) + text(b"posix-rename@openssh.com") + text(b"1")),
        "status": (101, struct.pack(">II", 1, 2) + text(b"No such file") + text(b"")),
        "status-bare": (101, struct.pack(">II", 1, 1)),
        "handle": (102, struct.pack(">I", 1) + text(b"\0\0\0\1")),
        "attrs": (105, struct.pack(">I", 1) + attrs),
        "attrs-full": (105, struct.pack(">IIQIIIIII", 1, 0x8000000f, 5, 1, 2, 0o644, 3, 4, 1) + text(b"a") + text(b"b")),
    }
    for name, (kind, body) in bodies.items():
        put("sftp_packet", name, bytes([kind]) + body)

    def raw(kind, body):
        return text(bytes([kind]) + body)

    def fit(kind, which, body=b""):
        return struct.pack(">BBH", kind, which, len(body)) + body

    hello = fit(2, 0)
    handle = text(b"h")
    eof, absent, failure = (struct.pack(">I", c) + text(b"") + text(b"") for c in (1, 2, 4))
    put("sftp", "raw", bytes([0]) + raw(2, struct.pack(">I", 3)) + raw(101, struct.pack(">II", 0, 2) + text(b"") + text(b"")))
    put("sftp", "raw-all", bytes([254]) + raw(2, struct.pack(">I", 3)) + b"".join(
        raw(101, struct.pack(">II", i, 2) + text(b"") + text(b"")) for i in range(4)))
    put("sftp", "absent", bytes([1]) + hello + fit(101, 0, absent) * 4)
    opened = hello + fit(102, 0, handle)
    put("sftp", "one-file", bytes([1]) + opened + fit(105, 2, attrs) + fit(103, 2, text(b"hello")) + fit(101, 2, eof) * 3)
    put("sftp", "short-reads", bytes([1]) + opened + b"".join(fit(103, 3, text(b"x" * n)) for n in (500, 1000, 1, 0)) + fit(101, 2, eof))
    put("sftp", "other-order", bytes([1]) + opened + fit(103, 4, text(b"b" * 1000)) + fit(103, 3, text(b"a" * 1000)) + fit(101, 3, eof))
    put("sftp", "all-open", bytes([1]) + hello + fit(102, 0, handle) * 3 + fit(101, 0, failure) + fit(103, 1, text(b"x" * 1001)))
    put("sftp", "too-long", bytes([1]) + hello + struct.pack(">I", 0xffffffff))

    def name(text_, mode=0o100644):
        return text(text_) + text(b"a line") + struct.pack(">IQII", 0x80000005, 5, mode, 1) + text(b"a@b") + text(b"c")

    ok, attrs = struct.pack(">I", 0) + text(b"") + text(b""), struct.pack(">I", 0)
    names = struct.pack(">I", 5) + b"".join(name(t) for t in (b".", b"..", b"a/b", b"good", b"d\x1b"))
    # Requests: 0 OPENDIR, 1 OPEN (read), 2 OPEN (write), 3 MKDIR, 4 RENAME, 5 REMOVE.
    put("sftp_writer", "list", hello + fit(102, 0, handle) + fit(104, 5, names) + fit(101, 5, eof) + fit(101, 5, ok))
    put("sftp_writer", "get", hello + fit(102, 1, handle) + fit(103, 5, text(b"x" * 900)) + fit(101, 5, eof) + fit(101, 5, ok))
    put("sftp_writer", "put", fit(2, 0, text(b"fsync@openssh.com") + text(b"1")) + fit(102, 2, handle) + fit(101, 5, ok) * 9)
    put("sftp_writer", "full", hello + fit(102, 2, handle) + fit(101, 6, failure) + fit(101, 5, ok) * 6)
    put("sftp_writer", "others", hello + fit(101, 3, ok) + fit(101, 3, failure) + fit(101, 3, absent) + fit(101, 3, ok))
    put("sftp_writer", "names-for-open", hello + fit(104, 0, names))
    put("sftp_writer", "attributes", hello + fit(105, 0, attrs))


# Answers of a script child (lib/script/script_frames.h), and their frames.
def children():
    def string(data):
        return struct.pack(">I", len(data)) + data

    def text(t):
        return string(t.encode() + b"\0")

    def value(kind, number, data):
        return struct.pack(">BQ", kind, number) + string(data)

    key, frame = "HKLM\\SOFTWARE\\HI\\TLS_Client", lambda kind, data: struct.pack(">I", len(data)) + kind + data
    values = [value(0, 0, b"TLSPeerAuth"), value(1, 0, b"%AppData%"), value(2, 7, b""), value(3, 1 << 40, b""),
              value(4, 0, b"a\0b\0"), value(5, 0, b"\0\1")]
    changes = b"".join(b"\0" + text(key) + text("a") + v for v in values) + b"\1" + text(key) + text("a") + b"\2" + text(key)
    put("script_frames", "changes", b"C" + changes)
    put("dryrun", "none", b"{}")
    put("dryrun", "all", b'{"station": {"name": "S", "os": "linux"}, "release": {"number": 7}, "files": ["app/x"],'
        b' "names": {"AppDir": "/a"}, "keys": ["HKLM\\\\X"], "settings": {"HKLM\\\\X": {"a": "dword:1"}}}')
    put("script_frames", "own", b"C\2" + text("HKLM\\SOFTWARE\\Slipway"))
    for i, v in enumerate(values):
        put("script_frames", f"value-{i}", b"V" + v)
    put("script_frames", "facts", b"F" + text("ST1") + text("linux") + text("COV_PB") + text("HI") + struct.pack(">QI", 7, 2) +
        text("AppDir") + b"\1" + text("/srv") + text("AppData") + b"\0" + text("") + struct.pack(">I", 1) + text(key))
    put("script_frames", "failed", b"E" + bytes([18]) + text("x.lua:3: stop"))
    whole = frame(b"H", b"\0\0\0\1") + frame(b"C", changes) + frame(b"D", b"")
    put("frame", "whole", b"\xff" + whole)
    put("frame", "pieces", b"\2" + whole)
    put("frame", "half", b"\7" + whole[:-3])
    put("frame", "largest", b"\xff" + frame(b"x", b"x" * 1000))
    put("frame", "too-long", b"\xff" + frame(b"x", b"x" * 1001))


def ssh_keys(tmp):
    put("opensshkey", "empty", "")
    put("opensshkey", "no-end", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")
    for name, args in {"ed25519": ["-t", "ed25519"], "ecdsa": ["-t", "ecdsa"], "p384": ["-t", "ecdsa", "-b", "384"],
                       "rsa": ["-t", "rsa", "-b", "1024"]}.items():
        for suffix, passphrase, cipher in (("", "", []), ("-ctr", "secret", []), ("-cbc", "secret", ["-Z", "aes256-cbc"])):
            if suffix and name != "ed25519":
                continue
            file = tmp / (name + suffix)
            subprocess.run(["ssh-keygen", "-q", "-a", "1", "-N", passphrase, "-C", "x", *cipher, *args, "-f", file], check=True)
            put("opensshkey", name + suffix, file.read_bytes())


# Signing requests: key, subject, DNS names.
CSRS = [("good", "kernel", ["kernel.example", "*.site.example"]), ("two-in-one", "x", ["ok.example, DNS:kernel.example"]),
        ("nul", "x", ["ok.example\0.evil"]), ("escape", "a\033[2Jb", ["a\033[2Jb"]), ("star", "x", ["*"]),
        ("lines", "a\nb", ["a\r\nb"])]


def certificates():
    """Certificates, a revocation list, a request, an encrypted block."""
    pem = serialization.Encoding.PEM
    start, end = datetime(2026, 1, 1), datetime(2126, 1, 1)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def name(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def issue(subject, public, authority):
        alternative = [x509.DNSName("kernel.example"), x509.IPAddress(ip_address("127.0.0.1"))]
        b = x509.CertificateBuilder(name("ca"), name(subject), public, x509.random_serial_number(), start, end)
        b = b.add_extension(x509.BasicConstraints(authority, None), critical=True)
        if not authority:
            b = b.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        return b.sign(ca_key, hashes.SHA256()).public_bytes(pem)

    ca, leaf = issue("ca", ca_key.public_key(), True), issue("le\"af\n\u017dilina", key.public_key(), False)
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    revoked = x509.RevokedCertificateBuilder(7, start).build()
    crl = x509.CertificateRevocationListBuilder(name("ca"), start, end, revoked_certificates=[revoked])
    crl = crl.sign(ca_key, hashes.SHA256()).public_bytes(pem)
    request = x509.CertificateSigningRequestBuilder(name("leaf")).sign(key, hashes.SHA256()).public_bytes(pem)
    for what, text in (("ca", ca), ("leaf", leaf)):
        put("certs", what + ".der", x509.load_pem_x509_certificate(text).public_bytes(serialization.Encoding.DER))
    put("certs", "one", ca)
    put("certs", "chain", b"words\n" + leaf + ca)
    put("certs", "pair", private + leaf)
    put("certs", "trust-and-list", ca + crl)
    put("certs", "request", request)
    put("certs", "second-damaged", ca + leaf[:200] + b"!!!!" + leaf[204:])
    put("certs", "encrypted", ca.replace(b"-----\n", b"-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC," + b"00" * 16 + b"\n\n", 1))
    for what, subject, names in CSRS:
        alternative = x509.SubjectAlternativeName([*(x509.DNSName(n) for n in names), x509.IPAddress(ip_address("::1")),
                                                   x509.RFC822Name("a@b.example")])
        csr = x509.CertificateSigningRequestBuilder(name(subject)).add_extension(alternative, critical=False)
        put("csr", what + ".der", csr.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
    put("csr", "request", request)
    put("certs", "nothing", "words -----BEGIN CERTIFICATE----- of people\n")


def private_keys():
    """Files with private keys, behind a byte that chooses the pieces in which they are read."""
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    private, plain = serialization.PrivateFormat, serialization.NoEncryption()
    key = ec.generate_private_key(ec.SECP256R1())
    sealed = serialization.BestAvailableEncryption(b"pass")
    text = key.private_bytes(pem, private.PKCS8, plain)
    for what, data in (
            ("pkcs8", text), ("sec1", key.private_bytes(pem, private.TraditionalOpenSSL, plain)),
            ("encrypted", key.private_bytes(pem, private.PKCS8, sealed)),
            ("openssh", key.private_bytes(pem, private.OpenSSH, plain)),
            ("pkcs8.der", key.private_bytes(der, private.PKCS8, plain)),
            ("sec1.der", key.private_bytes(der, private.TraditionalOpenSSL, plain)),
            ("encrypted.der", key.private_bytes(der, private.PKCS8, sealed)),
            ("pkcs12", pkcs12.serialize_key_and_certificates(b"kernel", key, None, None, sealed)),
            ("utf16", text.decode().encode("utf-16")), ("json", json.dumps({"key": text.decode()}).encode()),
            ("late", b"x" * 200 + text), ("putty", b"PuTTY-User-Key-File-3: ssh-ed25519\n" + b"x" * 64),
            ("jks", bytes.fromhex("feedfeed0000000200000002" "00000002000163" + "00" * 8 +
                                  "0005582e35303900000003444552" "0000000100016b") + b"x" * 16),
            ("pvk", bytes.fromhex("1ef1b5b0" + "00" * 20) + b"x"), ("blob", bytes.fromhex("0702000000a40000") + b"RSA2" + b"x" * 16),
            ("program", b"-----BEGIN RSA PRIVATE KEY-----\0-----END RSA PRIVATE KEY-----\0" + b"A" * 64),
            ("public", key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))):
        put("keysearch", what, b"\0" + data)


def known_hosts():
    """A file after a byte that chooses the port."""
    a = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK70K/VMnUiUnWzyGl3P37w2KtTVi1ypM3eRvCYO9KC3"
    b = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"
    hashed = "|1|3gg/n0qvIbsfhqIfE3/1UDIcvJ0=|koLjJAeThmlfwxJH8Y6X/GGKUmM="
    put("knownhosts", "plain", f"\0# ours\n\nh.example,192.0.2.1 {a} somebody@somewhere\r\nh.example {b}\n")
    put("knownhosts", "port", f"\1[h.example]:2222 {a}\nh.example {b}\n")
    put("knownhosts", "marked", f"\0@revoked * {b}\nh.example {a}\n@cert-authority h.example {b}\nh.example {b}\n")
    put("knownhosts", "hashed", f"\0{hashed} {a}\n")
    put("knownhosts", "odd", "\0h.example ssh-ed25519 AAA\nh.example\n@revoked\n@ h.example\n!h.example,*.example " + a)


def sessions():
    """Frames of a fetch child: type, two bytes of length, content."""
    def frame(kind, data=b""):
        return kind + struct.pack(">H", len(data)) + data

    def text(t):
        return struct.pack(">I", len(t)) + t

    public = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([1]) + bytes(31)).public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    blob = text(b"ssh-ed25519") + text(public)
    login = text(b"s" * 32) + b"\x32" + text(b"u") + text(b"ssh-connection") + text(b"publickey") + b"\1" + text(b"ssh-ed25519") + text(blob)
    hello, data = frame(b"H", b"\0\0\0\x3f"), lambda i, d: frame(b"D", struct.pack(">I", i) + d)

    def result(i, kind, more=b""):
        return frame(b"R", struct.pack(">IB", i, kind) + more)

    failed = b"\x03" + text(b"no\0")
    put("session", "whole", hello + frame(b"Q", text(login)) + frame(b"C") + data(0, b"x" * 50) + data(1, b"y" * 400) + data(0, b"x" * 50) +
        data(2, b"z") + data(2, b"z") + result(0, 1) + result(1, 2) + result(2, 3, failed) + frame(b"E", b"\0"))
    put("session", "refused", hello + frame(b"E", b"\1" + b"\x17" + text(b"another key\0")))
    put("session", "signs-else", hello + frame(b"Q", text(b"something else")))
    put("session", "signs-thrice", hello + 3 * frame(b"Q", text(login)))
    put("session", "password", hello + frame(b"P") + frame(b"C") + data(0, b"x" * 50))
    put("session", "password-twice", hello + 2 * frame(b"P"))
    put("session", "too-much", hello + frame(b"C") + data(0, b"x" * 101))
    def job(i, kind, more=b""):
        return frame(b"J", struct.pack(">IB", i, kind) + more)

    def wish(offset, length):
        return frame(b"W", struct.pack(">IQI", 2, offset, length))

    def entry(n, i=0):
        return frame(b"N", struct.pack(">IBQ", i, 0, 5) + text(n + b"\0"))

    put("session_jobs", "whole", entry(b"a") + entry(b"b") + data(1, b"x" * 60) + wish(0, 32768) + wish(32768, 27232) + wish(60000, 10000) +
        b"".join(job(i, 1) for i in range(4)) + frame(b"E", b"\0"))
    put("session_jobs", "results", job(0, 2) + job(1, 3, failed) + job(3, 2) + frame(b"E", b"\0"))
    put("session_jobs", "up", entry(b"..") + entry(b"a"))
    put("session_jobs", "slash", entry(b"a/b"))
    put("session_jobs", "twice", wish(0, 100) + wish(0, 100))
    put("session_jobs", "too-early", wish(0, 100) + job(2, 1))
    put("session_jobs", "too-much", data(1, b"x" * 101))
    put("session_jobs", "not-its-job", entry(b"a", 1) + data(0, b"x"))
    put("session", "twice", hello + frame(b"C") + result(0, 1) + result(0, 1))


ONE, TWO = (hashlib.sha256(t).hexdigest() for t in (b"one", b"two"))


def applied():
    return {"serial": 2, "time": GOOD, "action": "update", "release": 2, "version": 2, "newest": 2, "from": 1,
            "files": {"A/install/bin/hi": {"sha256": TWO, "length": 3, "mode": "0644"}},
            "dirs": {"install": ["bin", "new"], "app": []}, "roots": {"install": "/i", "app": "/a"},
            "set": [], "undo": [{"key": "HKLM\\SOFTWARE\\A", "name": "B"}], "changed": {"files": 3, "settings": 1}}


def wanted():
    whole = {"format": 1, "slipway": "0.1.0", "application": "A", "roots": {"install": None, "app": "/a"}, "serial": 3,
             "release": 2, "newest": 3, "user": True, "targets": ONE, "role": TWO, "version": 7, "until": GOOD, "record": "1 2 3 4"}
    put("wanted", "whole", compact(whole))
    put("wanted", "as-written", json.dumps(whole, indent=1, sort_keys=True))
    put("wanted", "newer", compact({**whole, "format": 2}))
    put("wanted", "no-format", compact({k: v for k, v in whole.items() if k != "format"}))
    put("wanted", "long-hash", compact({**whole, "role": TWO + "00"}))
    put("wanted", "never", compact({**whole, "until": "2030-02-30T00:00:00Z"}))
    put("wanted", "below-one", compact({**whole, "serial": 0, "version": -1}))
    put("wanted", "wrong-types", compact({**whole, "roots": {"install": 1, "app": []}, "user": "yes"}))
    put("wanted", "nul", compact({**whole, "application": "A\0B"}))


def records():
    whole = applied()
    hkcu = {"key": "HKCU\\SOFTWARE\\A", "name": "B", "value": "text"}
    put("record", "whole", compact(whole))
    put("record", "as-written", json.dumps(whole, indent=1, sort_keys=True))
    put("record", "summary", compact({k: v for k, v in whole.items() if k not in ("files", "dirs", "roots", "set", "undo")}))
    put("record", "of-a-user", compact({**whole, "machine": 7, "files": {}, "dirs": {"install": [], "app": []}, "set": [hkcu]}))
    put("record", "no-install-dir", compact({**whole, "roots": {"install": None, "app": "/a"}}))
    put("record", "out-of-order", compact({**whole, "files": {f"A/app/{n}": {"sha256": ONE} for n in "cab"},
                                           "dirs": {"install": ["z", "a", "z"], "app": ["b"]}}))
    put("record", "least", compact({"undo": [], "set": []}))


def journals():
    """A journal's text after a byte that chooses its name."""
    journal = {
        "roots": {"install": {"path": "/i", "made": 0}, "app": {"path": "/a", "made": 1}},
        "files": [
            {"root": "install", "path": "bin/hi", "old": {"sha256": ONE, "mode": 420}, "new": {"sha256": TWO, "mode": 493},
             "aside": "hi.changed-by-hand-2026-01-01", "early": False},
            {"root": "install", "path": "new/file", "old": None, "new": {"sha256": TWO, "mode": 420}, "aside": None, "early": False},
            {"root": "app", "path": "tls/server.crt", "old": {"sha256": ONE, "mode": 420}, "new": None, "aside": None, "early": True},
        ],
        "dirs": [{"root": "install", "path": "new", "made": True, "early": False},
                 {"root": "app", "path": "tls", "made": False, "early": True}],
        "set": [{"key": "HKLM\\SOFTWARE\\A", "name": "B", "value": "dword:5"}, {"key": "HKLM\\SOFTWARE\\C"}],
        "record": applied(),
    }
    for what in (0x3C, 0x3D, 0x3E, 0x01, 0x02, 0x41, 0x42):
        put("journal", f"whole-{what:02x}", bytes([what]) + compact(journal).encode())
    put("journal", "settings-only", b"\x01" + compact({**journal, "roots": {}, "files": [], "dirs": []}).encode())


def lines_of_audit(entries):
    """The log with these entries, chained."""
    head, text = "0" * 64, ""
    for number, entry in enumerate(entries):
        line = json.dumps({**entry, "prev": head, "seq": number + 1}, separators=(",", ":"), sort_keys=True)
        head = hashlib.sha256(line.encode()).hexdigest()
        text += line + "\n"
    return text


def audit_log():
    who = {"host": "h", "user": "u"}
    state = {r: {"sha256": ONE, "version": 1} for r in ("root", "snapshot", "timestamp")}
    entries = [{"action": a, "details": d, "state": state, "time": GOOD, "who": who}
               for a, d in (("init", {}), ("publish", {"roles": {"A": {"release": 1, "version": 1}}}), ("gc", {"bytes": 5}))]
    whole = lines_of_audit(entries)
    put("audit", "whole", whole)
    put("audit", "one-line", lines_of_audit(entries[:1]))
    put("audit", "cut", whole + whole[:40])
    put("audit", "nothing", "")
    put("audit", "no-newline", whole[:-1])
    put("audit", "altered", whole.replace("publish", "publisH", 1))
    put("audit", "line-removed", "".join(whole.splitlines(True)[::2]))
    put("audit", "not-canonical", whole.replace('"seq":1', '"seq": 1', 1))


def ca_databases():
    entry = {"serial": "4f01", "sha256": ONE, "name": "kernel", "subject": "CN=kernel", "usage": "server",
             "from": "2026-03-01T12:00:00Z", "to": GOOD}
    revoked = {**entry, "serial": "4f02", "revoked": {"time": GOOD, "reason": "superseded"}}
    put("ca_db", "new", compact({"slipway_ca": 1, "crl": 0, "issued": []}))
    put("ca_db", "whole", compact({"slipway_ca": 1, "crl": 3, "issued": [entry, revoked]}))
    put("ca_db", "same-serial", compact({"slipway_ca": 1, "crl": 3, "issued": [entry, entry]}))
    put("ca_db", "serial", compact({"slipway_ca": 1, "crl": 3, "issued": [{**entry, "serial": "4F0"}]}))
    put("ca_db", "reason", compact({"slipway_ca": 1, "crl": 3, "issued": [{**revoked, "revoked": {"time": GOOD, "reason": "x"}}]}))
    put("ca_db", "crl", compact({"slipway_ca": 1, "crl": -1, "issued": []}))


def replacements():
    whole = {"old": ONE, "new": TWO, "kernels": ["h:5000", "[::1]:5000"], "hook": "cp", "started": GOOD, "confirmed": GOOD,
             "after": GOOD, "finished": GOOD, "going": "old", "moving": "on"}
    states = {
        "whole": whole,
        "begun": {"old": ONE, "kernels": [], "started": GOOD},
        "going": {**whole, "going": "neither"},
        "moving": {**whole, "moving": ""},
        "time": {**whole, "after": "2026-02-30T00:00:00Z"},
        "kernels": {**whole, "kernels": ["h:1"] * 65},
        "unknown-member": {**whole, "later": [1]},
    }
    for name, entry in states.items():
        put("replacement", name, compact({"slipway_replace": 1, "pairs": {"kernel": entry}}))
    put("replacement", "nothing", compact({"slipway_replace": 1, "pairs": {}}))
    put("replacement", "name", compact({"slipway_replace": 1, "pairs": {"../x": whole}}))


def requests():
    """Requests of publish --unsigned: a release, and the roles that name keys."""
    def request(*files):
        return compact({"slipway_signing_request": 1, "files": list(files)})

    def file(role, body, before=None, **more):
        return {"role": role, "metadata": {"signatures": [], "signed": body},
                "before": None if before is None else {"signatures": [], "signed": before},
                "signers": [{"who": "present keys", "required": True, "keys": {IDS[0]: KEYS[0]}, "keyids": [IDS[0]],
                             "threshold": 1}], **more}

    def release(number, **targets):
        return common("targets", number, release=number,
                      targets={p: {"length": 4, "hashes": {"sha256": h}, "custom": {"mode": "0644"}} for p, h in targets.items()})

    first, second = release(1, **{"A/app/x": ONE, "A/app/y": ONE}), release(2, **{"A/app/x": TWO, "A/install/z": TWO})
    put("request", "first", request(file("A", first)))
    put("request", "next", request(file("A", second, first)))
    put("request", "root", request(file("root", root(2, timestamp_key=4), root(1))))
    put("request", "targets", request(file("targets", targets(delegation("A", paths=["A/*/*"])), targets())))
    put("request", "place", request(file("A", release(1, **{"A/other/x": ONE}))))
    put("request", "control", request(file("A", release(1, **{"A/app/\u001b[2J": ONE}))))
    put("request", "no-signers", request(file("A", first, signers=[])))
    put("request", "nothing", request())


def kits():
    whole = {"slipway-kit": 1, "installation": "I", "application": "A", "servers": ["sftp://u@h/r", "file:///r"],
             "host_keys": ["SHA256:x"], "root": "{\n}\n", "options": {"deadline": "5", "app-dir": "%AppData%/A"}}
    put("kit", "whole", compact(whole))
    put("kit", "login-key", compact({**whole, "login_key": "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n"}))
    put("kit", "newer", compact({**whole, "slipway-kit": 2}))
    put("kit", "unknown-member", compact({**whole, "x": 1}))
    put("kit", "unknown-option", compact({**whole, "options": {"key": "/x"}}))
    put("kit", "no-server", compact({**whole, "servers": []}))
    put("kit", "many-servers", compact({**whole, "servers": ["s"] * 17}))
    put("kit", "two-lines", compact({**whole, "application": "A\nB"}))
    put("kit", "nul", compact({**whole, "root": "A\0B"}))
    put("kit", "wrong-types", compact({**whole, "servers": "x", "options": []}))
    put("kit", "cut", compact(whole)[:-1])


def servers_of_roles():
    key = "SHA256:" + "A" * 43
    good = {"addresses": ["sftp://u@a/r", "sftp://u@[::1]:2/r"], "host_keys": [key]}

    def one(name, value):
        put("servers", name, compact({"servers": value}))

    one("whole", good)
    one("empty", {})
    one("other-member", {**good, "x": 1})
    one("file", {"addresses": ["file:///media/stick"]})
    one("password", {"addresses": ["sftp://u:p@a/r"]})
    one("twice", {"addresses": ["sftp://u@a/r", "sftp://u@a/r"]})
    one("many", {"addresses": ["sftp://u@a/%d" % i for i in range(17)]})
    one("cut-key", {"host_keys": [key[:-1]]})
    one("nul", {"addresses": ["sftp://u@a/r\0x"]})
    one("no-text", {"host_keys": [1]})
    one("no-list", {"addresses": {"x": 1}})
    one("no-object", [])


def learned():
    keys = ["SHA256:" + c * 43 for c in "AB"]
    whole = {"format": 1, "addresses": [{"url": "sftp://u@a/r", "joined": True}, {"url": "sftp://u@old/r"}],
             "host_keys": keys[:1], "dropped": keys[1:], "failed": 3, "asked": "2026-03-01"}
    put("learned", "whole", compact(whole))
    put("learned", "newer", compact({**whole, "format": 2}))
    put("learned", "no-format", compact({k: v for k, v in whole.items() if k != "format"}))
    put("learned", "file", compact({**whole, "addresses": [{"url": "file:///r"}]}))
    put("learned", "twice", compact({**whole, "host_keys": keys[:1] * 2}))
    put("learned", "many", compact({**whole, "addresses": [{"url": "sftp://u@a/%d" % i} for i in range(17)]}))
    put("learned", "wrong-types", compact({**whole, "failed": "x", "dropped": 1}))


with tempfile.TemporaryDirectory() as directory:
    metadata(Path(directory))
    ssh_keys(Path(directory))
client()
keys()
texts()
packets()
children()
known_hosts()
sessions()
records()
wanted()
kits()
servers_of_roles()
learned()
certificates()
private_keys()
journals()
audit_log()
ca_databases()
replacements()
requests()
releases()
served()

# Files that desktops make icons of, and a word of Exec.
put("desktop", "plain", "[Desktop Entry]\nType=Application\nName=Mine\nExec=hi\n")
put("desktop", "actions", "[Desktop Entry]\r\nName=V\r\nExec=env LANG=C \"hi\" --open %f\r\nDBusActivatable=true\r\n\r\n"
    "[Desktop Action new]\r\nExec=hi --new\r\n")
put("desktop", "open-quotes", "[Desktop Entry]\nExec=\"h\\\\i")
put("desktop", "no-entry", "[Desktop Action x]\nExec=hi\n")
put("desktop", "word", "a \"b\" $c `d` %e \\f")
