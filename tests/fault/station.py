# SPDX-License-Identifier: ISC
"""slipway update broken at every call that changes the disk.

The next start without a server must leave exactly the old state or exactly the new state, settings included, and
nothing else in the destinations; a start with the server must lead to the new state.

usage: station.py N       every N-th call
       station.py others  other faults: two at once, read-only, links, races, a full disk
"""

import errno
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import threading
import time

from common import REPO, RELEASES, WORK, Failed, differs, enroll, journals, make_repository, publish, run, state

SITE = os.path.join(WORK, "site")  # everything that a loss of power concerns
BASE = os.path.join(WORK, "base")
LOG = os.path.join(WORK, "cut")
AWAY = os.path.join(WORK, "repo-away")
RACED = (["update"], ["rollback", "1"], ["update", "--repair"], ["rollback", "2"])
RACED_MIN, RACED_MAX = 60, 400  # commands beside a user who swaps a directory for a link
LIBRARY = os.path.join(WORK, "tests", "libcut.so")

os.environ["SLIPWAY_HOME"] = os.path.join(SITE, "home")

# The signed metadata names it; nobody asks it, for this station has no login.
SERVER = "sftp://u@127.0.0.1:1/r"


def learned():
    """Returns the first address of learned.json."""
    try:
        with open(os.path.join(SITE, "home/state/D2/COV_PB/learned.json"), encoding="utf-8") as f:
            return json.load(f)["addresses"][0]["url"]
    except FileNotFoundError:
        return ""


def fresh():
    shutil.rmtree(SITE, ignore_errors=True)
    subprocess.run(["cp", "-a", BASE, SITE], check=True)


def judge(what, out, old, new):
    """Returns the state after the next start, without a server and then with a server."""
    os.rename(REPO, AWAY)
    try:
        start = run("slipway", "update", status=1)
    finally:
        os.rename(AWAY, REPO)
    got = state(SITE)
    if got not in (old, new):
        raise Failed(
            f"{what}: neither old nor new after the next start.\nFrom the old state: {differs(got, old)}\n"
            f"From the new state: {differs(got, new)}\n{out.stderr}{start.stderr}"
        )
    if journals(SITE):
        raise Failed(f"{what}: {journals(SITE)} is left after the next start\n{out.stderr}{start.stderr}")
    run("slipway", "update")
    if state(SITE) != new:
        raise Failed(f"{what}: not new in the end: {differs(state(SITE), new)}\n{out.stderr}{start.stderr}")
    run("slipway", "verify")
    if SERVER not in learned():
        raise Failed(f"{what}: want {SERVER} to be learned\n{out.stderr}{start.stderr}")
    return "old" if got == old else "new"


def lose_power(before):
    """Rebuilds SITE from the durable files; before is the state at the start."""
    listings, contents = dict(before[0]), dict(before[1])
    try:
        with open(os.path.join(LOG, "log"), encoding="utf-8") as f:
            log = f.read().splitlines()
    except FileNotFoundError:
        log = []
    for line in log:
        kind, inode, mode, copy = line.split()
        if kind == "new":
            listings.pop(inode, None)
            contents[inode] = None
        elif kind == "file":
            contents[inode] = os.path.join(LOG, copy)
        else:
            with open(os.path.join(LOG, copy), encoding="utf-8") as f:
                listings[inode] = [line.rstrip("\n").split(" ", 2) for line in f]

    def build(inode, to):
        for child, mode, name in listings.get(inode, []):
            path = os.path.join(to, name)
            if stat.S_ISDIR(int(mode, 8)):
                os.mkdir(path)
                build(child, path)
            elif contents.get(child) is not None:
                shutil.copyfile(contents[child], path)
            else:
                open(path, "w", encoding="utf-8").close()
            os.chmod(path, stat.S_IMODE(int(mode, 8)))

    after = SITE + ".after"
    os.mkdir(after)
    build(before[2], after)
    shutil.rmtree(SITE)
    os.rename(after, SITE)


