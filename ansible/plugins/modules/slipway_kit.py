#!/usr/bin/python
# SPDX-License-Identifier: ISC
"""Makes the file that enrols stations, where it isn't as it should be."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: slipway_kit
short_description: Makes the kit of an application, the file that enrols a station
version_added: "0.2.0"
description:
  - Runs C(slipway-repo kit) and replaces I(dest) where its content differs, as after a change of the root keys.
  - The kit never has a login key; each station makes its own.
options:
  repo:
    description: The repository.
    type: path
    required: true
  application:
    description: The application, such as C(COV_PB).
    type: str
    required: true
  installation:
    description: The installation of the stations, such as C(D2EXE_COV_PB).
    type: str
    required: true
  servers:
    description: Addresses of the update servers, as stations reach them.
    type: list
    elements: str
    required: true
  host_keys:
    description: SHA-256 fingerprints of the servers' host keys.
    type: list
    elements: str
    default: []
  options:
    description: Options of C(slipway enroll), such as C(install-dir).
    type: dict
    default: {}
  dest:
    description: The file.
    type: path
    required: true
  executable:
    description: The program C(slipway-repo), by name or path.
    type: str
    default: slipway-repo
author: The Slipway authors
attributes:
  check_mode:
    support: full
    description: Writes no file.
"""

EXAMPLES = r"""
- name: Make the kit
  slipway.fleet.slipway_kit:
    repo: /srv/slipway-repository
    application: COV_PB
    installation: D2EXE_COV_PB
    servers: [sftp://slipway-sftp@updates.example/]
    host_keys: [SHA256:Hn4mFUdWYhwQMGaXGo3Kq5k1mkbzVSUQSLd6gfbEYgk]
    dest: /srv/slipway-repository-kits/COV_PB.kit
"""

RETURN = r"""
sha256:
  description: The SHA-256 of the kit; empty in check mode where the repository doesn't have the application yet.
  returned: always
  type: str
"""

import hashlib
import os
import tempfile

from ansible.module_utils.basic import AnsibleModule


def words_of(p):
    words = ["--repo", p["repo"], "kit", "--app", p["application"], "--installation", p["installation"]]
    for key in p["host_keys"]:
        words += ["--host-key", key]
    for name, value in sorted(p["options"].items()):
        words += ["--set", "%s=%s" % (name, value)]
    return words + p["servers"]


def content(path):
    if not os.path.exists(path):
        return None
    with open(path, "rb") as f:
        return f.read()


def replace(module, path, data):
    handle, name = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(handle, "wb") as f:
        f.write(data)
    module.atomic_move(name, path)
    module.set_mode_if_different(path, "0644", False)


def main():
    module = AnsibleModule(argument_spec=dict(
        repo=dict(type="path", required=True), application=dict(type="str", required=True),
        installation=dict(type="str", required=True), servers=dict(type="list", elements="str", required=True),
        host_keys=dict(type="list", elements="str", default=[], no_log=False), options=dict(type="dict", default={}),
        dest=dict(type="path", required=True), executable=dict(type="str", default="slipway-repo")),
        supports_check_mode=True)
    program = module.get_bin_path(module.params["executable"])
    if program is None and not module.check_mode:
        module.fail_json(msg="want the program %s, found none" % module.params["executable"])
    rc, out, said = (1, b"", b"") if program is None else module.run_command(
        [program] + words_of(module.params), encoding=None, environ_update={"LC_ALL": "C.UTF-8"})
    if rc != 0 and not module.check_mode:
        module.fail_json(msg="slipway-repo kit: %s" % said.decode("utf-8", "replace").strip(), rc=rc)
    changed = rc != 0 or content(module.params["dest"]) != out
    if changed and not module.check_mode:
        replace(module, module.params["dest"], out)
    module.exit_json(changed=changed, sha256="" if rc != 0 else hashlib.sha256(out).hexdigest())


if __name__ == "__main__":
    main()
