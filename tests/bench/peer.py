#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The least work of a client in Python: parse each file, check hash, length and signature (ed25519), find one target.

usage: peer.py METADATA-DIRECTORY TARGET
"""
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read(name, meta=None):
    data = (directory / name).read_bytes()
    if meta is not None and (len(data) != meta["length"] or hashlib.sha256(data).hexdigest() != meta["hashes"]["sha256"]):
        sys.exit(f"{name}: not what its parent states")
    return json.loads(data)


def verify(envelope, role, keys):
    body = canonical(envelope["signed"])
    good = set()
    for signature in envelope["signatures"]:
        if signature["keyid"] in role["keyids"]:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[signature["keyid"]]["keyval"]["public"]))
            public.verify(bytes.fromhex(signature["sig"]), body)
            good.add(signature["keyid"])
    if len(good) < role["threshold"]:
        sys.exit("too few signatures")
    return envelope["signed"]


directory = Path(sys.argv[1])
root = read("1.root.json")
verify(root, root["signed"]["roles"]["root"], root["signed"]["keys"])
root = root["signed"]
timestamp = verify(read("timestamp.json"), root["roles"]["timestamp"], root["keys"])
snapshot = verify(read("1.snapshot.json", timestamp["meta"]["snapshot.json"]), root["roles"]["snapshot"], root["keys"])
targets = verify(read("1.targets.json", snapshot["meta"]["targets.json"]), root["roles"]["targets"], root["keys"])
app = verify(read("1.APP.json", snapshot["meta"]["APP.json"]), targets["delegations"]["roles"][0], targets["delegations"]["keys"])
print(app["targets"][sys.argv[2]]["length"])
