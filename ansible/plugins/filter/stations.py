# SPDX-License-Identifier: ISC
"""What the answers of many hosts say together."""
from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f]")
OFF = "off, or can't be asked"


def plain(text):
    """A station's text, which can't change a terminal."""
    return NOT_PRINTED.sub("?", str(text))


def answers(names, hostvars):
    """(name, facts of slipway_facts or None) of each host, by name."""
    for name in sorted(names):
        facts = hostvars[name]["ansible_facts"] if "ansible_facts" in hostvars[name] else {}
        yield name, facts.get("slipway")


def faults(station):
    """What is wrong with a station, in a few words each."""
    if station is None:
        return [OFF]
    if not station["installed"]:
        return ["Slipway isn't installed"]
    if not station["applications"]:
        return ["not enrolled"]
    said = []
    for app in station["applications"]:
        if not app["up_to_date"]:
            said.append("%s: %s" % (app["application"], app["because"]))
        said += ["%s: missing %s" % (app["application"], one) for one in app.get("missing", [])[:1]]
        said += ["%s: %s ended" % (app["application"], one["subject"])
                 for one in app.get("certificates", []) if one.get("days_left", 0) < 0]
    return [plain(one) for one in said]


def row(name, station):
    if station is None or not station["applications"]:
        return ["%-24s %s" % (plain(name), "; ".join(faults(station)))]
    return ["%-24s %-12s release %-5s %s" % (
        plain(name), plain(app["application"]), plain(app["release"]),
        "up to date" if app["up_to_date"] else plain(app["because"])) for app in station["applications"]]


def station_report(names, hostvars):
    """lines: a table; wrong: the stations that want somebody, with the reason."""
    lines, wrong = [], []
    for name, station in answers(names, hostvars):
        lines += row(name, station)
        said = faults(station)
        if said:
            wrong.append("%s: %s" % (plain(name), ", ".join(said)))
    return {"lines": lines, "wrong": wrong}


def lacks(station, old, new):
    """Whether an application of the station trusts the old certificate and not the new one."""
    for app in station["applications"]:
        trusted = {one.get("sha256") for one in app.get("certificates", [])}
        if old in trusted and new not in trusted:
            return True
    return False


def without_certificate(names, hostvars, old, new):
    """Names of the stations that don't trust the new certificate yet, or may not, since they can't be asked."""
    return [plain(name) if station else "%s (%s)" % (plain(name), OFF) for name, station in answers(names, hostvars)
            if station is None or lacks(station, old, new)]


def keys_to_remove(names, hostvars):
    """The lines of login keys that nobody needs any more, after the stations were asked for "used".

    A key of one station's own goes once that station has another; one that several may share, once all stations have."""
    own, shared, whole = set(), set(), True
    for name in names:
        used = hostvars[name]["slipway_key_used"] if "slipway_key_used" in hostvars[name] else {}
        if used.get("failed", True) is True and "old_public_keys" not in used:
            whole = False
            continue
        (own if used.get("old_is_own") else shared).update(used["old_public_keys"])
    return {"remove": sorted(own | (shared if whole else set())), "kept": sorted(shared) if not whole else []}


def server_addresses(names, hostvars):
    """How each update server is reached: slipway_address, or its name in the inventory."""
    return [hostvars[name]["slipway_address"] if "slipway_address" in hostvars[name] else name for name in names]


class FilterModule(object):
    """The filters of this file."""

    def filters(self):
        return {"station_report": station_report, "without_certificate": without_certificate,
                "keys_to_remove": keys_to_remove, "server_addresses": server_addresses}
