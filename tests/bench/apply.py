#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""slipway update of many small files and many settings, all new, against rsync -a of the same files, with and without
waiting for the disk; all files replaced, the way back, and their release published; a start with nothing new.  The
repository is on this computer (file:), so that no network is measured.
"""
import os
import pwd
import shutil
import subprocess
import tempfile
import traceback
from pathlib import Path

from bench import arguments, medians, parser_with_runs, write

FILES, SETTINGS, BYTES = 1000, 1000, 2048
BACK = 10_000
NOTHING_NEW = (1, 1_000, 30_000)
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


def make_release(top, files, settings, size=BYTES):
    for i in range(files):
        path = top / f"app/{i // 100:02}/file-{i:04}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size // 2) * 2)
    if settings:
        script = top / "scripts/machine/10.lua"
        script.parent.mkdir(parents=True)
        script.write_text('local k = [[HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_A\\]]\n'
                          f'for i = 1, {settings} do set(k .. "Part" .. i // 20, "Name" .. i, "the value of setting " .. i) end\n')


def back_and_forth(args, work, local, quiet, results):
    """All files replaced by an update, the same files by the way back, and their release published."""
    where = work / "back"
    repo, home, out, server = where / "repo", where / "home", where / "out", where / "server"
    before, slipway = where / "repo-before", local / "slipway"
    publish = [local / "slipway-repo", "--repo", repo, "publish", "--app", "A", where / "release2"]
    os.environ["SLIPWAY_HOME"] = str(home)
    for number in (1, 2):
        make_release(where / f"release{number}", BACK, 0)
        if number == 1:
            quiet(local / "slipway-repo", "init", repo, "--no-passphrase")
            quiet(local / "slipway-repo", "--repo", repo, "app", "add", "A", "--no-passphrase")
        quiet(*publish[:-1], where / f"release{number}")
        shutil.copytree(repo / "served", where / f"served{number}")
        if number == 1:
            shutil.copytree(repo, before)

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

    def unpublished():
        shutil.rmtree(repo)
        shutil.copytree(before, repo)
        os.sync()

    figures = {}
    cases = {"slipway update": (first, [slipway, "update"]), "slipway rollback": (second, [slipway, "rollback"]),
             "slipway-repo publish": (unpublished, publish)}
    for program, one in zip(cases, medians(args.runs, local / "measure", list(cases.values()))):
        results.append({"case": "back", "program": program, **one})
        figures[program] = one
        print(f"{'back':<9} {program:<26} {one['cpu_ms']:>9.1f} {one['peak_mib']:>9.1f} {one['wall_ms']:>9.1f}", flush=True)
    update = figures["slipway update"]
    print(f"{'':<9} slipway rollback : slipway update = {figures['slipway rollback']['wall_ms'] / update['wall_ms']:.2f}; "
          f"CPU of publish : of update = {figures['slipway-repo publish']['cpu_ms'] / update['cpu_ms']:.2f}")


def nothing_new(args, work, local, quiet, results):
    """A start that finds nothing new, by the number of files of the release."""
    cases, home = [], {}
    for files in NOTHING_NEW:
        where = work / f"nothing-{files}"
        make_release(where / "release", files, 0, 16)
        repo, home[files] = where / "repo", str(where / "home")
        quiet(local / "slipway-repo", "init", repo, "--no-passphrase")
        quiet(local / "slipway-repo", "--repo", repo, "app", "add", "A", "--no-passphrase")
        quiet(local / "slipway-repo", "--repo", repo, "publish", "--app", "A", where / "release")
        os.environ["SLIPWAY_HOME"] = home[files]
        quiet(local / "slipway", "enroll", f"file://{repo}/served", "--root", repo / "served/metadata/1.root.json",
              "--installation", "D2", "--app", "A", "--app-dir", where / "out")
        quiet(local / "slipway", "update")
        cases.append((lambda files=files: os.environ.update(SLIPWAY_HOME=home[files]),
                      [local / "slipway", "run", "--", "true"]))
    os.sync()
    wall = []
    for files, figures in zip(NOTHING_NEW, medians(args.runs, local / "measure", cases)):
        results.append({"case": "nothing new", "program": f"{files} files", **figures})
        wall.append(figures)
        print(f"{'nothing':<9} {f'slipway run, {files:,} files':<26} {figures['cpu_ms']:>9.1f} {figures['peak_mib']:>9.1f} {figures['wall_ms']:>9.1f}",
              flush=True)
    print(f"{'':<9} {NOTHING_NEW[-1]:,} files : {NOTHING_NEW[0]} = {wall[-1]['wall_ms'] / wall[0]['wall_ms']:.2f}, "
          f"CPU {wall[-1]['cpu_ms'] / wall[0]['cpu_ms']:.2f}")


def against_rsync(args, work, local, quiet, results):
    measure, nosync = local / "measure", local / "libnosync.so"
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


def bench(args, work):
    results = []
    local = work / "programs"  # where an ordinary user finds them
    local.mkdir()
    for program in ("server/slipway-repo", "updater/slipway", "tests/bench/libnosync.so", "tests/bench/measure"):
        shutil.copy(args.build / program, local)
    as_ordinary_user(work)

    def quiet(*command):
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    print(f"{'case':<9} {'program':<26} {'CPU ms':>9} {'peak MiB':>9} {'wall ms':>9}")
    for part in PARTS if args.part is None else [args.part]:
        PARTS[part](args, work, local, quiet, results)
    return results


PARTS = {"new": against_rsync, "back": back_and_forth, "nothing": nothing_new}


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
    parser = parser_with_runs()
    parser.add_argument("--part", choices=PARTS)
    args = arguments(parser)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as work:
        os.chmod(work, 0o755)
        pid = os.fork()
        if pid == 0:
            child(args, work)
        if os.waitpid(pid, 0)[1] != 0:
            raise SystemExit(1)
        shutil.copy(Path(work, "results.json"), args.json)


main()
