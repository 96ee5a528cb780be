# SPDX-License-Identifier: ISC
"""Lines of authorized_keys by their keys, whatever options and comments they have."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
name: authorized_keys
short_description: Adds and removes lines of C(authorized_keys)
version_added: "0.2.0"
description:
  - Returns the text with the lines of I(add) whose key it doesn't have yet, and without the lines of the keys in
    I(remove). Every other line stays as it is, in its place.
options:
  _input:
    description: The text of the file.
    type: str
    required: true
  add:
    description: Lines to add.
    type: list
    elements: str
    default: []
  remove:
    description: Lines whose keys are removed, with whatever options and comments they have in the file.
    type: list
    elements: str
    default: []
author: The Slipway authors
"""

EXAMPLES = r"""
- name: The file with one more line
  ansible.builtin.set_fact:
    text: "{{ text | slipway.fleet.authorized_keys(add=['ssh-ed25519 AAAA... COV_PB@hi1']) }}"
"""

RETURN = r"""
_value:
  description: The new text of the file.
  type: str
"""

import re

KEY = re.compile(r"(?:^|\s)(?:ssh|ecdsa|sk)-\S+\s+(AAAA[A-Za-z0-9+/]+=*)(?:\s|$)")


def key_of(line):
    """The base64 text of a line's key, or None."""
    found = None if line.lstrip().startswith("#") else KEY.search(line)
    return found.group(1) if found else None


def authorized_keys(text, add=(), remove=()):
    gone = {key_of(line) for line in remove} - {None}
    lines = [line for line in text.splitlines() if key_of(line) not in gone]
    there = {key_of(line) for line in lines}
    for line in add:
        key = key_of(line)
        if key is not None and key not in there and "\n" not in line:
            lines.append(line)
            there.add(key)
    return "".join(line + "\n" for line in lines)


class FilterModule(object):
    """The filters of this file."""

    def filters(self):
        return {"authorized_keys": authorized_keys}
