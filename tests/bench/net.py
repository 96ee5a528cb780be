#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""slipway against what a user would otherwise run, over SSH to a real sshd, with a round-trip time of 0, 20 and 100 ms.

As root the two sides are in network namespaces joined by delaylink (0 ms: one namespace's loopback); otherwise only
loopback is measured.  Files are in memory (/dev/shm), so that no disk is measured.
"""
import concurrent.futures
import json
import os
import pwd
import shlex
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench import arguments, parser_with_runs, write

RTTS = (0, 20, 100)
FILES, FILE_BYTES, LARGE_MB = 1000, 2048, 200
CLIENT, SERVER = "10.213.7.1", "10.213.7.2"
# Runs that only wait for the network are made together, as long as they use less of the machine than this.
WAITS = 0.1
CHECKS_S = 6        # how long "nothing new" is repeated for each row of the server's table


def run(*command, **more):
    return subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


class Net:
    """The places of both sides: prefixes of commands, and the server's address at a round-trip time."""

    def __init__(self, build, rtts):
        self.tag, self.links = f"slipway{os.getpid()}", []
        self.root = os.geteuid() == 0
        self.rtts = rtts if self.root else (0,)
        self.user = pwd.getpwnam("nobody") if self.root else pwd.getpwuid(os.geteuid())
        if not self.root:
            print("Not root: loopback only.")
            return
        self.namespaces = [f"{self.tag}-server"] + [f"{self.tag}-{rtt}" for rtt in self.rtts if rtt]
        for ns in self.namespaces:
            run("ip", "netns", "add", ns)
            # The usual settings, whatever the host has, and no state that is kept from run to run.
            for name, value in (("tcp_rmem", "4096 131072 6291456"),
                                ("tcp_wmem", "4096 16384 4194304"), ("tcp_no_metrics_save", "1")):
                run("ip", "netns", "exec", ns, "sh", "-c", f"echo {value} > /proc/sys/net/ipv4/{name}")
            run("ip", "-n", ns, "link", "set", "lo", "up")
        for i, rtt in enumerate(r for r in self.rtts if r):
            name = f"d{rtt}"
            link = subprocess.Popen([build / "tests/bench/delaylink", f"{self.tag}-{rtt}", self.namespaces[0], name, str(rtt * 500)],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.links.append(link)
            if link.stdout.readline() != b"up\n":
                raise SystemExit("delaylink could not be started")
            for ns, mine, other in ((f"{self.tag}-{rtt}", CLIENT, SERVER), (self.namespaces[0], SERVER, CLIENT)):
                mine, other = (f"{a.rsplit('.', 2)[0]}.{7 + i}.{a.rsplit('.', 1)[1]}" for a in (mine, other))
                run("ip", "-n", ns, "addr", "add", mine, "peer", other, "dev", name)
                run("ip", "-n", ns, "link", "set", name, "up")
                # The usual one; a route may name it where a namespace may not choose it.
                run("ip", "-n", ns, "route", "replace", other, "dev", name, "src", mine, "congctl", "cubic")

    def address(self, rtt):
        if rtt == 0:
            return "127.0.0.1"
        return f"10.213.{7 + [r for r in self.rtts if r].index(rtt)}.2"

    def server(self, command):
        return ["ip", "netns", "exec", self.namespaces[0], *command] if self.root else command

    def client(self, rtt, command):
        """As an ordinary user, because a privileged process ignores SLIPWAY_HOME."""
        if not self.root:
            return command
        ns = self.namespaces[0] if rtt == 0 else f"{self.tag}-{rtt}"
        return ["ip", "netns", "exec", ns, "setpriv", "--reuid", str(self.user.pw_uid), "--regid", str(self.user.pw_gid),
                "--clear-groups", "--", *command]

    def end(self):
        for link in self.links:
            link.stdin.close()
            link.wait()
        if self.root:
            for ns in self.namespaces:
                subprocess.run(["ip", "netns", "del", ns], check=False)


class Sshd:
    """A stock sshd with its own configuration; children: its processes for connections."""

    # Allows so many connections at once that no connection of a program is refused.
    def __init__(self, net, work, extra="MaxStartups 200"):
        self.work = work
        if not (work / "hostkey").exists():
            for key in ("hostkey", "login"):
                run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", work / key)
            shutil.copy(work / "login.pub", work / "authorized")
            shutil.chown(work / "login", net.user.pw_uid, net.user.pw_gid)
        self.login = "root" if net.root else net.user.pw_name
        self.port = 22022
        self.fingerprint = run("ssh-keygen", "-lf", work / "hostkey.pub").stdout.decode().split()[1]
        config = work / "sshd_config"
        config.write_text(f"{extra}\nPort {self.port}\nHostKey {work}/hostkey\nAuthorizedKeysFile {work}/authorized\nPidFile none\n"
                          "StrictModes no\n"
                          # A login shell's own start-up files are not what is measured: bash leaves them out below
                          # another.
                          "SetEnv SHLVL=2\n" + ("" if "Subsystem" in extra else "Subsystem sftp internal-sftp\n"))
        if net.root:
            os.makedirs("/run/sshd", exist_ok=True)
        self.log = open(work / "sshd.log", "w")
        self.process = subprocess.Popen(net.server(["/usr/sbin/sshd", "-D", "-e", "-f", str(config)]), stderr=self.log)
        (work / "known_hosts").write_text("".join(
            f"[{net.address(rtt)}]:{self.port} {(work / 'hostkey.pub').read_text()}" for rtt in net.rtts))
        for _ in range(100):
            if "Server listening" in (work / "sshd.log").read_text():
                return
            time.sleep(0.05)
        raise SystemExit(f"sshd could not be started: {(work / 'sshd.log').read_text()}")

    def cpu_ms(self):
        """CPU time of the sessions that have ended; waits for those that haven't."""
        pid = self.process.pid
        while Path(f"/proc/{pid}/task/{pid}/children").read_text():
            time.sleep(0.005)
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) * 1000 / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


class Station:
    """An enrolled station, kept in the state of its first release."""

    def __init__(self, bench, where, address, name="A"):
        self.bench, self.where = bench, where
        self.home, self.out = where / "home", where / "out"
        where.mkdir(parents=True, exist_ok=True)
        shutil.chown(where, bench.net.user.pw_uid, bench.net.user.pw_gid)
        self.url = f"sftp://{bench.sshd.login}@{address}:{bench.sshd.port}{bench.repo}/served"
        self.slipway(0, "enroll", self.url, "--host-key", bench.sshd.fingerprint, "--key", bench.work / "login",
                     "--root", bench.repo / "served/metadata/1.root.json", "--installation", "D2", "--app", name,
                     "--app-dir", self.out, "--deadline", "600")

    def command(self, *command):
        return ["env", f"SLIPWAY_HOME={self.home}", f"HOME={self.where}", str(self.bench.work / "bin/slipway"), *map(str, command)]

    def slipway(self, rtt, *command):
        run(*self.bench.net.client(rtt, self.command(*command)))

    def keep(self):
        run("cp", "-a", self.where, f"{self.where}.kept")

    def restore(self):
        shutil.rmtree(self.where)
        run("cp", "-a", f"{self.where}.kept", self.where)


class Bench:
    def __init__(self, args, work):
        self.args, self.work, self.results = args, work, []
        self.net = Net(args.build, args.rtt)
        self.sshd, self.stations = None, 0
        try:
            (work / "bin").mkdir()
            for program in (args.build / "updater/slipway", args.build / "server/slipway-repo", args.build / "tests/bench/lean", args.measure):
                shutil.copy(program, work / "bin")
            self.sshd = Sshd(self.net, work)
            self.shell = self.has_shell()
        except BaseException:
            self.end()
            raise

    def end(self):
        if self.sshd is not None:
            self.sshd.end()
        self.net.end()

    def has_shell(self):
        """Whether the login shell runs commands, as rsync wants; nologin prints a text instead."""
        rtt = self.net.rtts[0]
        self.peers(rtt)
        done = subprocess.run(self.net.client(rtt, [*shlex.split(self.ssh), self.at, "true"]), check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        clean = done.returncode == 0 and done.stdout == b""
        if not clean:
            print(f"rsync is left out: it needs a login shell that runs commands, and {self.sshd.login}'s doesn't.")
        return clean

    # A repository whose application A goes from release 1 (before) to release 2 (after).

    def repository(self, case, before, after):
        """Returns a function that makes a station at release 1 for an address; call publish() when all are made."""
        self.case, top = case, self.work / case
        self.repo, self.release = top / "repo", top / "release"
        repo = [self.work / "bin/slipway-repo", "--repo", self.repo]
        run(self.work / "bin/slipway-repo", "init", self.repo, "--no-passphrase")
        run(*repo, "app", "add", "A", "--no-passphrase")
        (self.release / "app").mkdir(parents=True)
        before(self.release / "app")
        run(*repo, "publish", "--app", "A", self.release)
        stations = {}
        for rtt in self.net.rtts:
            stations[rtt] = Station(self, top / f"station{rtt}", self.net.address(rtt))
            stations[rtt].slipway(0 if rtt == 0 else rtt, "update")
            stations[rtt].keep()
        if after is not None:
            after(self.release / "app")
            run(*repo, "publish", "--app", "A", self.release)
        return stations

    # Other programs.

    def peers(self, rtt, tuned_only=False):
        w, host, port, user = self.work, self.net.address(rtt), self.sshd.port, self.sshd.login
        self.at = f"{user}@{host}"
        known = f"-oUserKnownHostsFile={w}/known_hosts"
        self.sftp = ["sftp", "-q", known, "-oIdentitiesOnly=yes", f"-oIdentityFile={w}/login", "-P", str(port)]
        self.tuned = ["sftp", "-F", "none", *self.sftp[1:], "-oGSSAPIAuthentication=no", "-oKexAlgorithms=curve25519-sha256",
                      "-oCiphers=aes128-gcm@openssh.com"]
        self.ssh = shlex.join(["ssh", "-q", known, "-oIdentitiesOnly=yes", "-i", f"{w}/login", "-p", str(port)])
        self.lftp = ["lftp", "-c"]
        self.lftp_open = (f"set sftp:connect-program {shlex.quote(self.ssh + ' -a -x')}; set net:max-retries 1; "
                          f"open sftp://{user}:x@{host}:{port}; ")
        self.remote = (f":sftp,host={host},port={port},user={user},key_file={w}/login,known_hosts_file={w}/known_hosts,"
                       "shell_type=none,md5sum_command=none,sha1sum_command=none:")
        self.rclone = ["rclone", "--config", ""]
        self.curl = ["curl", "-sf", "--key", f"{w}/login", "--pubkey", f"{w}/login.pub", "-u", f"{user}:",
                     "--hostpubsha256", self.sshd.fingerprint[7:]]
        self.curl_url = f"sftp://{host}:{port}"

    def batch(self, text):
        file = self.work / "batch"
        file.write_text(text)
        return file

    # Measuring.

    def one(self, rtt, prepare, command):
        prepare()
        before = self.sshd.cpu_ms()
        done = subprocess.run(self.net.client(rtt, [str(self.work / "bin/measure"), *map(str, command)]), check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "HOME": str(self.work), "LC_ALL": "C.UTF-8"})
        if done.returncode != 0:
            raise SystemExit(f"{shlex.join(map(str, command))}: status {done.returncode}: {done.stderr.decode()[-2000:]}")
        cpu, peak, wall = map(int, done.stdout.split())
        return cpu / 1000, peak / 1024, wall / 1000, self.sshd.cpu_ms() - before

    def measure(self, rtt, programs, small_files=False):
        """programs: name to (prepare(i), command(i)), i the number of the run.  They run in turns unless they wait."""
        only = self.args.program
        programs = {n: p for n, p in programs.items() if n == "slipway" or only is None or n.startswith(tuple(only))}
        programs = {n: p for n, p in programs.items() if self.shell or not n.startswith("rsync")}
        figures = {name: [self.one(rtt, lambda: prepare(0), command(0))]
                   for name, (prepare, command) in programs.items()}
        waiting = {}
        if small_files and rtt:
            for name, ((cpu, _, wall, server, *_),) in figures.items():
                together = int(WAITS * os.cpu_count() * wall / (cpu + server))
                if name != "slipway" and together > 1:
                    waiting[name] = together
        for name, together in waiting.items():
            prepare, command = programs[name]
            for i in range(1, self.args.runs):
                prepare(i)
            with concurrent.futures.ThreadPoolExecutor(together) as pool:
                figures[name] += pool.map(lambda i: self.one(rtt, lambda: None, command(i)), range(1, self.args.runs))
        for i in range(1, self.args.runs):
            for name, (prepare, command) in programs.items():
                if name not in waiting:
                    figures[name].append(self.one(rtt, lambda: prepare(i), command(i)))
        for name, rows in figures.items():
            cpu, peak, wall = (statistics.median(column) for column in list(zip(*rows))[:3])
            # The kernel counts the server's time in hundredths of a second: a mean says more than a median.
            server = None if name in waiting else statistics.fmean(r[3] for r in rows)
            self.results.append({"case": self.case, "program": name, "rtt_ms": rtt, "wall_ms": wall, "cpu_ms": cpu,
                                 "server_cpu_ms": server, "peak_mib": peak, "all_wall_ms": [r[2] for r in rows]})
        self.show(rtt)

    def find(self, program, rtt, key="wall_ms"):
        return next((r[key] for r in self.results if (r["case"], r["program"], r["rtt_ms"]) == (self.case, program, rtt)), None)

    def show(self, rtt):
        base = self.find("slipway", rtt)
        for r in self.results:
            if (r["case"], r["rtt_ms"]) == (self.case, rtt):
                trips, server = "", r["server_cpu_ms"]
                if rtt == 100 and 0 in self.net.rtts:
                    trips = f"{(r['wall_ms'] - self.find(r['program'], 0)) / 100:.1f}"
                print(f"{r['case']:<8} {rtt:>4} {r['program']:<22} {r['wall_ms']:>10.1f} {base / r['wall_ms']:>7.2f} {r['cpu_ms']:>9.1f} "
                      f"{'' if server is None else format(server, '.1f'):>10} {r['peak_mib']:>9.1f} {trips:>6}", flush=True)

    def to(self, name, i):
        return self.work / "to" / name / str(i)

    def fresh(self, name, full=None):
        """Returns a prepare() that makes a separate destination for each run, empty or with the files of full."""
        def prepare(i):
            to = self.to(name, i)
            shutil.rmtree(to, ignore_errors=True)
            to.parent.mkdir(parents=True, exist_ok=True)
            if full is None:
                to.mkdir()
            else:
                run("cp", "-a", full, to)
            if self.net.root:
                run("chown", "-R", f"{self.net.user.pw_uid}:{self.net.user.pw_gid}", self.work / "to")
        return prepare

    def one_file(self, rtt, name, full=None):
        """The commands that fetch one file of the release; full: a destination for programs that compare first."""
        file, f = self.release / "app" / name, self.fresh

        def batch(program):
            return lambda i: [*program, "-b", self.batch(f"get {file} {self.to('sftp', i)}/\n"), self.at]
        return {
            "sftp -b": (f("sftp"), batch(self.sftp)),
            "sftp -b, tuned": (f("sftp"), batch(self.tuned)),
            "curl": (f("curl"), lambda i: [*self.curl, "-o", self.to("curl", i) / name, f"{self.curl_url}{file}"]),
            "rsync -a": (f("rsync", full), lambda i: ["rsync", "-a", "-e", self.ssh, f"{self.at}:{file}", f"{self.to('rsync', i)}/"]),
            "rclone copy": (f("rclone", full), lambda i: [*self.rclone, "copy", f"{self.remote}{file}", self.to("rclone", i)]),
            "lftp mirror": (f("lftp", full), lambda i: [*self.lftp, f"{self.lftp_open}mirror {file.parent} {self.to('lftp', i)}"]),
        }

    # The cases.

    def nothing(self):
        def before(app):
            (app / "server.crt").write_bytes(os.urandom(FILE_BYTES))
        stations = self.repository("nothing", before, None)
        for rtt in self.net.rtts:
            self.peers(rtt)
            st = stations[rtt]
            timestamp = self.repo / "served/metadata/timestamp.json"
            self.measure(rtt, {"slipway": (lambda i: None, lambda i: st.command("run", "--", "true")),
                               "our SFTP alone": (lambda i: None, lambda i: [
                                   self.work / "bin/lean", self.sshd.login, self.net.address(rtt), self.sshd.port,
                                   self.work / "login", self.sshd.fingerprint, timestamp]),
                               **self.one_file(rtt, "server.crt", full=self.release / "app")})
            said = json.loads((st.home / "state/D2/A/servers.json").read_text()).get(st.url, {})
            print(f"{self.case:<8} {rtt:>4} TCP_NODELAY at the server: {said.get('nodelay', 'not known')}", flush=True)

    def one_changed(self):
        def write_one(app):
            (app / "server.crt").write_bytes(os.urandom(FILE_BYTES))
        stations = self.repository("one", write_one, write_one)
        for rtt in self.net.rtts:
            self.peers(rtt)
            st = stations[rtt]
            self.measure(rtt, {"slipway": (lambda i: st.restore(), lambda i: st.command("run", "--", "true")),
                               **self.one_file(rtt, "server.crt")})

    def many(self):
        def write_all(app):
            for i in range(FILES):
                path = app / f"{i // 100:02}/file-{i:04}.dat"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(os.urandom(FILE_BYTES))
        stations = self.repository("many", write_all, write_all)
        tree, f = self.release / "app", self.fresh
        for rtt in self.net.rtts:
            self.peers(rtt)
            st = stations[rtt]
            self.measure(rtt, {
                "slipway": (lambda i: st.restore(), lambda i: st.command("run", "--", "true")),
                "sftp -b": (f("sftp"), lambda i: [*self.sftp, "-b", self.batch_many(i, tree), self.at]),
                "rsync -a": (f("rsync"), lambda i: ["rsync", "-a", "-e", self.ssh, f"{self.at}:{tree}/", f"{self.to('rsync', i)}/"]),
                "rclone sync": (f("rclone"), lambda i: [*self.rclone, "sync", "--transfers", "16", f"{self.remote}{tree}",
                                                        self.to("rclone", i)]),
                "lftp mirror -P 8": (f("lftp"), lambda i: [*self.lftp, f"{self.lftp_open}mirror -P 8 {tree} {self.to('lftp', i)}"]),
            }, small_files=True)

    def batch_many(self, i, tree):
        file = self.work / f"batch{i}"
        file.write_text(f"get -r {tree} {self.to('sftp', i)}/\n")
        return file

    def large(self):
        def small(app):
            (app / "note.txt").write_text("release 1\n")

        def one_large(app):
            with open(app / "large.bin", "wb") as file:
                for _ in range(LARGE_MB):
                    file.write(os.urandom(1_000_000))
            (app / "note.txt").unlink()
        stations = self.repository("large", small, one_large)
        for rtt in self.net.rtts:
            self.peers(rtt)
            st = stations[rtt]
            self.measure(rtt, {"slipway": (lambda i: st.restore(), lambda i: st.command("run", "--", "true")),
                               **self.one_file(rtt, "large.bin")})

    # The server's side.

    SETTINGS = {
        "as shipped": "",
        "MaxStartups 200": "MaxStartups 200",
        "... and an sftp-server process": "MaxStartups 200\nSubsystem sftp /usr/lib/openssh/sftp-server",
        "... and UsePAM yes": "MaxStartups 200\nUsePAM yes",
        "... and UseDNS yes": "MaxStartups 200\nUseDNS yes",
    }

    def server(self):
        """The number of checks without news that one sshd serves in a second; the stations are on this machine."""
        def before(app):
            (app / "server.crt").write_bytes(os.urandom(FILE_BYTES))
        self.repository("server", before, None)
        stations = [Station(self, self.work / f"server/check{i}", self.net.address(0)) for i in range(32)]
        for station in stations:
            station.slipway(0, "update")
        print(f"\n{'sshd_config':<32} {'at once':>8} {'checks/s':>9} {'failed':>7} {'sshd CPU ms each':>17}")
        for name, extra in self.SETTINGS.items():
            self.sshd.end()
            self.sshd = Sshd(self.net, self.work, extra)
            for at_once in (1, 8, 32):
                self.checks(name, at_once, stations)

    def checks(self, name, at_once, stations):
        until = time.monotonic() + CHECKS_S
        before, begun = self.sshd.cpu_ms(), time.monotonic()

        def repeat(station):
            good = bad = 0
            while time.monotonic() < until:
                ok = subprocess.run(self.net.client(0, station.command("update")), stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, check=False).returncode == 0
                good, bad = good + ok, bad + (not ok)
            return good, bad
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            counts = list(pool.map(repeat, stations[:at_once]))
        seconds = time.monotonic() - begun
        good, bad = (sum(c) for c in zip(*counts))
        cpu = (self.sshd.cpu_ms() - before) / max(good, 1)
        self.results.append({"case": "server", "sshd": name, "at_once": at_once, "checks_per_s": good / seconds, "failed": bad,
                             "server_cpu_ms_each": cpu})
        print(f"{name:<32} {at_once:>8} {good / seconds:>9.1f} {bad:>7} {cpu:>17.1f}", flush=True)


CASES = {"nothing": Bench.nothing, "one": Bench.one_changed, "many": Bench.many, "large": Bench.large, "server": Bench.server}


def main():
    parser = parser_with_runs()
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--rtt", type=int, choices=RTTS, action="append")
    parser.add_argument("--program", action="append", help="besides slipway, only those whose name begins like this")
    parser.add_argument("--add", action="store_true", help="keep what FILE has of other cases: measured in pieces")
    args = arguments(parser)
    args.rtt = tuple(sorted(args.rtt or RTTS))
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work:
        os.chmod(work, 0o755)
        bench = Bench(args, Path(work))
        try:
            print(f"{'case':<8} {'RTT':>4} {'program':<22} {'wall ms':>10} {'slipway':>7} {'CPU ms':>9} {'server CPU':>10} {'peak MiB':>9} "
                  f"{'trips':>6}")
            for case in args.case or CASES:
                CASES[case](bench)
        except subprocess.CalledProcessError as why:
            raise SystemExit(f"{shlex.join(why.cmd)}: {why.stderr.decode()}") from why
        finally:
            bench.end()
    if args.add and args.json.exists():
        key = lambda r: (r["case"], r.get("program"), r.get("rtt_ms"), r.get("sshd"), r.get("at_once"))
        new = {key(r) for r in bench.results}
        bench.results[:0] = [r for r in json.loads(args.json.read_text())["results"] if key(r) not in new]
    write(args, bench.results)


main()
