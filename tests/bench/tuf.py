#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""CPU time and peak memory of slipway-tuf against repositories with many targets in a delegated role.

The peer, tests/bench/peer.py, checks the same files with Python's json and cryptography, and does nothing else.
"""
import datetime
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from bench import arguments, medians, write

SIZES = (1_000, 10_000, 50_000)
PEER = Path(__file__).resolve().with_name("peer.py")
CONTENT = b"the content of a target\n"


def canonical(value):
    # Only for ASCII without control characters, for which json's form is the canonical one.
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Key:
    def __init__(self):
        self.private = ed25519.Ed25519PrivateKey.generate()
        raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.object = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": raw.hex()}}
        self.id = hashlib.sha256(canonical(self.object)).hexdigest()

    def sign(self, body):
        return canonical({"signatures": [{"keyid": self.id, "sig": self.private.sign(canonical(body)).hex()}],
                          "signed": body}) + b"\n"


def make_repository(where, targets):
    """One delegated role APP with so many targets, which all have the same content."""
    metadata, expires = where / "metadata", (datetime.datetime.now() + datetime.timedelta(days=30)).strftime("%Y-%m-%dT00:00:00Z")
    metadata.mkdir(parents=True)
    keys = {role: Key() for role in ("root", "timestamp", "snapshot", "targets", "APP")}

    def put(name, role, kind, **body):
        data = keys[role].sign({"_type": kind, "spec_version": "1.0.31", "version": 1, "expires": expires, **body})
        (metadata / name).write_bytes(data)
        return {"version": 1, "length": len(data), "hashes": {"sha256": hashlib.sha256(data).hexdigest()}}

    digest = hashlib.sha256(CONTENT).hexdigest()
    target = {"length": len(CONTENT), "hashes": {"sha256": digest}}
    app = put("1.APP.json", "APP", "targets", targets={f"APP/install/{i // 100:04}/file-{i:06}.dat": target for i in range(targets)})
    top = put("1.targets.json", "targets", "targets", targets={}, delegations={
        "keys": {keys["APP"].id: keys["APP"].object},
        "roles": [{"name": "APP", "keyids": [keys["APP"].id], "threshold": 1, "terminating": True, "paths": ["APP/*/*/*"]}]})
    snapshot = put("1.snapshot.json", "snapshot", "snapshot", meta={"targets.json": top, "APP.json": app})
    put("timestamp.json", "timestamp", "timestamp", meta={"snapshot.json": snapshot})
    tops = ("root", "timestamp", "snapshot", "targets")
    put("1.root.json", "root", "root", consistent_snapshot=True, keys={keys[r].id: keys[r].object for r in tops},
        roles={r: {"keyids": [keys[r].id], "threshold": 1} for r in tops})
    last = f"APP/install/{(targets - 1) // 100:04}/file-{targets - 1:06}.dat"
    file = where / "targets" / last
    file.parent.mkdir(parents=True)
    file.with_name(f"{digest}.{file.name}").write_bytes(CONTENT)
    return last


def bench(args, work):
    results = []

    def row(case, program, targets, prepare, command):
        results.append({"case": case, "program": program, "targets": targets,
                        **medians(args.runs, args.measure, [(prepare, command)])[0]})
        r = results[-1]
        print(f"{case:<13} {program:<12} {targets:>8,} {r['cpu_ms']:>9.1f} {r['peak_mib']:>9.1f} {r['wall_ms']:>9.1f}", flush=True)

    print(f"{'case':<13} {'program':<12} {'targets':>8} {'CPU ms':>9} {'peak MiB':>9} {'wall ms':>9}")
    for n in SIZES:
        where = work / str(n)
        last = make_repository(where, n)
        local, out = where / "local", where / "out"
        url = f"file://{where}/metadata/"
        base = [args.program, "--metadata-dir", local]
        fetch = [*base, "--metadata-url", url, "--target-name", last, "--target-base-url", f"file://{where}/targets/",
                 "--target-dir", out, "download"]

        def fresh():
            for directory in (local, out):
                shutil.rmtree(directory, ignore_errors=True)
                directory.mkdir()
            subprocess.run([*base, "init", where / "metadata/1.root.json"], check=True, stdout=subprocess.DEVNULL)

        row("all new", "slipway-tuf", n, fresh, fetch)
        row("nothing new", "slipway-tuf", n, lambda: None, fetch)
        row("refresh only", "slipway-tuf", n, lambda: None, [*base, "--metadata-url", url, "refresh"])
        row("all new", "python", n, lambda: None, [sys.executable, PEER, where / "metadata", last])
    return results


def main():
    args = arguments()
    args.program = args.build / "updater/slipway-tuf"
    with tempfile.TemporaryDirectory() as work:
        results = bench(args, Path(work))
    write(args, results)

    def cpu(n):
        return next(r["cpu_ms"] for r in results if r["program"] == "slipway-tuf" and r["case"] == "all new" and r["targets"] == n)

    steps = [(cpu(b) - cpu(a)) / (b - a) * 1000 for a, b in zip(SIZES, SIZES[1:])]
    print("each further target, all new: " + ", ".join(
        f"{us:.2f} us from {a:,} to {b:,}" for us, a, b in zip(steps, SIZES, SIZES[1:])))


main()
