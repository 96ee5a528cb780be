#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The collection's modules and filters without a station: what they compare, and which commands they make of it.

usage: modules.py     (with the collection in ANSIBLE_COLLECTIONS_PATH)
"""
import base64
import hashlib
import importlib
import json
import os
import struct
import sys
import tempfile
import types
import unittest

sys.dont_write_bytecode = True

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "ansible")


def load():
    """The collection's packages are namespaces that ansible makes; without it they are made here."""
    for name in ("ansible_collections", "ansible_collections.slipway", "ansible_collections.slipway.fleet"):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [TOP] if name.endswith("fleet") else []
    try:
        importlib.import_module("ansible.module_utils.basic")
    except ImportError:
        for name in ("ansible", "ansible.module_utils", "ansible.module_utils.basic"):
            sys.modules[name] = types.ModuleType(name)
        sys.modules["ansible.module_utils.basic"].AnsibleModule = None
    names = ("module_utils.station", "modules.slipway_enroll", "modules.slipway_login_key", "filter.authorized_keys",
             "filter.stations")
    return [importlib.import_module("ansible_collections.slipway.fleet.plugins." + name) for name in names]


STATION, ENROLL, LOGIN_KEY, KEYS, STATIONS = load()


def text(*parts):
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def private_key(comment, cipher=b"none", cut=0):
    blob = text(b"ssh-ed25519", b"p" * 32)
    inner = b"\1\2\3\4" * 2 + text(b"ssh-ed25519", b"p" * 32, b"s" * 64, comment)
    data = b"openssh-key-v1\0" + text(cipher, b"none", b"") + struct.pack(">I", 1) + text(blob, inner)
    body = base64.b64encode(data[:len(data) - cut]).decode()
    return "%s\n%s\n%s\n" % (STATION.MARKS[0], body, STATION.MARKS[1]), base64.b64encode(blob).decode()


def params(**given):
    names = list(ENROLL.SETTINGS) + ["servers", "host_keys", "kit", "kit_sha256", "root", "installation", "application"]
    p = dict.fromkeys(names)
    p.update(new_key=False, allow_writable=False, check_servers=True, force=False)
    p.update(given)
    return p


STATUS = {"servers": ["sftp://a@one/"], "host_keys": ["SHA256:x"], "deadline": 10, "on_error": "launch",
          "warn_after_days": 0, "block_after_days": 0}


class Comparing(unittest.TestCase):
    def test_what_differs(self):
        rows = [
            ("nothing given", {}, {}, []),
            ("as it is", {"servers": ["sftp://a@one/"], "host_keys": ["SHA256:x"]}, {}, []),
            ("another order of servers", {"servers": ["sftp://b@two/", "sftp://a@one/"]}, {}, ["servers"]),
            ("a number as status has it", {"deadline": 10}, {}, []),
            ("another number", {"deadline": 20}, {}, ["deadline"]),
            ("a default that isn't set", {"registry_view": "64", "system_log": "auto"}, {}, []),
            ("a setting", {"install_dir": "/opt/a"}, {"InstallDir": "/opt/a"}, []),
            ("another setting", {"install_dir": "/opt/b"}, {"InstallDir": "/opt/a"}, ["install_dir"]),
            ("a setting that there isn't", {"key": "/k"}, {}, ["key"]),
            ("others may write", {"allow_writable": True}, {}, ["allow_writable"]),
            ("others may write already", {"allow_writable": True}, {"AllowWritable": "yes"}, []),
        ]
        for name, given, settings, want in rows:
            with self.subTest(name):
                wanted = ENROLL.wishes(params(**given), {})
                self.assertEqual(ENROLL.differences(wanted, STATUS, settings), want)

    def test_the_kit_counts_less_than_what_is_given(self):
        kit = {"servers": ["sftp://a@one/"], "host_keys": [], "deadline": "20", "on_error": "block"}
        wanted = ENROLL.wishes(params(kit="/k", deadline=30), kit)
        self.assertEqual(wanted, {"servers": ["sftp://a@one/"], "deadline": "30", "on_error": "block"})


