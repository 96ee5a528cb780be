#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A second implementation of keys, canonical JSON, signatures and roles, written from The Update Framework's
specification 1.0 and from securesystemslib's rules for canonical JSON.  It must agree with ours in both directions.

usage: second_opinion.py SLIPWAY_REPO SLIPWAY_TUF CANONICAL
"""
import datetime
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

REPO, TUF, CANONICAL = sys.argv[1:4]

NASTY = {
    "empty": "",
    "quotes": 'a"b\\c/d',
    "all control characters": "".join(map(chr, range(32))),
    "NUL inside": "a\0b",
    "delete": "\x7f\x80\x9f",
    "line separators": "\u2028\u2029",
    "not normalised": "e\u0301\u00e9",
    "above the BMP": "\U0001f600\U0010ffff",
    "private use, above which surrogates sort in UTF-16": "\ue000\uffff",
    "right to left": "\u202e\u05d0",
    "escapes that look like escapes": "\\u0041\\n\\\"",
}
ODD_NAMES = ["b", "a", "B", "", " ", "\u00e9", "e\u0301", "\U0001f600", "\uffff", "\ue000", "10", "9", "\\", '"', "\x01"]


def canonical(value):
    """Only quotation mark and backslash are escaped; names in code point order; integers only."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in sorted(value)) + "}"
    raise TypeError(f"no canonical form: {value!r}")


def canonical_bytes(value):
    return canonical(value).encode("utf-8")


def key_id(key):
    return hashlib.sha256(canonical_bytes(key)).hexdigest()


def pem(public):
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


class Signer:
    """A private key with its TUF key object."""

    def __init__(self, kind, salt=padding.PSS.DIGEST_LENGTH):
        self.salt = salt
        if kind == "ed25519":
            self.private = ed25519.Ed25519PrivateKey.generate()
            raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            self.object = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": raw.hex()}}
        elif kind in ("ecdsa", "ecdsa-sha2-nistp256"):
            self.private = ec.generate_private_key(ec.SECP256R1())
            self.object = {"keytype": kind, "scheme": "ecdsa-sha2-nistp256",
                           "keyval": {"public": pem(self.private.public_key())}}
        else:
            self.private = rsa.generate_private_key(65537, 2048)
            self.object = {"keytype": "rsa", "scheme": "rsassa-pss-sha256",
                           "keyval": {"public": pem(self.private.public_key())}}
        self.id = key_id(self.object)

    def sign(self, data):
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, ec.ECDSA(hashes.SHA256()))
        return self.private.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), self.salt), hashes.SHA256())


def verifies(key, signature, data):
    try:
        if key["keytype"] == "ed25519":
            public = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["keyval"]["public"]))
            public.verify(signature, data)
        else:
            public = serialization.load_pem_public_key(key["keyval"]["public"].encode())
            if key["keytype"] == "rsa":
                public.verify(signature, data, padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO),
                              hashes.SHA256())
            else:
                public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        return True
    except InvalidSignature:
        return False


def threshold_met(metadata, keys, role):
    data = canonical_bytes(metadata["signed"])
    good = set()
    for signature in metadata["signatures"]:
        keyid = signature["keyid"]
        if keyid in role["keyids"] and keyid in keys and key_id(keys[keyid]) == keyid:
            if verifies(keys[keyid], bytes.fromhex(signature["sig"]), data):
                good.add(keyid)
    return len(good) >= role["threshold"]


