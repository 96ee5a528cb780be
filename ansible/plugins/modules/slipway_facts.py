#!/usr/bin/python
# SPDX-License-Identifier: ISC
"""What a station says of itself."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: slipway_facts
short_description: Tells what a station has enrolled, trusts and has applied
version_added: "0.2.0"
description:
  - Runs C(slipway status --json) for each enrolled application and returns the answers as facts.
  - Login keys are told by their public half only.
  - A computer without Slipway, or without an enrolment, is no failure.
options:
  installation:
    description: Only the applications of this installation.
    type: str
  application:
    description: Only this application.
    type: str
author: The Slipway authors
extends_documentation_fragment: [slipway.fleet.station]
attributes:
  check_mode:
    support: full
    description: Changes nothing in either mode.
"""

EXAMPLES = r"""
- name: Look at the station
  slipway.fleet.slipway_facts:

- name: Fail where a station isn't up to date
  ansible.builtin.assert:
    that: slipway.applications | rejectattr('up_to_date') | length == 0
"""

RETURN = r"""
ansible_facts:
  description: What is added to the host's facts.
  returned: always
  type: dict
  contains:
    slipway:
      description: The station.
      type: dict
      returned: always
      contains:
        installed:
          description: Whether the program is there.
          type: bool
          returned: always
        version:
          description: The program's version, empty where there is none.
          type: str
          returned: always
        applications:
          description:
            - The answer of C(slipway status --json) for each enrolled application.
            - Added are I(login_key), the path of the login key, and I(login_public_key), its line for
              C(authorized_keys), both empty where there is none.
          type: list
          elements: dict
          returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.slipway.fleet.plugins.module_utils.station import (
    COMMON, Slipway, public_line, read_public)


def wanted(name, wish):
    return wish is None or name.lower() == wish.lower()


def look(slipway, pair, values):
    answer = slipway.status(*pair)
    answer["login_key"] = values.get("LoginKey", "")
    answer["login_public_key"] = public_line(read_public(values["LoginKey"])) if values.get("LoginKey") else ""
    return answer


def main():
    module = AnsibleModule(argument_spec=COMMON, supports_check_mode=True)
    slipway = Slipway(module)
    facts = dict(installed=slipway.path is not None, version="", applications=[])
    if slipway.path is not None:
        facts["version"] = slipway.version()
        facts["applications"] = [
            look(slipway, pair, values) for pair, values in sorted(slipway.settings().items())
            if wanted(pair[0], module.params["installation"]) and wanted(pair[1], module.params["application"])]
    module.exit_json(changed=False, ansible_facts=dict(slipway=facts))


if __name__ == "__main__":
    main()
