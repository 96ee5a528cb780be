#!/usr/bin/python
# SPDX-License-Identifier: ISC
"""A station's login key makes way for a new one, in three steps that an interruption doesn't hurt."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: slipway_login_key
short_description: Replaces a station's login key without a moment in which it can't log in
version_added: "0.2.0"
description:
  - With I(state=prepared) the station makes a new key beside the one in use, which stays in use. A key that an
    interrupted replacement left is taken again.
  - With I(state=used) the new key is tried at the servers (C(slipway enroll --change --key)); only where one of them
    takes the login is it the station's key from then on.
  - With I(state=clean) the files of keys that are no longer in use are removed.
  - In between, the update servers get and lose lines of C(authorized_keys); the playbook
    C(slipway.fleet.rotate_login_key) has the order.
  - Private keys never leave the station. C(ssh-keygen) makes them.
options:
  state:
    description: The step.
    type: str
    choices: [prepared, used, clean]
    required: true
  installation:
    description: The installation; it may be left out where only one has the application.
    type: str
  application:
    description: The application; it may be left out where only one is enrolled.
    type: str
author: The Slipway authors
extends_documentation_fragment: [slipway.fleet.station]
attributes:
  check_mode:
    support: full
    description: Makes, tries and removes nothing.
"""

EXAMPLES = r"""
- name: Make a new key
  slipway.fleet.slipway_login_key:
    state: prepared
  register: prepared
"""

RETURN = r"""
public_key:
  description: The new key's line for C(authorized_keys); empty in check mode where there is none yet, and where no
    replacement is under way.
  returned: always
  type: str
old_public_keys:
  description: Lines of the keys that make way, or have made way and whose files are still there.
  returned: always
  type: list
  elements: str
old_is_own:
  description: Whether the old keys are this station's alone, made by C(enroll --new-key) or by this module. Another
    station may log in with a key that isn't.
  returned: always
  type: bool
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.slipway.fleet.plugins.module_utils.station import (
    COMMON, Slipway, choose, public_line, read_public)

NAME = "login"
# Lines of the keys that made way: their public halves, and the files to remove.
RETIRED = "login-retired"


class Keys(object):
    """The login keys of an application, in its state or elsewhere."""

    def __init__(self, module):
        self.module = module
        self.slipway = Slipway(module)
        if self.slipway.path is None:
            module.fail_json(msg="want the program %s, found none" % module.params["executable"])
        self.found = self.slipway.settings()
        self.pair = choose(self.found, module.params["installation"], module.params["application"])
        if self.pair is None:
            module.fail_json(msg="want one enrolled application, got %d; name it" % len(self.found))
        self.dir = self.slipway.state(*self.pair)
        self.present = self.found[self.pair].get("LoginKey")
        if self.present is None:
            module.fail_json(msg="%s/%s: want a login by a key, got another one" % self.pair)

    def present_line(self):
        """The line of the key in use.  Without it no server could shut the key out."""
        line = public_line(read_public(self.present))
        if line == "":
            keygen = self.module.get_bin_path("ssh-keygen", required=True)
            rc, out, unused = self.module.run_command([keygen, "-y", "-P", "", "-f", self.present])
            line = out.strip() if rc == 0 else ""
        if line == "":
            self.module.fail_json(msg="%s: want a login key whose public half can be told" % self.present)
        return line

    def prepared(self):
        """The path of a new key that isn't in use yet, or None: of those made later than the one in use the last."""
        files = [os.path.join(self.dir, name) for name in names_after(
            os.listdir(self.dir) if os.path.isdir(self.dir) else [],
            os.path.basename(self.present) if os.path.dirname(self.present) == self.dir else "")]
        return files[-1] if files else None

    def comment(self):
        host = self.slipway.status(*self.pair).get("host", "")
        return "%s/%s@%s" % (self.pair[0], self.pair[1], host)

    def retired(self):
        """What earlier steps wrote down: (path, line) of each key that made way."""
        try:
            with open(os.path.join(self.dir, RETIRED), encoding="utf-8") as f:
                lines = [tuple(line.rstrip("\n").split("\t", 1)) for line in f if "\t" in line]
        except OSError:
            return []
        # A step that didn't come to its end: this key is still, or again, the one in use.
        present = self.present_line().split()[1]
        return [one for one in lines if one[0] != self.present and one[1].split()[1:2] != [present]]

    def is_shared(self, path):
        """Whether another application of this station logs in with the key, too."""
        return any(values.get("LoginKey") == path for pair, values in self.found.items() if pair != self.pair)

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
            f.flush()
            os.fsync(f.fileno())
        os.rename(path + ".new", path)

    def answer(self, changed, new, old):
        own = self.comment()
        self.module.exit_json(
            changed=changed, public_key=public_line(read_public(new)) if new else "", old_public_keys=old,
            old_is_own=all(line.split(" ", 2)[2:] == [own] for line in old))


