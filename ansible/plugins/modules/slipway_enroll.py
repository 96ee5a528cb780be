#!/usr/bin/python
# SPDX-License-Identifier: ISC
"""Makes a computer a station, or changes what it is enrolled with."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: slipway_enroll
short_description: Enrols a station, changes its enrolment, or ends it
version_added: "0.2.0"
description:
  - Compares what is wanted with C(slipway status --json) and the station's settings, and runs C(slipway enroll),
    C(slipway enroll --change) or C(slipway unenroll) only where they differ.
  - Values that aren't given are left as they are on a station that is enrolled; given ones count instead of the
    kit's. The root metadata counts at the first enrolment and with I(force) only.
  - Servers are tried before anything is written, unless I(check_servers) is false.
options:
  state:
    description:
      - Whether the application is enrolled.
      - With C(absent), I(installation) and I(application), or a I(kit), say which one is meant.
    type: str
    choices: [present, absent]
    default: present
  kit:
    description: A file of C(slipway-repo kit) on the station.
    type: path
  kit_sha256:
    description: The SHA-256 that the kit has to have, obtained by a safe way.
    type: str
  servers:
    description: Addresses of update servers, tried in order.
    type: list
    elements: str
  host_keys:
    description: SHA-256 fingerprints of the servers' host keys.
    type: list
    elements: str
  root:
    description: Root metadata to trust, a file on the station.
    type: path
  key:
    description: A file with the private login key, on the station.
    type: path
  new_key:
    description:
      - The station makes its own login key when it is enrolled, and returns I(public_key) for the server.
      - A station that has a login key keeps it.
    type: bool
    default: false
  password_file:
    description: A file with the login password, on the station.
    type: path
  install_dir:
    description: Where files of C(install/) go.
    type: str
  app_dir:
    description: Where files of C(app/) go.
    type: str
  deadline:
    description: Longest time in seconds that a start waits for an update.
    type: int
  on_error:
    description: What a start does when the update fails.
    type: str
    choices: [launch, block]
  warn_after_days:
    description: Days without a good refresh after which a server that can't be reached is warned of.
    type: int
  block_after_days:
    description: Days without a good refresh after which nothing is started.
    type: int
  registry_view:
    description: On Windows, whether settings are written for 32-bit programs, too.
    type: str
    choices: ['64', both]
  system_log:
    description: Whether errors and warnings go to the system's log, too.
    type: str
    choices: [auto, always, never]
  allow_writable:
    description: Let others than administrators write where files go.
    type: bool
    default: false
  check_servers:
    description: Try the servers before anything is written.
    type: bool
    default: true
  force:
    description: Replace the enrolment and its trust anchor. Always a change.
    type: bool
    default: false
author: The Slipway authors
extends_documentation_fragment: [slipway.fleet.station]
attributes:
  check_mode:
    support: full
    description: Tells what would be done, and runs no command that changes something.
"""

EXAMPLES = r"""
- name: Enrol by a kit, with a login key of the station's own
  slipway.fleet.slipway_enroll:
    kit: /etc/slipway/cov_pb.kit
    kit_sha256: "{{ cov_pb_kit_sha256 }}"
    new_key: true
  register: enrolment

- name: Other servers
  slipway.fleet.slipway_enroll:
    installation: D2EXE_COV_PB
    application: COV_PB
    servers:
      - sftp://slipway-sftp@one.example/
      - sftp://slipway-sftp@two.example/
    host_keys:
      - SHA256:Hn4mFUdWYhwQMGaXGo3Kq5k1mkbzVSUQSLd6gfbEYgk
"""

RETURN = r"""
action:
  description: What was done, or would be in check mode.
  returned: always
  type: str
  sample: enrolled
differences:
  description: Names of the options whose values differed.
  returned: always
  type: list
  elements: str
public_key:
  description: The line of the login key for the server's C(authorized_keys), empty where it isn't known.
  returned: always
  type: str
status:
  description: The answer of C(slipway status --json) afterwards, empty where nothing is enrolled.
  returned: always
  type: dict
"""

