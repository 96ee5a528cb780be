# SPDX-License-Identifier: ISC
"""The options that all modules for a station have: COMMON of module_utils/station.py."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    """What extends_documentation_fragment of a module names."""

    DOCUMENTATION = r"""
options:
  installation:
    description: The installation, such as C(D2EXE_COV_PB).
    type: str
  application:
    description: The application, such as C(COV_PB).
    type: str
  home:
    description: The station's directory C(SLIPWAY_HOME), for a station of an ordinary user; root's has none.
    type: path
  executable:
    description: The program C(slipway), by name or path.
    type: str
    default: slipway
"""