class Repository:
    """A whole repository signed by this program."""

    def __init__(self, path, signers, consistent=True, extra=None):
        self.path = Path(path)
        self.signers = signers
        self.consistent = consistent
        self.extra = extra or {}
        self.expires = (datetime.datetime.utcnow() + datetime.timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        (self.path / "metadata").mkdir(parents=True)
        (self.path / "targets").mkdir()

    def common(self, kind, version=1):
        return {"_type": kind, "spec_version": "1.0.31", "version": version, "expires": self.expires, **self.extra}

    def write(self, name, signed, signers):
        data = canonical_bytes(signed)
        metadata = {"signatures": [{"keyid": s.id, "sig": s.sign(data).hex()} for s in signers], "signed": signed}
        text = json.dumps(metadata, indent=1).encode()
        (self.path / "metadata" / name).write_bytes(text)
        return {"version": signed["version"], "length": len(text),
                "hashes": {"sha256": hashlib.sha256(text).hexdigest(), "sha512": hashlib.sha512(text).hexdigest()}}

    def numbered(self, name, version=1):
        return f"{version}.{name}" if self.consistent else name

    def target(self, name, data):
        digest = hashlib.sha512(data).hexdigest()
        folder, _, leaf = name.rpartition("/")
        (self.path / "targets" / folder).mkdir(parents=True, exist_ok=True)
        (self.path / "targets" / folder / (f"{digest}.{leaf}" if self.consistent else leaf)).write_bytes(data)
        return {"length": len(data), "hashes": {"sha512": digest}}

    def publish(self):
        """Root with all signers for every role, all of which are needed; a delegated role, and one below it."""
        keys = {s.id: s.object for s in self.signers}
        role = {"keyids": list(keys), "threshold": len(keys)}
        self.write("1.root.json", {**self.common("root"), "consistent_snapshot": self.consistent, "keys": keys,
                                   "roles": dict.fromkeys(["root", "timestamp", "snapshot", "targets"], role)},
                   self.signers)

        def delegation(name, pattern):
            return {"name": name, "terminating": False, "paths": [pattern], **role}

        meta = {}
        meta["a/b?.json"] = self.write(self.numbered("a%2Fb%3F.json"), {
            **self.common("targets"), "targets": {"d/file.txt": self.target("d/file.txt", b"content\n")}}, self.signers)
        meta["outer.json"] = self.write(self.numbered("outer.json"), {
            **self.common("targets"), "targets": {},
            "delegations": {"keys": keys, "roles": [delegation("a/b?", "d/*.txt")]}}, self.signers)
        meta["targets.json"] = self.write(self.numbered("targets.json"), {
            **self.common("targets"), "targets": {"top": self.target("top", b"")},
            "delegations": {"keys": keys, "roles": [delegation("outer", "d/*")]}}, self.signers)
        snapshot = self.write(self.numbered("snapshot.json"), {**self.common("snapshot"), "meta": meta}, self.signers)
        self.write("timestamp.json", {**self.common("timestamp"), "meta": {"snapshot.json": snapshot}}, self.signers)


class Case(unittest.TestCase):
    def setUp(self):
        self.holder = tempfile.TemporaryDirectory()
        self.dir = Path(self.holder.name)

    def tearDown(self):
        self.holder.cleanup()

    def run_it(self, *command, status=0):
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, status, f"{command}: {done.stdout.decode(errors='replace')}")
        return done.stdout

    def client(self, repository, *arguments, status=0):
        return self.run_it(TUF, "--metadata-dir", self.dir / "trusted", *arguments, status=status)

    def refresh(self, repository, status=0):
        return self.client(repository, "--metadata-url", f"file://{repository.path}/metadata", "refresh", status=status)

    def download(self, repository, *names, status=0):
        arguments = [a for n in names for a in ("--target-name", n)]
        return self.client(repository, "--metadata-url", f"file://{repository.path}/metadata", *arguments,
                           "--target-base-url", f"file://{repository.path}/targets",
                           "--target-dir", self.dir / "out", "download", status=status)


class CanonicalForm(Case):
    def agree(self, value, **style):
        path = self.dir / "value.json"
        path.write_text(json.dumps(value, **style), encoding="utf-8")
        self.assertEqual(self.run_it(CANONICAL, path), canonical_bytes(value))

    def test_nasty_texts(self):
        for name, text in NASTY.items():
            for ascii_only in (True, False):
                with self.subTest(name, ascii_only=ascii_only):
                    self.agree({"x": text}, ensure_ascii=ascii_only)

    def test_order_of_names(self):
        self.agree({name: i for i, name in enumerate(ODD_NAMES)})

    def test_numbers(self):
        self.agree({"x": [0, -0, -1, 2**53 + 1, 2**63 - 1, -2**63]})

    def test_nesting_and_literals(self):
        self.agree({"a": {}, "b": [], "c": [[], {}, [None, True, False]], "d": {"e": {"f": [1, {"g": ""}]}}})

    def test_white_space(self):
        self.agree({"a": [1, 2, {"b": "c d"}]}, indent=7)

    def test_no_canonical_form(self):
        for text in ("1.5", "1e3", "1.0", str(2**63), "NaN", "-Infinity"):
            with self.subTest(text):
                path = self.dir / "value.json"
                path.write_text('{"x": ' + text + "}", encoding="utf-8")
                self.run_it(CANONICAL, path, status=1)


