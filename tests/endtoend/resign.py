# SPDX-License-Identifier: ISC
"""resign.py METADATA KEY EXPIRES [VERSION]: a metadata file with this expiry and version (default: the next),
signed with an ed25519 key."""
import json
import sys

from cryptography.hazmat.primitives.serialization import load_pem_private_key

path, key_file, expires = sys.argv[1:4]
with open(path, encoding="utf-8") as f:
    metadata = json.load(f)
with open(key_file, "rb") as f:
    key = load_pem_private_key(f.read(), password=None)
metadata["signed"]["expires"] = expires
metadata["signed"]["version"] = int(sys.argv[4]) if len(sys.argv) > 4 else metadata["signed"]["version"] + 1
if len(metadata["signatures"]) != 1:
    sys.exit(f"{path}: want one signature, got {len(metadata['signatures'])}")
# Canonical JSON; these files have no character that json.dumps() would escape otherwise.
canonical = json.dumps(metadata["signed"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
metadata["signatures"][0]["sig"] = key.sign(canonical.encode()).hex()
json.dump(metadata, sys.stdout)
