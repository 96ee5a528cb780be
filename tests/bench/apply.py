#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""slipway update of many small files and many settings, all new, against rsync -a of the same files, with and without
waiting for the disk; then all files replaced, and the way back.  The repository is on this computer (file:), so that no
network is measured.
"""
import os
import pwd
import shutil
import subprocess
import tempfile
import traceback
from pathlib import Path

from bench import arguments, medians, write

FILES, SETTINGS, BYTES = 1000, 1000, 2048
CASES = {"files": (FILES, 0), "settings": (1, SETTINGS), "both": (FILES, SETTINGS)}


def as_ordinary_user(work):
    """A privileged process ignores SLIPWAY_HOME."""
    if os.geteuid() != 0:
        return
    user = pwd.getpwnam("nobody")
    os.chown(work, user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ["HOME"] = str(work)


def make_release(top, files, settings):
    for i in range(files):
        path = top / f"app/{i // 100:02}/file-{i:04}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(BYTES // 2) * 2)
    if settings:
        script = top / "scripts/machine/10.lua"
        script.parent.mkdir(parents=True)
        script.write_text('local k = [[HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_A\\]]\n'
                          f'for i = 1, {settings} do set(k .. "Part" .. i // 20, "Name" .. i, "the value of setting " .. i) end\n')


def back_and_forth(args, work, local, quiet, results):
    """All files replaced by an update, and the same files by the way back."""
    where = work / "back"
    repo, home, out, server = where / "repo", where / "home", where / "out", where / "server"
    os.environ["SLIPWAY_HOME"] = str(home)
    slipway = local / "slipway"
    for number in (1, 2):
        make_release(where / f"release{number}", FILES, 0)
        if number == 1:
            quiet(local / "slipway-repo", "init", repo, "--no-passphrase")
            quiet(local / "slipway-repo", "--repo", repo, "app", "add", "A", "--no-passphrase")
        quiet(local / "slipway-repo", "--repo", repo, "publish", "--app", "A", where / f"release{number}")
        shutil.copytree(repo / "served", where / f"served{number}")

    def serve(number):
        server.unlink(missing_ok=True)
        server.symlink_to(where / f"served{number}")

    def first():
        for directory in (home, out):
            shutil.rmtree(directory, ignore_errors=True)
        serve(1)
        quiet(slipway, "enroll", f"file://{server}", "--root", repo / "served/metadata/1.root.json",
              "--installation", "D2", "--app", "A", "--app-dir", out)
        quiet(slipway, "update")
        serve(2)
        os.sync()

    def second():
        first()
        quiet(slipway, "update")
        os.sync()

    wall = []
    cases = {"slipway update": (first, [slipway, "update"]), "slipway rollback": (second, [slipway, "rollback"])}
    for program, figures in zip(cases, medians(args.runs, local / "measure", list(cases.values()))):
        results.append({"case": "back", "program": program, **figures})
        wall.append(figures["wall_ms"])
        print(f"{'back':<9} {program:<26} {figures['cpu_ms']:>9.1f} {figures['peak_mib']:>9.1f} {figures['wall_ms']:>9.1f}", flush=True)
    print(f"{'':<9} slipway rollback : slipway update = {wall[1] / wall[0]:.2f}")


def bench(args, work):
    results = []
    nosync = args.build / "tests/bench/libnosync.so"
    local = work / "programs"  # where an ordinary user finds them
    local.mkdir()
    for program in (args.build / "server/slipway-repo", args.build / "updater/slipway", nosync, args.measure):
        shutil.copy(program, local)
    as_ordinary_user(work)
    measure, nosync = local / "measure", local / nosync.name

    def quiet(*command):
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    print(f"{'case':<9} {'program':<26} {'CPU ms':>9} {'peak MiB':>9} {'wall ms':>9}")
    for case, (files, settings) in CASES.items():
        where = work / case
        release, repo, home, out = where / "release", where / "repo", where / "home", where / "out"
        make_release(release, files, settings)
        quiet(local / "slipway-repo", "init", repo, "--no-passphrase")
        quiet(local / "slipway-repo", "--repo", repo, "app", "add", "A", "--no-passphrase")
        quiet(local / "slipway-repo", "--repo", repo, "publish", "--app", "A", release)
        os.environ["SLIPWAY_HOME"] = str(home)

        def fresh():
            for directory in (home, out):
                shutil.rmtree(directory, ignore_errors=True)
            quiet(local / "slipway", "enroll", f"file://{repo}/served", "--root", repo / "served/metadata/1.root.json",
                  "--installation", "D2", "--app", "A", "--app-dir", out)
            os.sync()

        programs = {"slipway update": [local / "slipway", "update"],
                    "the same, no waiting": ["env", f"LD_PRELOAD={nosync}", local / "slipway", "update"]}
        if files > 1:
            programs["rsync -a --fsync"] = ["rsync", "-a", "--fsync", f"{release}/app/", f"{out}/"]
            programs["rsync -a"] = ["rsync", "-a", f"{release}/app/", f"{out}/"]
        wall = {}
        for program, figures in zip(programs, medians(args.runs, measure, [(fresh, c) for c in programs.values()])):
            results.append({"case": case, "program": program, **figures})
            wall[program] = figures["wall_ms"]
            print(f"{case:<9} {program:<26} {figures['cpu_ms']:>9.1f} {figures['peak_mib']:>9.1f} {figures['wall_ms']:>9.1f}", flush=True)
        update = wall["slipway update"]
        print(f"{'':<9} durability costs {update - wall['the same, no waiting']:.0f} ms of {update:.0f}")
        if files > 1:
            print(f"{'':<9} slipway update : rsync -a --fsync = {update / wall['rsync -a --fsync']:.2f}")
    back_and_forth(args, work, local, quiet, results)
    return results


def child(args, work):
    """Runs in a separate process, because cleaning up needs the rights that this gives up."""
    status = 1
    try:
        results = bench(args, Path(work))
        args.json = Path(work, "results.json")
        write(args, results)
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def main():
    args = arguments()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as work:
        os.chmod(work, 0o755)
        pid = os.fork()
        if pid == 0:
            child(args, work)
        if os.waitpid(pid, 0)[1] != 0:
            raise SystemExit(1)
        shutil.copy(Path(work, "results.json"), args.json)


main()