class OursVerifiesTheirs(Case):
    def whole(self, signers, **more):
        repository = Repository(self.dir / "repo", signers, **more)
        repository.publish()
        self.client(repository, "init", repository.path / "metadata/1.root.json")
        self.refresh(repository)
        self.download(repository, "d/file.txt", "top")
        self.assertEqual((self.dir / "out/d/file.txt").read_bytes(), b"content\n")
        self.assertEqual((self.dir / "out/top").read_bytes(), b"")
        trusted = sorted(p.name for p in (self.dir / "trusted").glob("*.json"))
        self.assertEqual(trusted, ["a%2Fb%3F.json", "outer.json", "root.json", "snapshot.json", "targets.json",
                                   "timestamp.json"])
        return repository

    def test_each_kind_of_key(self):
        for kind in ("ed25519", "ecdsa", "ecdsa-sha2-nistp256", "rsa"):
            with self.subTest(kind):
                self.tearDown()
                self.setUp()
                self.whole([Signer(kind)])

    def test_all_kinds_together(self):
        self.whole([Signer("ed25519"), Signer("ecdsa"), Signer("ecdsa-sha2-nistp256"), Signer("rsa")])

    def test_salts_of_rsa(self):
        for salt in (0, 20, 32, padding.PSS.MAX_LENGTH):
            with self.subTest(salt):
                self.tearDown()
                self.setUp()
                self.whole([Signer("rsa", salt)])

    def test_without_consistent_snapshots(self):
        self.whole([Signer("ed25519")], consistent=False)

    def test_nasty_texts_are_signed_over(self):
        self.whole([Signer("ed25519")], extra={"x-nasty": NASTY, "x-names": dict.fromkeys(ODD_NAMES, 1)})

    def test_one_signature_too_few(self):
        repository = Repository(self.dir / "repo", [Signer("ed25519"), Signer("ecdsa")])
        repository.publish()
        self.client(repository, "init", repository.path / "metadata/1.root.json")
        path = repository.path / "metadata/timestamp.json"
        for drop in (0, 1):
            with self.subTest(drop):
                good = path.read_bytes()
                metadata = json.loads(good)
                del metadata["signatures"][drop]
                path.write_text(json.dumps(metadata))
                self.refresh(repository, status=1)
                path.write_bytes(good)
        self.refresh(repository)

    def test_changed_content(self):
        for kind in ("ed25519", "ecdsa", "rsa"):
            with self.subTest(kind):
                self.tearDown()
                self.setUp()
                repository = Repository(self.dir / "repo", [Signer(kind)])
                repository.publish()
                self.client(repository, "init", repository.path / "metadata/1.root.json")
                path = repository.path / "metadata/timestamp.json"
                path.write_text(path.read_text().replace('"version": 1,', '"version": 2,', 1))
                self.refresh(repository, status=1)
                self.assertFalse((self.dir / "trusted/timestamp.json").exists())


class TheirsVerifiesOurs(Case):
    def check_role(self, served, name, keys, role, meta=None):
        data = (served / "metadata" / name).read_bytes()
        metadata = json.loads(data)
        self.assertTrue(threshold_met(metadata, keys, role), name)
        if meta is not None:
            self.assertEqual(metadata["signed"]["version"], meta["version"])
            if "length" in meta:
                self.assertEqual(len(data), meta["length"])
            for kind, digest in meta.get("hashes", {}).items():
                self.assertEqual(hashlib.new(kind, data).hexdigest(), digest)
        return metadata["signed"]

    def test_repository(self):
        repo = self.dir / "repo"
        self.run_it(REPO, "init", repo, "--no-passphrase")
        release = self.dir / "release"
        (release / "app/dir").mkdir(parents=True)
        (release / "app/dir/a.txt").write_bytes(b"abc")
        (release / "app/b.bin").write_bytes(bytes(range(256)) * 300)
        self.run_it(REPO, "--repo", repo, "app", "add", "COV_PB", "--no-passphrase")
        self.run_it(REPO, "--repo", repo, "publish", "--app", "COV_PB", release)
        served = repo / "served"
        root = json.loads((served / "metadata/1.root.json").read_text())["signed"]
        for keyid, key in root["keys"].items():
            self.assertEqual(key_id(key), keyid)
        self.check_role(served, "1.root.json", root["keys"], root["roles"]["root"])
        timestamp = self.check_role(served, "timestamp.json", root["keys"], root["roles"]["timestamp"])
        meta = timestamp["meta"]["snapshot.json"]
        snapshot = self.check_role(served, f"{meta['version']}.snapshot.json", root["keys"],
                                   root["roles"]["snapshot"], meta)
        meta = snapshot["meta"]["targets.json"]
        targets = self.check_role(served, f"{meta['version']}.targets.json", root["keys"], root["roles"]["targets"], meta)
        self.assertEqual(len(targets["delegations"]["roles"]), 1)
        role = targets["delegations"]["roles"][0]
        meta = snapshot["meta"][role["name"] + ".json"]
        app = self.check_role(served, f"{meta['version']}.{role['name']}.json", targets["delegations"]["keys"], role, meta)
        self.assertEqual(sorted(app["targets"]), ["COV_PB/app/b.bin", "COV_PB/app/dir/a.txt"])
        for path, target in app["targets"].items():
            folder, _, leaf = path.rpartition("/")
            data = (served / "targets" / folder / f"{target['hashes']['sha256']}.{leaf}").read_bytes()
            self.assertEqual(len(data), target["length"])
            for kind, digest in target["hashes"].items():
                self.assertEqual(hashlib.new(kind, data).hexdigest(), digest)


if __name__ == "__main__":
    unittest.main(argv=[os.path.basename(sys.argv[0]), "-v"])