def names_after(names, present):
    """The key files made by this module later than the one called present ("": elsewhere), oldest first."""
    made = [name for name in names if name.startswith(NAME + "-2") and "." not in name]
    return sorted(name for name in made if name > present)


def old_lines(keys):
    """The lines of what makes way: of the present key, unless it is the new one, and of earlier steps."""
    lines = [line for unused, line in keys.retired()]
    if keys.prepared() is not None:
        lines.append(keys.present_line())
    return sorted({line for line in lines if line})


def make(keys, keygen, path):
    """The file has its name once it is whole and on the disk."""
    part = path + ".new"
    for name in (part, part + ".pub"):
        if os.path.exists(name):
            os.unlink(name)
    keys.module.run_command([keygen, "-q", "-t", "ed25519", "-N", "", "-C", keys.comment(), "-f", part], check_rc=True)
    os.unlink(part + ".pub")
    with open(part, "rb") as f:
        os.fsync(f.fileno())
    os.rename(part, path)


def prepare(keys):
    if keys.prepared() is None:
        lines = sorted({line for unused, line in keys.retired()} | {keys.present_line()})
        if keys.module.check_mode:
            keys.answer(True, None, lines)
        keygen = keys.module.get_bin_path("ssh-keygen", required=True)
        path = os.path.join(keys.dir, NAME + "-" + time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
        make(keys, keygen, path)
        keys.answer(True, path, lines)
    keys.answer(False, keys.prepared(), old_lines(keys))


def use(keys):
    new = keys.prepared()
    if new is None:
        keys.answer(False, None, old_lines(keys))
    lines = old_lines(keys)
    if not keys.module.check_mode:
        retired = keys.retired() + [(keys.present, keys.present_line())]
        keys.write(RETIRED, "".join("%s\t%s\n" % one for one in retired))
        keys.slipway.must("enroll", "--change", "--installation", keys.pair[0], "--app", keys.pair[1], "--key", new)
    keys.answer(True, new, lines)


def clean(keys):
    if keys.prepared() is not None:
        if keys.module.check_mode:  # the step before would have used it
            keys.answer(True, None, [])
        keys.module.fail_json(msg="%s/%s: the new login key isn't in use yet" % keys.pair)
    retired = [path for path, unused in keys.retired()]
    if not os.path.exists(os.path.join(keys.dir, RETIRED)):
        keys.answer(False, None, [])
    if not keys.module.check_mode:
        for path in retired:
            if os.path.exists(path) and not keys.is_shared(path):
                os.unlink(path)
        os.unlink(os.path.join(keys.dir, RETIRED))
    keys.answer(True, None, [])


def main():
    spec = dict(state=dict(type="str", choices=["prepared", "used", "clean"], required=True), **COMMON)
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    dict(prepared=prepare, used=use, clean=clean)[module.params["state"]](Keys(module))


if __name__ == "__main__":
    main()
