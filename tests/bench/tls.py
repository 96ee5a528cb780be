#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The TLS library against OpenSSL's calls written by hand, and against openssl s_server and s_time.

Programs of one case run in turns.  The server has the first core, clients have the second.  "of by hand" is a ratio of
medians, above 1 where the library is better; handshakes and bytes are compared by the CPU time that this end took, and
by the clock.
As root the programs run as nobody, because a privileged process ignores SLIPWAY_HOME.
"""
import json
import os
import pwd
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench import arguments, parser_with_runs, write

LIBRARY, HAND, TOOL = "library", "by hand", "openssl"
KEYS = {"ec": ("EC P-256", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], 600), "rsa": ("RSA 4096", ["rsa:4096"], 60)}
GROUPS = ("X25519", "X25519MLKEM768")  # the second is in OpenSSL 3.5 and later
CLIENTS = 4             # processes that make handshakes at once
BYTES = 200_000_000   # sent over one connection
IDLE = 10_000           # connections
CHECKS, NEW = 50_000, 20_000
S_TIME_S = 1
# A file that changed less than a second ago is always read again, so wait: the figures are those of a running server.
SETTLE_S = 1.2
ROOT = r"HKLM\SOFTWARE\Ipesoft\D2\cfg_A"


class Server:
    """One of the three servers, on its own port."""

    def __init__(self, bench, program, where, auth):
        command = [bench.ends.get(program), "server", where]
        if program == TOOL:
            command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", where / "server.crt", "-key", where / "server.key",
                       "-tls1_3", "-groups", "X25519:P-256", "-num_tickets", "0", "-no_ticket", "-www"]
            if auth:
                command += ["-Verify", "1", "-verify_return_error", "-CAfile", where / "client.crt"]
        self.process = subprocess.Popen(bench.on(0, where, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if found := re.search(r"(?:^|ACCEPT.*:)(\d+)$", line.strip()):
                self.port = int(found[1])
                return
        raise SystemExit(f"the server could not be started: {' '.join(map(str, command))}")

    def cpu_ns(self):
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0])

    def rss(self):
        return int(re.search(r"VmRSS:\s*(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())[1]) * 1024

    def end(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Bench:
    def __init__(self, args, work):
        self.args, self.work, self.results, self.group = args, work, [], None
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.ends = {LIBRARY: work / "tls_library", HAND: work / "tls_openssl"}
        cores = sorted(os.sched_getaffinity(0))
        self.cores = [cores[0], cores[1 % len(cores)]]
        if len(cores) == 1:
            print("One core only: both ends share it.")
        for end in self.ends.values():
            shutil.copy(args.build / "tests/bench" / end.name, end)
        self.where = {(key, auth): self.files(key, auth) for key in args.key for auth in (False, True)}
        time.sleep(SETTLE_S)

    def on(self, core, where, command):
        """A command on one of the two cores, as the user who has the files."""
        prefix = ["taskset", "-c", str(self.cores[core]), "env", f"SLIPWAY_HOME={where}/home"]
        if self.group is not None:
            prefix.append(f"BENCH_GROUP={self.group}")
        if self.user is not None:
            prefix += ["setpriv", "--reuid", str(self.user.pw_uid), "--regid", str(self.user.pw_gid), "--clear-groups", "--"]
        return prefix + [str(c) for c in command]

    def files(self, key, auth):
        """Keys, certificates, and the settings that name them."""
        where = self.work / f"{key}{'-auth' if auth else ''}"
        (where / "home").mkdir(parents=True)
        for name in ("server", "client") if auth else ("server",):
            subprocess.run(["openssl", "req", "-x509", "-newkey", *KEYS[key][1], "-nodes", "-days", "365", "-subj", f"/CN={name}",
                            "-keyout", where / f"{name}.key", "-out", where / f"{name}.crt"], check=True, stderr=subprocess.DEVNULL)

        def section(side, level, own, trusted):
            lines = [rf"[{ROOT}\TLS_{side}]", f"TLS_RequiredLevel = {level}"]
            if own:
                lines += [f"TLS_KeyFile = {where}/{own}.key", f"TLS_CertFile = {where}/{own}.crt"]
            if trusted:
                lines += [f"TLS_TrustedCerts = {where}/{trusted}.crt"]
            return "\n".join(lines) + "\n"
        (where / "home/machine.conf").write_text(
            section("Server", "TLSPeerAuth" if auth else "TLSNoPeerAuth", "server", "client" if auth else None)
            + section("Client", "TLSPeerAuth", "client" if auth else None, "server"))
        if self.user is not None:
            for path in (where, *where.rglob("*")):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return where

    # Running.

    def end(self, where, program, *rest):
        """Runs one end of tls.c to its end, and returns the figures that it prints."""
        command = self.on(1, where, [self.ends[program], *rest])
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{program} {' '.join(map(str, rest))}: {done.stderr}")
        return [int(figure) for figure in done.stdout.split()]

    def in_turns(self, variants):
        """variants: name to a function that runs it once and returns figures by name.  Returns medians by name."""
        figures = {name: [] for name in variants}
        for run in range(self.args.runs):
            names = list(variants)
            for name in names if run % 2 == 0 else reversed(names):
                figures[name].append(variants[name]())
        return {name: {what: statistics.median(f[what] for f in all_of_it) for what in all_of_it[0]} | {"all": all_of_it}
                for name, all_of_it in figures.items()}

    def connect(self, server, where, client, n, *what):
        """n of something, over one of our clients."""
        before = server.cpu_ns()
        wall, cpu = self.end(where, client, "client", where, server.port, *what)
        return {"a_second": n * 1e9 / wall, "server_us": (server.cpu_ns() - before) / n / 1000, "client_us": cpu / n / 1000}

    def s_time(self, server, where, auth):
        command = ["openssl", "s_time", "-connect", f"127.0.0.1:{server.port}", "-new", "-time", S_TIME_S, "-CAfile",
                   where / "server.crt", "-verify", "1"]
        if auth:
            command += ["-cert", where / "client.crt", "-key", where / "client.key"]
        before, begun = server.cpu_ns(), time.monotonic()
        done = subprocess.run(self.on(1, where, command), check=False, capture_output=True, text=True)
        seconds = time.monotonic() - begun
        found = re.search(r"(\d+) connections in \d+ real seconds", done.stdout)
        if done.returncode != 0 or not found or int(found[1]) == 0:
            raise SystemExit(f"s_time: {done.stdout}{done.stderr}")
        n = int(found[1])
        return {"a_second": n / seconds, "server_us": (server.cpu_ns() - before) / n / 1000, "client_us": None}

    # The cases.

    def ends_in_turns(self, case, where, auth, n, what, scale):
        """Both ends with the library and by hand, and for handshakes openssl's tools."""
        programs = [HAND, LIBRARY] + ([TOOL] if case == "handshakes" else [])
        servers = {}
        try:
            for program in programs:
                servers[program] = Server(self, program, where, auth)
            variants = {(s, c): lambda s=s, c=c: self.connect(servers[s], where, c, n, *what)
                        for s, c in ((HAND, HAND), (LIBRARY, HAND), (HAND, LIBRARY), (LIBRARY, LIBRARY))}
            if case == "handshakes":
                variants |= {(s, "s_time"): lambda s=s: self.s_time_row(servers[s], where, auth) for s in programs}
            found = self.in_turns(variants)
        finally:
            for server in servers.values():
                server.end()
        hand = found[HAND, HAND]
        for (s, c), f in found.items():
            base = found[HAND, "s_time"] if c == "s_time" else hand
            self.row(case, where.name, server=s, client=c, a_second=f["a_second"] * scale, server_us=f["server_us"],
                     client_us=f["client_us"], clock_ratio=f["a_second"] / base["a_second"],
                     server_cpu_ratio=base["server_us"] / f["server_us"],
                     client_cpu_ratio=None if c == "s_time" else base["client_us"] / f["client_us"], all=f["all"])

    def s_time_row(self, server, where, auth):
        return {k: 0 if v is None else v for k, v in self.s_time(server, where, auth).items()}

    def handshakes(self):
        print(f"\n{'handshakes':<10} {'server':<8} {'client':<8} {'a second':>9} {'of by hand':>10} {'server CPU us':>13} {'of by hand':>10} "
              f"{'client CPU us':>13} {'of by hand':>10}")
        for (key, auth), where in self.where.items():
            self.ends_in_turns("handshakes", where, auth, KEYS[key][2], ("handshakes", KEYS[key][2], CLIENTS), 1)

    def has_group(self, where, group):
        self.group = group
        return subprocess.run(self.on(1, where, [self.ends[HAND], "client", where, 1, "handshakes", 0, 0]), check=False,
                              capture_output=True).returncode == 0

    def groups(self):
        """Handshakes by group: one end by hand has this group alone.  The library as a client sends a share for each of
        the two, as it always does."""
        where, n = self.where[self.args.key[0], False], KEYS[self.args.key[0]][2]
        there = [group for group in GROUPS if self.has_group(where, group)]
        for group in GROUPS:
            if group not in there:
                print(f"\n{group}: left out, this OpenSSL doesn't have it (3.5 and later do)")
        servers, variants = {}, {}

        def once(group, server, client):
            self.group = group
            return self.connect(servers[group, server], where, client, n, "handshakes", n, CLIENTS)
        try:
            for self.group in there:
                for program in (HAND, LIBRARY):
                    servers[self.group, program] = Server(self, program, where, False)
            for group in there:
                for s, c in ((HAND, HAND), (LIBRARY, HAND), (HAND, LIBRARY)):
                    variants[group, s, c] = lambda g=group, s=s, c=c: once(g, s, c)
            found = self.in_turns(variants)
        finally:
            self.group = None
            for server in servers.values():
                server.end()
        print(f"\n{'groups':<17} {'server':<8} {'client':<8} {'a second':>9} {'of by hand':>10} {'server CPU us':>13} {'of by hand':>10} "
              f"{'client CPU us':>13} {'of by hand':>10}")
        for (group, s, c), f in found.items():
            hand = found[group, HAND, HAND]
            self.row("groups", f"{where.name} {group}", server=s, client=c, a_second=f["a_second"], server_us=f["server_us"],
                     client_us=f["client_us"], clock_ratio=f["a_second"] / hand["a_second"],
                     server_cpu_ratio=hand["server_us"] / f["server_us"], client_cpu_ratio=hand["client_us"] / f["client_us"],
                     all=f["all"])

    def throughput(self):
        print(f"\n{'throughput':<10} {'receives':<8} {'sends':<8} {'MB/s':>9} {'of by hand':>10} {'CPU us/MB':>13} {'of by hand':>10} "
              f"{'CPU us/MB':>13} {'of by hand':>10}")
        where = self.where[self.args.key[0], False]
        self.ends_in_turns("throughput", where, False, BYTES // 1_000_000, ("send", BYTES), 1)

    def idle(self):
        soft, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        n, need = IDLE, IDLE + 64
        if limit != resource.RLIM_INFINITY and limit < need:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, need))
                limit = need
            except (PermissionError, ValueError):
                n = limit - 64
        if n < IDLE:
            print(f"The limit of open files is {limit}: {n:,} connections instead of {IDLE:,}.")
        where = self.where[self.args.key[0], False]

        def once(program):
            server = Server(self, program, where, False)
            try:
                self.end(where, HAND, "client", where, server.port, "handshakes", 10, 1)
                before = server.rss()
                client = subprocess.Popen(self.on(1, where, [self.ends[HAND], "client", where, str(server.port), "idle", str(n)]),
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                if client.stdout.readline() != "ready\n":
                    raise SystemExit("the idle client could not connect")
                after = server.rss()
                client.communicate()
            finally:
                server.end()
            return {"rss_mib": after / 1048576, "bytes_each": (after - before) / n}
        found = self.in_turns({p: lambda p=p: once(p) for p in (HAND, LIBRARY)})
        print(f"\n{'idle':<10} {'server':<8} {'connections':>11} {'RSS MiB':>9} {'bytes each':>10} {'of by hand':>10}")
        for program, f in found.items():
            self.row("idle", where.name, server=program, connections=n, rss_mib=f["rss_mib"], bytes_each=f["bytes_each"],
                     ratio=found[HAND]["bytes_each"] / f["bytes_each"], all=f["all"])

    def settings(self):
        print(f"\n{'settings':<10} {'files':<8} {'program':<8} {'us each':>9} {'of by hand':>10}")
        for (_, auth), where in self.where.items():
            for what, n in (("check", CHECKS), ("new", NEW)):
                found = self.in_turns({p: lambda p=p: {"us": self.end(where, p, what, where, n)[1] / n / 1000} for p in (HAND, LIBRARY)})
                for program, f in found.items():
                    self.row(what, where.name, server=program, us=f["us"], files=4 if auth else 3, ratio=found[HAND]["us"] / f["us"], all=f["all"])

    def row(self, case, where, **figures):
        self.results.append({"case": case, "key": where, **figures})
        f = figures
        if "a_second" in f:
            def number(v, width, form):
                return f"{format(v, form) if v else '':>{width}}"
            print(f"{where:<{17 if case == 'groups' else 10}} {f['server']:<8} {f['client']:<8} {f['a_second']:>9.1f} {f['clock_ratio']:>10.3f} {f['server_us']:>13.1f} "
                  f"{f['server_cpu_ratio']:>10.3f} {number(f['client_us'], 13, '.1f')} {number(f['client_cpu_ratio'], 10, '.3f')}", flush=True)
        elif case == "idle":
            print(f"{where:<10} {f['server']:<8} {f['connections']:>11,} {f['rss_mib']:>9.1f} {f['bytes_each']:>10.0f} {f['ratio']:>10.3f}", flush=True)
        else:
            print(f"{case:<10} {f['files']:<8} {f['server']:<8} {f['us']:>9.2f} {f['ratio']:>10.3f}", flush=True)


CASES = {"handshakes": Bench.handshakes, "groups": Bench.groups, "throughput": Bench.throughput, "idle": Bench.idle, "settings": Bench.settings}


def main():
    parser = parser_with_runs()
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--key", choices=KEYS, action="append")
    parser.add_argument("--add", action="store_true", help="keep what FILE has of other cases: measured in pieces")
    args = arguments(parser)
    args.key = args.key or list(KEYS)
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        bench = Bench(args, Path(work))
        for case in args.case or CASES:
            CASES[case](bench)
    if args.add and args.json.exists():
        def name(r):
            return r["case"], r["key"], r["server"], r.get("client")
        new = {name(r) for r in bench.results}
        bench.results[:0] = [r for r in json.loads(args.json.read_text())["results"] if name(r) not in new]
    write(args, bench.results)


main()
