# SPDX-License-Identifier: ISC
"""Shared by the tests that break a station: two releases, a repository, and the state of a station."""

import hashlib
import os
import stat
import subprocess

WORK = os.environ["WORK"]
REPO = os.path.join(WORK, "repo")

RELEASES = [
    {
        "install/bin/hi": "one",
        "install/bin/run.sh": "mode",
        "install/doc": "a file where a directory comes",
        "app/tls/server.crt": "certificate one",
        "app/tls/ca.crt": "stays",
        "app/old/deep/only.txt": "goes with its directories",
        "app/place/a.txt": "a directory where a file comes",
        "scripts/machine/10.lua": 'local k = [[HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV_PB]]\n'
        'set(k, "Changed", "one") set(k, "Same", 5) set(k, "Gone", "x") set(k .. [[\\Tree]], "In", "it")\n',
        "scripts/user/10.lua": 'set([[HKCU\\SOFTWARE\\Ipesoft\\D2\\cfg_COV_PB]], "User", "one")\n',
    },
    {
        "install/bin/hi": "two",
        "install/bin/run.sh": "mode",
        "install/doc/read.me": "below it",
        "app/tls/server.crt": "certificate two",
        "app/tls/ca.crt": "stays",
        "app/new/dir/file.txt": "new",
        "app/new/copy.txt": "new",
        "app/place": "the file",
        "scripts/machine/10.lua": 'local k = [[HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV_PB]]\n'
        'set(k, "Changed", "two") set(k, "Same", 5) delete(k, "Gone") delete(k .. [[\\Tree]])\n'
        'set(k, "New", "%%AppData%%\\\\x")\n',
        "scripts/user/10.lua": 'set([[HKCU\\SOFTWARE\\Ipesoft\\D2\\cfg_COV_PB]], "User", "two")\n',
    },
]


class Failed(Exception):
    pass


def run(*args, status=0, env=None):
    done = subprocess.run(
        args, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}
    )
    if status is not None and done.returncode not in (status if isinstance(status, tuple) else (status,)):
        raise Failed(f"{' '.join(args)}: want status {status}, got {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def publish(files, name):
    top = os.path.join(WORK, name)
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
        with open(os.path.join(top, path), "w", encoding="utf-8") as f:
            f.write(text)
    if name == "release2":
        os.chmod(os.path.join(top, "install/bin/run.sh"), 0o755)
    run("slipway-repo", "--repo", REPO, "publish", "--app", "COV_PB", top)


def tree(top):
    """Names, types, modes and contents."""
    found = {}
    for where, dirs, files in os.walk(top):
        for name in dirs + files:
            path = os.path.join(where, name)
            st = os.lstat(path)
            content = ""
            if stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    content = hashlib.sha256(f.read()).hexdigest()
            found[os.path.relpath(path, top)] = f"{st.st_mode:o} {content}"
    return found


def settings(site, name):
    """Each value below its key, without Slipway's own settings; their order isn't compared."""
    found, key = set(), ""
    try:
        with open(os.path.join(site, "home", name), encoding="utf-8") as f:
            for line in f.read().splitlines():
                if line.startswith("["):
                    key = line
                elif line and "SOFTWARE\\Slipway\\" not in key:
                    found.add(f"{key} {line}")
    except FileNotFoundError:
        pass
    return found


def state(site):
    machine = (tree(os.path.join(site, "install")), tree(os.path.join(site, "app")), settings(site, "machine.conf"))
    return machine, settings(site, "user.conf")


def journals(site):
    """The files of an unfinished transaction."""
    top = os.path.join(site, "home/state/D2/COV_PB")
    return [n for d in (top, os.path.join(top, "user")) if os.path.isdir(d) for n in os.listdir(d) if n.startswith("journal")]


def make_repository():
    os.umask(0o022)
    run("slipway-repo", "init", REPO, "--no-passphrase")
    run("slipway-repo", "--repo", REPO, "app", "add", "COV_PB", "--no-passphrase")
    publish(RELEASES[0], "release1")


def enroll(site, *server, env=None):
    run("slipway", "enroll", *server, "--no-check", "--root", f"{REPO}/served/metadata/1.root.json", "--installation", "D2", "--app", "COV_PB",
        "--install-dir", f"{site}/install", "--app-dir", f"{site}/app", "--force", env=env)


def differs(got, want):
    if got[1] != want[1]:
        return f"user's settings {got[1]} instead of {want[1]}"
    for kind, g, w in zip(("install", "app"), got[0], want[0]):
        for name in sorted(set(g) | set(w)):
            if g.get(name) != w.get(name):
                return f"{kind}/{name}: {g.get(name)} instead of {w.get(name)}"
    return f"settings {sorted(got[0][2])} instead of {sorted(want[0][2])}"
