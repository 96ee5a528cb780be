# SPDX-License-Identifier: ISC
"""slipway run over a network that breaks: a proxy between station and server delays, throttles, cuts, stalls
and changes the bytes.

Whatever the proxy does, the program is started within the deadline and a second, without a child of the updater; the
station is in exactly the old state or the new state, and no change is half done; the next start over a good network
ends in the new state.

usage: network.py EVERY   one of EVERY bytes of a short session is tried: 1 tries each
"""

import concurrent.futures
import json
import os
import queue
import random
import shutil
import socket
import subprocess
import sys
import time

from common import RELEASES, REPO, WORK, Failed, differs, enroll, journals, make_repository, publish, run, state

DEADLINE_S = 6
WITHIN_MS = DEADLINE_S * 1000 + 1000
SLOTS = 8
BIG = 2_000_000
TESTS = os.path.join(WORK, "tests")
NOTHING, UPDATE = "nothing new", "an update"
GOOD = ("none", 0)


class Sshd:
    """A real sshd, as an ordinary process of this user."""

    def __init__(self):
        self.dir = os.path.join(WORK, "sshd")
        os.mkdir(self.dir)
        for key in ("host", "login"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.dir}/{key}")
        shutil.copy(f"{self.dir}/login.pub", f"{self.dir}/authorized_keys")
        self.pin = run("ssh-keygen", "-lf", f"{self.dir}/host.pub").stdout.split()[1]
        for _ in range(20):
            self.port = free_port()
            self.configure()
            if self.start():
                return
        raise Failed("sshd can't be started")

    def configure(self):
        with open(f"{self.dir}/config", "w", encoding="utf-8") as f:
            f.write(f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.dir}/host\nPidFile none\nStrictModes no\n"
                    f"AuthorizedKeysFile {self.dir}/authorized_keys\nSubsystem sftp internal-sftp\nMaxStartups 200\nLogLevel ERROR\n")
        # OpenSSH 9.8 and later shuts out an address from which many connections broke: here all faults come from one.
        penalties = "PerSourcePenalties=no"
        test = ["/usr/sbin/sshd", "-t", "-f", f"{self.dir}/config", "-o", penalties]
        if subprocess.run(test, stderr=subprocess.DEVNULL).returncode == 0:
            with open(f"{self.dir}/config", "a", encoding="utf-8") as f:
                f.write(penalties.replace("=", " ") + "\n")

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", f"{self.dir}/config"], stderr=subprocess.DEVNULL)
        for _ in range(100):
            if self.process.poll() is not None:
                return False
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            time.sleep(0.05)
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Proxy:
    def __init__(self, sshd, fault):
        self.process = subprocess.Popen([f"{TESTS}/proxy", str(sshd.port), *map(str, fault)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def change(self, fault):
        """Returns the bytes to the station and from the station since the last call."""
        self.process.stdin.write(" ".join(map(str, fault)) + "\n")
        self.process.stdin.flush()
        return tuple(map(int, self.process.stdout.readline().split()))

    def end(self):
        """The same, and ends the proxy."""
        out = self.process.communicate()[0]
        if self.process.returncode != 0:
            raise Failed(f"the proxy ended with {self.process.returncode}")
        return tuple(map(int, out.split()))


class Slot:
    """A station that is put back to its first state for each case."""

    def __init__(self, number, sshd):
        self.sshd = sshd
        self.top = os.path.join(WORK, f"station{number}")
        self.site = os.path.join(self.top, "site")
        self.env = {"SLIPWAY_HOME": f"{self.site}/home"}
        os.makedirs(self.site)

    def enroll(self, *ports):
        user = os.environ.get("USER") or run("id", "-un").stdout.strip()
        urls = [f"sftp://{user}@127.0.0.1:{port}{REPO}/served" for port in ports]
        enroll(self.site, *urls, "--host-key", self.sshd.pin, "--key", f"{self.sshd.dir}/login", env=self.env)

    def keep(self, session):
        """Makes the present state the first state of later cases."""
        self.enroll(self.sshd.port)
        run("slipway", "update", env=self.env)
        subprocess.run(["cp", "-a", self.site, f"{self.top}/{session}"], check=True)
        return state(self.site)

    def restore(self, session):
        shutil.rmtree(self.site)
        subprocess.run(["cp", "-a", f"{self.top}/{session}", self.site], check=True)


class Net:
    def __init__(self):
        self.sshd = Sshd()
        self.slots, self.old, self.new = queue.Queue(), None, None
        self.slowest, self.seen, self.cases = 0, {"old": 0, "new": 0}, 0
        self.late = 0  # in the large file, of a session's bytes
        make_repository()
        slots = [Slot(i, self.sshd) for i in range(SLOTS)]
        for slot in slots:
            self.old = slot.keep(UPDATE)
        # Random bytes can't be compressed: each byte of the file is a byte on the network.
        big = {"app/big.dat": "".join(random.choices("abcdefgh", k=BIG))}
        publish({**RELEASES[1], **big}, "release2")
        for slot in slots:
            self.new = slot.keep(NOTHING)
            self.slots.put(slot)
        if self.old == self.new:
            raise Failed("want two states")

    def start(self, slot, what):
        """Runs slipway run, and returns its messages."""
        mark = f"{slot.top}/started"
        if os.path.exists(mark):
            os.remove(mark)
        begun = time.monotonic()
        out = run("slipway", "run", "--deadline", str(DEADLINE_S), "--", f"{TESTS}/started", mark, status=None, env=slot.env)
        if out.returncode != 0:
            raise Failed(f"{what}: the program ended with {out.returncode}, want 0\n{out.stderr}")
        with open(mark, encoding="utf-8") as f:
            at, children = map(int, f.read().split())
        after = at - begun * 1000
        if after > WITHIN_MS:
            raise Failed(f"{what}: started after {after:.0f} ms, want {WITHIN_MS}\n{out.stderr}")
        if children != 0:
            raise Failed(f"{what}: the program found {children} children of the updater's")
        self.slowest = max(self.slowest, after)
        return out.stderr

    def judge(self, slot, session, said, what, want):
        got = state(slot.site)
        begin = self.old if session == UPDATE else self.new
        if got not in (begin, self.new):
            raise Failed(f"{what}: neither old nor new.\nFrom the old state: {differs(got, begin)}\n"
                         f"From the new state: {differs(got, self.new)}\n{said}")
        name = "new" if got == self.new else "old"
        if want is not None and name != want:
            raise Failed(f"{what}: the {name} state, want the {want} one\n{said}")
        if name == "old" and "with release 1, applied earlier" not in said:
            raise Failed(f"{what}: want to be told which release is started\n{said}")
        if journals(slot.site):
            raise Failed(f"{what}: {journals(slot.site)} is left\n{said}")
        if session == UPDATE:
            slot.enroll(self.sshd.port)
            again = run("slipway", "update", env=slot.env)
            run("slipway", "verify", env=slot.env)
            if state(slot.site) != self.new:
                raise Failed(f"{what}: not new after the next update: {differs(state(slot.site), self.new)}\n{said}{again.stderr}")
            if os.listdir(f"{slot.site}/home/state/D2/COV_PB/staging"):
                raise Failed(f"{what}: something is left in staging after the next update")
        return name

    def nothing_new(self, faults):
        """One fault after the other between an up-to-date station and its server, so nothing has to be restored."""
        slot = self.slots.get()
        slot.restore(NOTHING)
        proxy = Proxy(self.sshd, GOOD)
        try:
            slot.enroll(proxy.port)
            for fault in faults:
                what = f"{NOTHING}, {' '.join(map(str, fault))}"
                proxy.change(fault)
                self.judge(slot, NOTHING, self.start(slot, what), what, "new")
                self.cases += 1
        finally:
            proxy.end()
            self.slots.put(slot)

    def case(self, session, faults, want=None):
        """faults: of the first server, the second, ..."""
        what = f"{session}, " + ", then ".join(" ".join(map(str, f)) for f in faults)
        slot = self.slots.get()
        proxies = []
        try:
            slot.restore(session)
            proxies = [Proxy(self.sshd, f) for f in faults]
            slot.enroll(*(p.port for p in proxies))
            said = self.start(slot, what)
            passed = [p.end() for p in proxies]
            proxies = []
            name = self.judge(slot, session, said, what, want)
            self.seen[name] += session == UPDATE
            self.cases += 1
            return passed, said
        finally:
            for p in proxies:
                p.process.kill()
                p.process.communicate()
            self.slots.put(slot)

    def all(self, what, cases):
        """cases: arguments of case(), or faults of one short session each."""
        before, seen = self.cases, dict(self.seen)
        with concurrent.futures.ThreadPoolExecutor(SLOTS) as pool:
            if isinstance(cases[0][0], str) and cases[0][0] in (NOTHING, UPDATE):
                tries = [pool.submit(self.case, *c) for c in cases]
            else:
                tries = [pool.submit(self.nothing_new, cases[i::SLOTS]) for i in range(SLOTS)]
            try:
                for t in concurrent.futures.as_completed(tries):
                    t.result()
            except BaseException:
                for t in tries:
                    t.cancel()
                raise
        ends = "" if self.seen == seen else f": {self.seen['old'] - seen['old']} old, {self.seen['new'] - seen['new']} new"
        print(f"{what}: {self.cases - before} cases{ends}", flush=True)

    def resumes(self):
        """Cut in the large file: the next start, and the next server, continue the download."""
        whole = self.case(UPDATE, [GOOD], "new")[0][0][0]
        self.late = at = whole - BIG // 3
        # On the next server, in one start: less than the file comes from it.
        passed, _ = self.case(UPDATE, [("die-down", at), GOOD], "new")
        if passed[1][0] > whole - BIG // 3:
            raise Failed(f"of {BIG} bytes the second server had to send {passed[1][0]} again, after the first had sent {at}")
        print(f"cut in a large file: the first server had sent {passed[0][0]} bytes, the next one sent {passed[1][0]}, not {whole}")
        self.next_start(whole, at)

    def next_start(self, whole, at):
        slot = self.slots.get()
        slot.restore(UPDATE)
        for broken in (False, True):
            proxy = Proxy(self.sshd, ("die-down", at))
            slot.enroll(proxy.port)
            said = self.start(slot, "cut in a large file")
            proxy.end()
            part = [n for n in os.listdir(f"{slot.site}/home/state/D2/COV_PB/staging") if n.endswith(".part")]
            if len(part) != 1:
                raise Failed(f"want one part to go on with, got {part}\n{said}")
            if broken:  # as after a loss of power
                path = f"{slot.site}/home/state/D2/COV_PB/staging/{part[0]}"
                size = os.path.getsize(path)
                with open(path, "r+b") as f:
                    f.seek(size // 2)
                    f.write(bytes(min(4096, size // 2)))
            proxy = Proxy(self.sshd, GOOD)
            slot.enroll(proxy.port)
            said = self.start(slot, "the start after")
            sent = proxy.end()[0]
            if state(slot.site) != self.new:
                raise Failed(f"not new after the next start\n{said}")
            if (sent > whole - BIG // 3) != broken:
                raise Failed(f"the next start was sent {sent} bytes, of {whole}; what was there was {'not ' if broken else ''}good")
            print(f"the next start was sent {sent} bytes" + (", since what was there had been damaged" if broken else f", not {whole}"))
            slot.restore(UPDATE)
        self.slots.put(slot)


def another_release(net):
    """Cut in a large file of one release; the next start finds another release with another version of the file."""
    slot = net.slots.get()
    slot.restore(UPDATE)
    proxy = Proxy(net.sshd, ("die-down", net.late))
    slot.enroll(proxy.port)
    said = net.start(slot, "cut in a large file")
    proxy.end()
    staging = f"{slot.site}/home/state/D2/COV_PB/staging"
    if not any(n.endswith(".part") for n in os.listdir(staging)):
        raise Failed(f"want a part of the large file, found {os.listdir(staging)}\n{said}")
    publish({"app/big.dat": "".join(random.choices("abcdefgh", k=BIG))}, "release2")
    slot.enroll(net.sshd.port)
    said = net.start(slot, "another release")
    with open(f"{slot.site}/app/big.dat", "rb") as got, open(os.path.join(WORK, "release2/app/big.dat"), "rb") as want:
        if got.read() != want.read():
            raise Failed(f"another release: the file isn't the new one\n{said}")
    if os.listdir(staging):
        raise Failed(f"another release: {os.listdir(staging)} is left\n{said}")
    run("slipway", "verify", env=slot.env)
    net.slots.put(slot)
    print("cut in a large file, and another release at the next start: that release, and nothing left of the first")


def behind(net):
    """A first server that is behind, or has a wrong file, doesn't prevent an update from the second server."""
    slot = net.slots.get()
    bad = os.path.join(WORK, "bad")
    user = run("id", "-un").stdout.strip()
    for name in ("wrong signature", "wrong file", "missing file"):
        slot.restore(UPDATE)
        shutil.rmtree(bad, ignore_errors=True)
        shutil.copytree(f"{REPO}/served", bad)
        if name == "wrong signature":
            path = f"{bad}/metadata/timestamp.json"
            with open(path, encoding="utf-8") as f:
                doc = json.load(f)
            doc["signatures"][0]["sig"] = "00" * 64
            os.chmod(path, 0o644)
            with open(path, "w", encoding="utf-8") as f:
                json.dump(doc, f)
        else:
            path = next(os.path.join(d, n) for d, _, names in os.walk(f"{bad}/targets") for n in names if n.endswith("big.dat"))
            size = os.path.getsize(path)
            os.remove(path)
            if name == "wrong file":
                with open(path, "wb") as f:
                    f.write(bytes(size))
        at = f"sftp://{user}@127.0.0.1:{net.sshd.port}"
        for urls in ([f"{at}{bad}"], [f"{at}{bad}", f"{at}{REPO}/served"]):
            enroll(slot.site, *urls, "--host-key", net.sshd.pin, "--key", f"{net.sshd.dir}/login", env=slot.env)
            said = net.start(slot, name)
            want = net.old if len(urls) == 1 else net.new
            if state(slot.site) != want:
                raise Failed(f"{name} on the first of {len(urls)}: {differs(state(slot.site), want)}\n{said}")
            if len(urls) == 2 and bad not in run("slipway", "status", env=slot.env).stdout:
                raise Failed(f"{name}: want status to tell of the server")
    net.slots.put(slot)
    print("a first server with a wrong signature, a wrong file, without a file: alone the old state, with a good one behind it the new one")


def short_session(net, every):
    (down, up), = net.case(NOTHING, [GOOD])[0]
    print(f"a session that finds nothing new: {down} bytes down, {up} up")
    # Fixed places, because a failure must be repeatable.
    places = [("down", range(0, down + 1, every)), ("up", range(0, up + 1, every))]
    for way, at in places:
        net.all(f"cut {way}, every {every}", [(f"cut-{way}", n) for n in at])
        net.all(f"a bit flipped {way}, every {every}", [(f"flip-{way}", n) for n in at])
        # These take the whole deadline each.
        slow = [n for i, n in enumerate(at) if i % 16 == 0]
        net.all(f"stalled {way}, every {16 * every}", [(f"stall-{way}", n) for n in slow])


def long_session(net, points):
    (down, up), = net.case(UPDATE, [GOOD], "new")[0]
    print(f"a session that updates: {down} bytes down, {up} up")
    at = {"down": range(0, down, down // points), "up": range(0, up, up // points)}
    for way in ("down", "up"):
        net.all(f"cut {way}", [(UPDATE, [(f"cut-{way}", n)]) for n in at[way]])
        net.all(f"cut {way} once, the server goes on", [(UPDATE, [(f"cut-{way}", n, 1)]) for n in at[way]])
        net.all(f"cut {way}, a second server", [(UPDATE, [(f"cut-{way}", n), GOOD], "new") for n in at[way]])
        net.all(f"a bit flipped {way}, a second server", [(UPDATE, [(f"flip-{way}", n), GOOD], "new") for n in at[way]])
        net.all(f"stalled {way}, a second server", [(UPDATE, [(f"stall-{way}", n), GOOD], "new") for n in at[way]])
    net.all("no more from the server, half closed", [(UPDATE, [("half-down", n)]) for n in at["down"]])
    net.all("... a second server", [(UPDATE, [("half-down", n), GOOD], "new") for n in at["down"]])
    net.all("a byte each 100 ms", [(UPDATE, [("dribble-down", n)]) for n in at["down"]])
    net.all("... a second server", [(UPDATE, [("dribble-down", n), GOOD], "new") for n in at["down"]])


def whole_connections(net):
    for session in (NOTHING, UPDATE):
        cases = []
        for fault in (("close", 0), ("silent", 0), ("stall-down", 0), ("stall-up", 0)):
            cases += [(session, [fault], "new" if session == NOTHING else "old"), (session, [fault, GOOD], "new"),
                      (session, [fault, ("silent", 0)]), (session, [fault, ("close", 0), GOOD], "new")]
        cases += [(session, [("delay", 10)], "new"), (session, [("delay", 400)]), (session, [("rate-down", 2000)]),
                  (session, [("rate-down", 100)]), (session, [("rate-down", 100), GOOD], "new")]
        net.all(f"closed, silent, late, slow; {session}", cases)


def main():
    every = int(sys.argv[1])
    net = Net()
    try:
        behind(net)
        net.resumes()
        whole_connections(net)
        long_session(net, 40 if every == 1 else 5 if every < 500 else 3)
        short_session(net, every)
        another_release(net)
    finally:
        net.sshd.stop()
    if 0 in net.seen.values():
        raise Failed("want both states to be seen")
    print(f"{net.cases} cases; the slowest start took {net.slowest:.0f} ms of {WITHIN_MS}")


try:
    main()
    print("ok")
except Failed as e:
    print(f"FAIL: {e}", file=sys.stderr)
    sys.exit(1)