import hashlib
import json
import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.slipway.fleet.plugins.module_utils.station import (
    COMMON, Slipway, choose, public_line, read_public)

# The setting of each option of one text.
SETTINGS = dict(
    key="LoginKey", password_file="LoginPasswordFile", install_dir="InstallDir", app_dir="AppDir",
    deadline="Deadline", on_error="OnError", warn_after_days="WarnAfterDays", block_after_days="BlockAfterDays",
    registry_view="RegistryView", system_log="Log")
# What these are where nothing is set.
DEFAULTS = dict(deadline="10", on_error="launch", warn_after_days="0", block_after_days="0", registry_view="64",
                system_log="auto")
# These are told by status, as each start reads them.
IN_STATUS = ("deadline", "on_error", "warn_after_days", "block_after_days")
KIT_MAX = 1024 * 1024


def text_of(value):
    return value if value is None else str(value)


def read_kit(path, sha256):
    """What a kit says, as options of this module.  Raises ValueError."""
    with open(path, "rb") as f:
        data = f.read(KIT_MAX)
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256.lower():
        raise ValueError("want the kit with SHA-256 %s, got %s" % (sha256, hashlib.sha256(data).hexdigest()))
    try:
        kit = json.loads(data.decode("utf-8"))
        said = {name.replace("-", "_"): value for name, value in kit["options"].items()}
        said.update(servers=kit["servers"], host_keys=kit["host_keys"], installation=kit["installation"],
                    application=kit["application"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("want a file of 'slipway-repo kit': %s" % error)
    return said


def wishes(params, kit):
    """What is wanted, by option: what is given, else what the kit says."""
    names = ["servers", "host_keys"] + sorted(SETTINGS)
    wanted = {name: kit[name] for name in names if kit.get(name)}
    wanted.update((name, params[name]) for name in names if params[name] is not None)
    for name in SETTINGS:
        if name in wanted:
            wanted[name] = text_of(wanted[name])
    if params["allow_writable"]:
        wanted["allow_writable"] = True
    return wanted


def present_value(name, status, settings):
    if name == "servers":
        return status["servers"]
    if name == "host_keys":
        return status["host_keys"]
    if name in IN_STATUS:
        return text_of(status[name])
    return text_of(settings.get(SETTINGS[name], DEFAULTS.get(name, "")))


def differences(wanted, status, settings):
    """The options that --change has to be given."""
    differ = [name for name, value in wanted.items()
              if name != "allow_writable" and present_value(name, status, settings) != value]
    if wanted.get("allow_writable") and "AllowWritable" not in settings:
        differ.append("allow_writable")
    return sorted(differ)


def option_words(name, value):
    if name == "servers":
        return list(value)
    if name == "allow_writable":
        return ["--allow-writable"]
    if name == "host_keys":
        return [word for one in value for word in ("--host-key", one)]
    return ["--" + name.replace("_", "-"), value]


def enroll_words(params, wanted, pair):
    """The command of a first enrolment, or of one that replaces another.  What the kit says is in the kit."""
    given = {name for name in wanted if params[name] is not None}
    words = ["enroll"]
    if params["kit"]:
        words.append(params["kit"])
        if params["kit_sha256"]:
            words += ["--kit-sha256", params["kit_sha256"]]
        given.discard("servers")
    for name in sorted(given):
        words += option_words(name, wanted[name])
    words += ["--installation", pair[0], "--app", pair[1]]
    for name in ("root", "new_key", "force"):
        if params[name]:
            words.append("--" + name.replace("_", "-"))
            if name == "root":
                words.append(params[name])
    return words + ([] if params["check_servers"] else ["--no-check"])


def change_words(params, wanted, names, pair):
    words = ["enroll", "--change", "--installation", pair[0], "--app", pair[1]]
    for name in names:
        words += option_words(name, wanted[name])
    return words + ([] if params["check_servers"] else ["--no-check"])


def names_of(params, kit):
    return (params["installation"] or kit.get("installation"), params["application"] or kit.get("application"))


class Enrolment(object):
    """What there is of the application that is meant."""

    def __init__(self, slipway, names):
        self.slipway = slipway
        self.pair = self.settings = self.status = None
        if slipway.path is None:
            return
        found = slipway.settings()
        self.pair = choose(found, *names)
        if self.pair is not None:
            self.settings = found[self.pair]
            self.status = slipway.status(*self.pair)

    def public_key(self):
        file = (self.settings or {}).get("LoginKey")
        return public_line(read_public(file)) if file else ""


def finish(module, slipway, names, action, changed, said):
    now = Enrolment(slipway, names)
    module.exit_json(changed=changed, action=action, differences=said, public_key=now.public_key(),
                     status=now.status or {})


def carry_out(module, slipway, words, rest):
    """Runs the command, but in check mode.  rest: names, action, differences."""
    if not module.check_mode:
        slipway.must(*words)
    finish(module, slipway, rest[0], rest[1], True, rest[2])


def absent(module, slipway, names):
    if None in names:
        module.fail_json(msg="want installation and application, or a kit")
    was = Enrolment(slipway, names)
    if was.pair is None:
        finish(module, slipway, names, "nothing", False, [])
    carry_out(module, slipway, ["unenroll", "--yes", "--installation", was.pair[0], "--app", was.pair[1]],
              (names, "unenrolled", []))


def present(module, slipway, kit, names):
    params = module.params
    wanted = wishes(params, kit)
    if None in names:
        module.fail_json(msg="want installation and application, or a kit")
    if slipway.path is None and not module.check_mode:
        module.fail_json(msg="want the program %s, found none; install the package slipway" % params["executable"])
    was = Enrolment(slipway, names)
    if was.pair is not None and not params["force"]:
        if was.settings.get("LoginKey") and params["new_key"]:
            wanted.pop("key", None)
        differ = differences(wanted, was.status, was.settings)
        if not differ:
            finish(module, slipway, names, "nothing", False, [])
        carry_out(module, slipway, change_words(params, wanted, differ, was.pair), (names, "changed", differ))
    action = "enrolled" if was.pair is None else "replaced"
    carry_out(module, slipway, enroll_words(params, wanted, names), (names, action, sorted(wanted)))


def main():
    spec = dict(
        state=dict(type="str", choices=["present", "absent"], default="present"),
        kit=dict(type="path"), kit_sha256=dict(type="str"),
        servers=dict(type="list", elements="str"), host_keys=dict(type="list", elements="str", no_log=False),
        root=dict(type="path"), key=dict(type="path", no_log=False), new_key=dict(type="bool", default=False,
                                                                                 no_log=False),
        password_file=dict(type="path", no_log=False), install_dir=dict(type="str"), app_dir=dict(type="str"),
        deadline=dict(type="int"), on_error=dict(type="str", choices=["launch", "block"]),
        warn_after_days=dict(type="int"), block_after_days=dict(type="int"),
        registry_view=dict(type="str", choices=["64", "both"]),
        system_log=dict(type="str", choices=["auto", "always", "never"]),
        allow_writable=dict(type="bool", default=False), check_servers=dict(type="bool", default=True),
        force=dict(type="bool", default=False), **COMMON)
    module = AnsibleModule(
        argument_spec=spec, supports_check_mode=True, required_by=dict(kit_sha256="kit"),
        mutually_exclusive=[("kit", "root"), ("kit", "servers"), ("key", "new_key"), ("key", "password_file")])
    slipway = Slipway(module)
    kit = {}
    ends = module.params["state"] == "absent"
    if module.params["kit"] and not (ends and None not in names_of(module.params, kit)):
        if module.check_mode and not ends and not os.path.exists(module.params["kit"]):
            # The task before would have brought it.
            module.exit_json(changed=True, action="enrolled", differences=[], public_key="", status={})
        try:
            kit = read_kit(module.params["kit"], module.params["kit_sha256"])
        except (OSError, ValueError) as error:
            module.fail_json(msg="%s: %s" % (module.params["kit"], error))
    names = names_of(module.params, kit)
    if ends:
        absent(module, slipway, names)
    present(module, slipway, kit, names)


if __name__ == "__main__":
    main()
