# SPDX-License-Identifier: ISC
"""What the modules share: running slipway, what a station says of itself, and public halves of login keys."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import binascii
import json
import os
import struct

KEY = "HKLM\\SOFTWARE\\Slipway"
MAGIC = b"openssh-key-v1\0"
MARKS = ("-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----")

COMMON = dict(
    installation=dict(type="str"),
    application=dict(type="str"),
    home=dict(type="path"),
    executable=dict(type="str", default="slipway"),
)


class Slipway(object):
    """The program of the station; home is SLIPWAY_HOME, or None."""

    def __init__(self, module):
        self.module = module
        self.home = module.params["home"]
        self.path = module.get_bin_path(module.params["executable"])

    def run(self, *args):
        """Returns status, output, and what was said beside it."""
        environ = {"LC_ALL": "C.UTF-8"}
        if self.home:
            environ["SLIPWAY_HOME"] = self.home
        return self.module.run_command([self.path] + list(args), environ_update=environ)

    def must(self, *args):
        rc, out, said = self.run(*args)
        if rc != 0:
            self.module.fail_json(msg="slipway %s: %s" % (args[0], said.strip() or out.strip()), rc=rc)
        return out

    def version(self):
        words = self.must("version").split()
        return words[1] if len(words) > 1 else ""

    def settings(self):
        """Each enrolled application: (installation, application) and its settings by name."""
        rc, out, said = self.run("settings", "list", "--json", KEY)
        if rc != 0:
            if "there is no such key" in said:
                return {}
            self.module.fail_json(msg="slipway settings list: %s" % said.strip(), rc=rc)
        return enrolled(json.loads(out))

    def status(self, installation, application):
        return json.loads(self.must("status", "--json", "--installation", installation, "--app", application))

    def state(self, installation, application):
        """The directory of the application's state."""
        if self.home:
            top = os.path.join(self.home, "state")
        elif os.geteuid() == 0:
            top = "/var/lib/slipway"
        else:
            top = os.path.join(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state"), "slipway")
        return os.path.join(top, installation, application)


def enrolled(keys):
    """The settings of each enrolled application, from what 'slipway settings list --json' printed."""
    found = {}
    for key, values in keys.items():
        names = key[len(KEY) + 1:].split("\\")
        if key.upper().startswith(KEY.upper() + "\\") and len(names) == 2 and "Server" in values:
            found[tuple(names)] = {name: value["value"] for name, value in values.items()}
    return found


def choose(found, installation, application):
    """The one that the names mean, or None; names have no case."""
    fit = [pair for pair in found
           if (installation is None or pair[0].lower() == installation.lower())
           and (application is None or pair[1].lower() == application.lower())]
    return fit[0] if len(fit) == 1 else None


def take(data):
    """The first string of data, which has its length before it, and what follows."""
    if len(data) < 4:
        raise ValueError("cut")
    size = struct.unpack(">I", data[:4])[0]
    if len(data) < 4 + size:
        raise ValueError("cut")
    return data[4:4 + size], data[4 + size:]


def public_half(text):
    """The public half of a private key of ssh-keygen's form, as (type, base64, comment), or None.

    The comment is "" where the key is encrypted."""
    body = text.strip()
    if not (body.startswith(MARKS[0]) and body.endswith(MARKS[1])):
        return None
    try:
        data = base64.b64decode("".join(body[len(MARKS[0]):-len(MARKS[1])].split()))
        if not data.startswith(MAGIC):
            return None
        cipher, rest = take(data[len(MAGIC):])
        rest = take(take(rest)[1])[1]
        blob, rest = take(rest[4:])
        kind = take(blob)[0].decode("ascii")
        return kind, base64.b64encode(blob).decode("ascii"), comment_of(cipher, kind, rest)
    except (ValueError, binascii.Error, struct.error):
        return None


def comment_of(cipher, kind, rest):
    """The comment is the last string of an ed25519 key; other kinds' isn't looked for."""
    if cipher != b"none" or kind != "ssh-ed25519":
        return ""
    private = take(rest)[0][8:]
    for unused in range(3):
        private = take(private)[1]
    return take(private)[0].decode("utf-8", "replace")


def public_line(half):
    """The line for authorized_keys."""
    return " ".join(part for part in half if part) if half else ""


def read_public(path):
    """public_half() of a file, or None where it can't be read."""
    try:
        with open(path, encoding="utf-8") as f:
            return public_half(f.read(65536))
    except (OSError, UnicodeDecodeError):
        return None
