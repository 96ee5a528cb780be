#!/bin/bash
# SPDX-License-Identifier: ISC
# Build what is shipped (preset "release") and run a benchmark.
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: tests/bench/run.sh tuf | apply | net | tls [--runs N] [--json FILE]

  tuf   a refresh with nothing new, and with 1,000, 10,000 and 50,000 targets in a delegated role: CPU time and
        peak memory of slipway-tuf, and of a client in Python that checks the same files
  apply 1,000 new small files and 1,000 settings put in place, against rsync -a --fsync of the files, and what
        waiting for the disk costs; 10,000 files replaced, taken back and published; a start with nothing new, by the
        number of files.  --part new, back or nothing chooses one
  net   over SSH to a real sshd with a round-trip time of 0, 20 and 100 ms (as root, between network namespaces; else
        loopback only), against sftp, curl, rsync, rclone and lftp: a start with nothing new, with one changed file,
        with 1,000, with one of 200 MB; and checks a second that one sshd serves.  Takes about an hour;
        --case, --rtt and --program choose, --add keeps what FILE has of others
  tls   the TLS library against the same calls of OpenSSL written by hand, and openssl's s_server and s_time: handshakes
        a second (EC P-256, RSA 4096; with and without a client certificate; with X25519 and, where OpenSSL has it,
        X25519MLKEM768), the throughput of one connection, the
        memory of 10,000 idle connections, and the cost of a look at the settings.  Takes about a quarter of an hour;
        --case and --key choose, --add keeps what FILE has of others

  --runs N      of each; medians are shown (default and least: 9)
  --json FILE   write the figures there too (default: build/release/bench-NAME.json)
TEXT
}

case ${1:-} in
tuf | apply | net | tls) ;;
--help)
	usage
	exit 0
	;;
*)
	usage >&2
	exit 2
	;;
esac
name=$1
shift
case " $* " in
*" --help "*)
	usage
	exit 0
	;;
esac
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
groups=(build test)
[ "$name" != net ] || groups+=(bench)
scripts/install-packages.sh "${groups[@]}"
mkdir -p build/release
if ! { cmake --preset release && cmake --build --preset release -j "$(nproc)"; } >build/release/build.log 2>&1; then
	cat build/release/build.log >&2
	exit 1
fi
exec "tests/bench/$name.py" --json "build/release/bench-$name.json" "$@" build/release