class Commands(unittest.TestCase):
    def test_enroll_by_a_kit(self):
        p = params(kit="/k", kit_sha256="ab", new_key=True, deadline=30)
        wanted = ENROLL.wishes(p, {"servers": ["file:///x"], "on_error": "block"})
        self.assertEqual(ENROLL.enroll_words(p, wanted, ("I", "A")), [
            "enroll", "/k", "--kit-sha256", "ab", "--deadline", "30", "--installation", "I", "--app", "A", "--new-key"])

    def test_enroll_by_values(self):
        p = params(servers=["sftp://a@one/", "sftp://a@two/"], host_keys=["SHA256:x", "SHA256:y"], root="/r",
                   key="/k", allow_writable=True, check_servers=False, force=True)
        self.assertEqual(ENROLL.enroll_words(p, ENROLL.wishes(p, {}), ("I", "A")), [
            "enroll", "--allow-writable", "--host-key", "SHA256:x", "--host-key", "SHA256:y", "--key", "/k",
            "sftp://a@one/", "sftp://a@two/", "--installation", "I", "--app", "A", "--root", "/r", "--force",
            "--no-check"])

    def test_change_names_only_what_differs(self):
        wanted = {"install_dir": "/b", "deadline": "10"}
        self.assertEqual(ENROLL.change_words(params(), wanted, ["install_dir"], ("I", "A")), [
            "enroll", "--change", "--installation", "I", "--app", "A", "--install-dir", "/b"])


class Said(Exception):
    """How a module ended, as the real one ends."""


class Module(object):
    """Ends with what it was told: (whether it failed, whether it changed something)."""

    def __init__(self, check_mode=False, **given):
        self.params, self.check_mode = given, check_mode

    def fail_json(self, **unused):
        raise Said(True, False)

    def exit_json(self, **said):
        raise Said(False, said["changed"])


class Ending(unittest.TestCase):
    """An enrolment ends only where it is named: the only one there may be another one."""

    def end(self, names, found):
        ran = []
        slipway = types.SimpleNamespace(path="slipway", settings=lambda: found, status=lambda *pair: {},
                                        must=lambda *words: ran.append(words))
        with self.assertRaises(Said) as caught:
            ENROLL.absent(Module(), slipway, names)
        return caught.exception.args, [words[-1] for words in ran]

    def test_which_one_ends(self):
        one, two = {("I", "A"): {}}, {("I", "A"): {}, ("I", "B"): {}}
        self.assertEqual(self.end(("I", "A"), two), ((False, True), ["A"]))
        self.assertEqual(self.end(("I", "C"), two), ((False, False), []))
        for names in ((None, None), (None, "A"), ("I", None)):
            for found in (one, two):
                self.assertEqual(self.end(names, found), ((True, False), []))


class Kits(unittest.TestCase):
    def read(self, data, sha256=None):
        with tempfile.NamedTemporaryFile() as f:
            f.write(data)
            f.flush()
            return ENROLL.read_kit(f.name, sha256)

    def test_a_kit(self):
        data = json.dumps({"slipway-kit": 1, "installation": "I", "application": "A", "servers": ["file:///x"],
                           "host_keys": [], "options": {"install-dir": "/o"}, "root": "{}"}).encode()
        self.assertEqual(self.read(data, hashlib.sha256(data).hexdigest().upper()), {
            "install_dir": "/o", "servers": ["file:///x"], "host_keys": [], "installation": "I", "application": "A"})
        self.assertRaises(ValueError, self.read, data, "0" * 64)

    def test_others(self):
        for data in (b"", b"{", b"[]", b"null", b'{"options": []}', b'{"options": {}}', b"\xff\xfe"):
            with self.subTest(data):
                self.assertRaises(ValueError, self.read, data)


class LoginKeys(unittest.TestCase):
    def test_public_half(self):
        key, blob = private_key(b"I/A@hi1")
        self.assertEqual(STATION.public_half(key), ("ssh-ed25519", blob, "I/A@hi1"))
        self.assertEqual(STATION.public_line(STATION.public_half(key)), "ssh-ed25519 %s I/A@hi1" % blob)
        encrypted, blob = private_key(b"secret", cipher=b"aes256-ctr")
        self.assertEqual(STATION.public_half(encrypted), ("ssh-ed25519", blob, ""))

    def test_no_key(self):
        for bad in ["", "x", STATION.MARKS[0] + "\n!!!\n" + STATION.MARKS[1], STATION.MARKS[0] + STATION.MARKS[1]]:
            self.assertIsNone(STATION.public_half(bad))
        for cut in range(3, 300, 3):
            self.assertIsNone(STATION.public_half(private_key(b"I/A@hi1", cut=cut)[0]))

    def test_which_key_is_newer(self):
        names = ["login", "login-retired", "login-20260101T000000Z", "login-20260201T000000Z", "metadata",
                 "login-20260301T000000Z.pub"]
        rows = [("login", ["login-20260101T000000Z", "login-20260201T000000Z"]),
                ("login-20260101T000000Z", ["login-20260201T000000Z"]), ("login-20260201T000000Z", []),
                ("", ["login-20260101T000000Z", "login-20260201T000000Z"])]
        for present, want in rows:
            self.assertEqual(LOGIN_KEY.names_after(names, present), want)


    def test_check_mode_doesnt_wait_for_a_step_that_it_left_out(self):
        for check_mode, want in ((True, (False, True)), (False, (True, False))):
            module = Module(check_mode)
            keys = types.SimpleNamespace(module=module, pair=("I", "A"), prepared=lambda: "/login-2", retired=lambda: [],
                                         answer=lambda changed, *unused: module.exit_json(changed=changed))
            with self.assertRaises(Said) as caught:
                LOGIN_KEY.clean(keys)
            self.assertEqual(caught.exception.args, want)