def durable():
    """Returns the state of the disk: listings and contents by inode, and the inode of SITE."""
    listings, contents = {}, {}
    for where, dirs, files in os.walk(SITE):
        entries = []
        for name in dirs + files:
            st = os.lstat(os.path.join(where, name))
            entries.append([str(st.st_ino), f"{st.st_mode:o}", name])
            if name in files:
                contents[str(st.st_ino)] = os.path.join(BASE, os.path.relpath(os.path.join(where, name), SITE))
        listings[str(os.stat(where).st_ino)] = entries
    return listings, contents, str(os.stat(SITE).st_ino)


def broken(mode, old, new, calls, **env):
    seen = {"old": 0, "new": 0}
    for n in calls:
        fresh()
        extra = {"LD_PRELOAD": LIBRARY, "FAIL_AT" if mode in errno.errorcode.values() else "CUT_AT": str(n), **env}
        what = f"{mode} at call {n}"
        if mode == "power":
            shutil.rmtree(LOG, ignore_errors=True)
            os.mkdir(LOG)
            before = durable()
        try:
            out = run("slipway", "update", status=(0, 1) if "FAIL_AT" in extra else -9, env=extra)
        except Failed as e:
            raise Failed(f"{what}: {e}") from e
        if mode == "power":
            lose_power(before)
        seen[judge(what, out, old, new)] += 1
    tried = sum(seen.values())
    print(f"{mode:7} {tried:4} points: {seen['old']} ended in the old state, {seen['new']} in the new one", flush=True)
    if seen["old"] == 0 or seen["new"] == 0:
        raise Failed(f"{mode}: want both states to be seen")
    return tried


def prepare():
    """Makes a station with release 1 in SITE and BASE, publishes release 2, and returns the old state."""
    make_repository()
    os.mkdir(SITE)
    enroll(SITE, f"file://{REPO}/served")
    run("slipway", "update")
    publish(RELEASES[1], "release2")
    run("slipway-repo", "--repo", REPO, "servers", "set", SERVER)
    subprocess.run(["cp", "-a", SITE, BASE], check=True)
    return state(SITE)


def every_call(every):
    old = prepare()
    count = os.path.join(WORK, "count")
    run("slipway", "update", env={"LD_PRELOAD": LIBRARY, "CUT_COUNT": count})
    new = state(SITE)
    with open(count, encoding="utf-8") as f:
        points = max(int(line) for line in f)
    if old == new or points < 100:
        raise Failed(f"want two states and over 100 calls that change the disk, got {points}")
    print(f"slipway update makes {points} calls that change the disk")
    calls = range(1, points + 1, every)
    tried = broken("kill", old, new, calls)
    tried += broken("power", old, new, calls, CUT_LOG=LOG, CUT_ROOT=SITE)
    for code in (errno.EIO, errno.ENOSPC, errno.EACCES, errno.EROFS):
        tried += broken(errno.errorcode[code], old, new, calls, FAIL_ERRNO=str(code))
    print(f"{tried} points tried")