class Settings(unittest.TestCase):
    def test_enrolled(self):
        top = "HKLM\\SOFTWARE\\Slipway"
        keys = {top: {"Server": {"value": []}}, top + "\\I\\A": {"Server": {"value": ["file:///x"]}},
                top + "\\I\\B": {"ScriptKeys": {"value": []}}, top + "\\I\\A\\C": {"Server": {"value": []}},
                "HKLM\\SOFTWARE\\SlipwayX\\I\\A": {"Server": {"value": []}}}
        found = STATION.enrolled(keys)
        self.assertEqual(found, {("I", "A"): {"Server": ["file:///x"]}})
        self.assertEqual(STATION.choose(found, None, "a"), ("I", "A"))
        self.assertIsNone(STATION.choose(found, "J", "A"))
        self.assertIsNone(STATION.choose({("I", "A"): 1, ("J", "A"): 1}, None, "A"))


class AuthorizedKeys(unittest.TestCase):
    def test_lines(self):
        merge = KEYS.authorized_keys
        one, two = "ssh-ed25519 AAAAone a@b", "ssh-ed25519 AAAAtwo"
        was = '# ssh-ed25519 AAAAtwo\nfrom="10.0.0.0/8" ssh-ed25519 AAAAone old comment\nodd line\n'
        self.assertEqual(merge(was, [one]), was)
        self.assertEqual(merge(was, [one, two, two]), was + two + "\n")
        self.assertEqual(merge(was, remove=[one]), "# ssh-ed25519 AAAAtwo\nodd line\n")
        self.assertEqual(merge("", [two, "", "no key", "ssh-ed25519 AAAAx\nssh-ed25519 AAAAy"]), two + "\n")
        self.assertEqual(merge(was, remove=["", "# nothing"]), was)


class Stations(unittest.TestCase):
    def hosts(self):
        good = {"application": "A", "release": 2, "up_to_date": True, "because": "", "missing": [],
                "certificates": [{"sha256": "old", "subject": "CN=k", "days_left": 9}]}
        bad = dict(good, up_to_date=False, because="no\x1b[2J", certificates=[])
        both = dict(good, certificates=[{"sha256": "old"}, {"sha256": "new"}])
        return {name: {"ansible_facts": {"slipway": {"installed": True, "applications": apps}}} if apps is not None else {}
                for name, apps in (("good", [good]), ("bad", [bad]), ("both", [both]), ("off", None), ("none", []))}

    def test_report(self):
        hosts = self.hosts()
        report = STATIONS.station_report(list(hosts), hosts)
        self.assertEqual(report["wrong"], ["bad: A: no?[2J", "none: not enrolled", "off: off, or can't be asked"])
        self.assertEqual(len(report["lines"]), 5)

    def test_who_has_to_be_waited_for(self):
        hosts = self.hosts()
        self.assertEqual(STATIONS.without_certificate(list(hosts), hosts, "old", "new"),
                         ["good", "off (off, or can't be asked)"])

    def test_a_shared_key_stays_while_a_station_may_need_it(self):
        hosts = {"a": {"slipway_key_used": {"old_public_keys": ["own a"], "old_is_own": True}},
                 "b": {"slipway_key_used": {"old_public_keys": ["shared"], "old_is_own": False}}, "off": {},
                 "failed": {"slipway_key_used": {"failed": True, "msg": "no"}}}
        self.assertEqual(STATIONS.keys_to_remove(["a", "b"], hosts), {"remove": ["own a", "shared"], "kept": []})
        for name in ("off", "failed"):
            self.assertEqual(STATIONS.keys_to_remove(["a", "b", name], hosts), {"remove": ["own a"], "kept": ["shared"]})

    def test_a_server_without_an_address_is_reached_by_its_name(self):
        hosts = {"one": {"slipway_address": "192.0.2.1:2222"}, "two.example": {}}
        self.assertEqual(STATIONS.server_addresses(["one", "two.example"], hosts), ["192.0.2.1:2222", "two.example"])


if __name__ == "__main__":
    unittest.main()