def two_at_once(old, new):
    fresh()
    several = [subprocess.Popen(["slipway", "update"], stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for one in several:
        err = one.communicate()[1]
        if one.returncode != 0:
            raise Failed(f"four at once: {err}")
    if state(SITE) != new:
        raise Failed("four at once: not new")
    print("four updaters at once: each waits for the one before, the new state")


def read_only(old, new):
    fresh()
    closed = [os.path.join(SITE, "app")] + [os.path.join(w, d) for w, dirs, _ in os.walk(os.path.join(SITE, "app")) for d in dirs]
    for path in closed:
        os.chmod(path, 0o555)
    out = run("slipway", "update", status=1)
    for path in closed:
        os.chmod(path, 0o755)
    if "ermission" not in out.stderr or state(SITE) != old:
        raise Failed(f"a destination that is read-only: want it told and the old state\n{out.stderr}")
    run("slipway", "update")
    if state(SITE) != new:
        raise Failed("a destination that was read-only: not new")
    print("a read-only destination: told, the old state")


def linked(old):
    """A symbolic link in the place of a directory isn't followed."""
    fresh()
    elsewhere = os.path.join(WORK, "elsewhere")
    os.mkdir(elsewhere)
    os.rename(f"{SITE}/app/tls", f"{SITE}/tls-away")
    os.symlink(elsewhere, f"{SITE}/app/tls")
    out = run("slipway", "update", status=1)
    if "app/tls" not in out.stderr or os.listdir(elsewhere):
        raise Failed(f"a link in the place of a directory: want it told and not followed\n{out.stderr}")
    os.unlink(f"{SITE}/app/tls")
    os.rename(f"{SITE}/tls-away", f"{SITE}/app/tls")
    if state(SITE) != old:
        raise Failed("a link in the place of a directory: not the old state")
    print("a directory replaced by a symbolic link: refused, the old state")
    return elsewhere


def raced(elsewhere, new):
    """A user who may write the destination swaps a directory for a link, again and again, while the station updates and
    rolls back."""
    fresh()
    done = threading.Event()
    swaps = 0
    pause = 0.001  # s at most; on a slow machine a command needs a longer one, else none is done

    def swap():
        nonlocal swaps
        there, away = f"{SITE}/app/tls", f"{SITE}/app-tls-away"
        while not done.is_set():
            try:
                os.rename(there, away)
                os.symlink(elsewhere, there)
                os.unlink(there)
                os.rename(away, there)
            except OSError:  # the station made a directory there meanwhile
                if os.path.isdir(there) and os.path.isdir(away):
                    shutil.rmtree(away)
                elif os.path.isdir(away):
                    os.path.islink(there) and os.unlink(there)
                    os.rename(away, there)
            swaps += 1
            time.sleep(random.random() * pause)

    thread = threading.Thread(target=swap)
    thread.start()
    ends = {0: 0, 1: 0}
    try:
        for commands in range(1, RACED_MAX + 1):
            end = run("slipway", *RACED[commands % len(RACED)], status=(0, 1)).returncode
            ends[end] += 1
            pause = pause * 0.8 if end == 0 else min(pause * 1.25, 1)
            if os.listdir(elsewhere):
                raise Failed(f"a raced update wrote {os.listdir(elsewhere)} through a link")
            # Until the link was there in time for some commands, and too early or too late for others.
            if commands >= RACED_MIN and min(ends.values()) > 0:
                break
    finally:
        done.set()
        thread.join()
    if min(ends.values()) == 0 or swaps < RACED_MIN:
        raise Failed(f"a race: want commands that are done and refused, got {ends[0]} and {ends[1]} of {swaps} swaps")
    last = [
        run("slipway", "update", "--repair", status=(0, 1)),
        run("slipway", "rollback", "2", status=(0, 1)),
        run("slipway", "update", "--repair"),
        run("slipway", "verify"),
    ]
    if state(SITE)[0][2] != new[0][2]:
        raise Failed(
            f"after a race: want the settings of release 2; {differs(state(SITE), new)}\n"
            + "".join(out.stdout + out.stderr for out in last)
            + run("slipway", "history").stdout
        )
    print(f"a user who swaps a directory for a link {swaps} times: {ends[0]} commands done, {ends[1]} refused, nothing elsewhere")


def unmounted(old, new):
    """The disk of InstallDir isn't there at the next start after a cut: the journal stays until it is."""
    fresh()
    count = os.path.join(WORK, "count")
    run("slipway", "update", env={"LD_PRELOAD": LIBRARY, "CUT_COUNT": count})
    with open(count, encoding="utf-8") as f:
        points = max(int(line) for line in f)
    install, away = f"{SITE}/install", f"{SITE}/install-away"
    torn = f"{SITE}/home/state/D2/COV_PB/journal.torn"
    stayed = 0
    for n in range(1, points + 1, 7):
        for instead in ("nothing", "an empty directory", "a backup"):
            fresh()
            run("slipway", "update", status=-9, env={"LD_PRELOAD": LIBRARY, "CUT_AT": str(n)})
            if "journal" not in journals(SITE):
                continue
            os.rename(install, away)
            if instead == "an empty directory":
                os.mkdir(install)
            elif instead == "a backup":
                shutil.copytree(f"{BASE}/install", install)
            os.rename(REPO, AWAY)
            out = run("slipway", "run", "--", "true")
            os.rename(AWAY, REPO)
            if "journal" in journals(SITE):
                stayed += 1
                if "is its disk mounted?" not in out.stderr:
                    raise Failed(f"unmounted at call {n}: want it told\n{out.stderr}")
            shutil.rmtree(install, ignore_errors=True)
            os.rename(away, install)
            judge(f"{instead} in the place of InstallDir, cut at call {n}", out, old, new)
            if os.path.exists(torn):
                raise Failed(f"unmounted at call {n}: journal.torn without --repair")
    if stayed < 6:
        raise Failed(f"unmounted: want journals that stay, got {stayed}")
    print(f"InstallDir isn't mounted after a cut: {stayed} journals stayed and were finished when it was")
    given_up(install, away, torn, points)


def given_up(install, away, torn, points):
    """slipway update --repair gives such a journal up."""
    for n in range(points, 0, -5):
        fresh()
        run("slipway", "update", status=-9, env={"LD_PRELOAD": LIBRARY, "CUT_AT": str(n)})
        os.rename(install, away)
        if run("slipway", "update", status=(0, 1)).returncode == 1:
            break
    else:
        raise Failed("given up: want a journal that stays")
    out = run("slipway", "update", "--repair")
    if "is given up" not in out.stderr or install not in out.stderr or not os.path.exists(torn):
        raise Failed(f"given up: want it told, and journal.torn\n{out.stderr}")
    run("slipway", "verify")
    shutil.rmtree(install)
    os.rename(away, install)
    run("slipway", "update", "--repair")
    run("slipway", "verify")
    print("such a journal is given up by --repair, which says what that leaves")


def no_dir_sync(new):
    """A file system that can't flush directories."""
    fresh()
    out = run("slipway", "update", env={"LD_PRELOAD": LIBRARY, "NO_DIR_SYNC": "1"})
    if out.stderr.count("can't flush directories") != 1 or state(SITE) != new:
        raise Failed(f"directories that can't be flushed: want it told once, and the new state\n{out.stderr}")
    print("a file system that can't flush directories: told once, the new state")


FULL = """
mount -t tmpfs -o size=700k,mode=755 tmpfs "$SITE" || exit 77
cp -a "$BASE/." "$SITE"
no_rights="setpriv --ambient-caps -all --inh-caps=-all"
$no_rights slipway update 2>err && exit 1
cat err
grep -q 'MB free' err || exit 2
$no_rights slipway verify || exit 3
mount -o remount,size=16m "$SITE"
$no_rights slipway update && $no_rights slipway verify
"""


def full(old):
    fresh()
    shutil.rmtree(SITE)
    os.mkdir(SITE)
    out = run("unshare", "--user", "--map-current-user", "--keep-caps", "--mount", "sh", "-c", FULL, status=None,
              env={"SITE": SITE, "BASE": BASE})
    if out.returncode in (1, 77) and "unshare" in out.stderr or out.returncode == 77:
        print("a full disk: skipped, no file system can be mounted here")
    elif out.returncode != 0:
        raise Failed(f"a full disk: {out.returncode}\n{out.stdout}{out.stderr}")
    else:
        print("a full disk: told before anything is switched, the old state; with room the new one")


def others():
    old = prepare()
    run("slipway", "update")
    new = state(SITE)
    two_at_once(old, new)
    unmounted(old, new)
    no_dir_sync(new)
    read_only(old, new)
    elsewhere = linked(old)
    raced(elsewhere, new)
    full(old)


try:
    if sys.argv[1:] == ["others"]:
        others()
    else:
        every_call(int(sys.argv[1]))
    print("ok")
except Failed as e:
    print(f"FAIL: {e}", file=sys.stderr)
    sys.exit(1)
