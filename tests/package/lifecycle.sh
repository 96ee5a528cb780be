#!/bin/bash
# SPDX-License-Identifier: ISC
# In a chroot that is thrown away: install the packages, enrol a station, start a program, upgrade, remove, install
# again, purge; then nothing is left that wasn't there before.
#
# usage: lifecycle.sh DIR BEFORE VERSION     (DIR/old has the packages of the version BEFORE, DIR/new of VERSION)
set -euo pipefail
shopt -s inherit_errexit

old=$1/old
new=$1/new
before=$2
version=$3
packages=(slipway slipway-server libslipway-tls0 libslipway-tls-dev slipway-examples)
work=/home/anna
export DEBIAN_FRONTEND=noninteractive
# What is tried is in one place: messages of each step, shown when it fails.
log=/tmp/lifecycle.log

step() { echo "packages: $*"; }

fail() {
	echo "FAILED: $*" >&2
	tail -n 40 "$log" >&2
	exit 1
}

# must COMMAND...: it succeeds.
must() { "$@" >"$log" 2>&1 || fail "$*"; }

# has TEXT: the last command's output has it.
has() { grep -qF -- "$1" "$log" || fail "want '$1'"; }

anna() { setpriv --reuid anna --regid anna --clear-groups env -i HOME="$work" PATH="$PATH" LC_ALL=C.UTF-8 "$@"; }

apt() { must apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@"; }

# The whole system but what changes with every use of dpkg and apt.
files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /out \
		-o -path /slipway -o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg \
		-o -path "$work" \) -prune -o -print |
		grep -vxE '/etc/machine-id|/(etc|var)/\.updated|/var/lib/systemd/[a-z-]*(/stamp-.*)?' | sort
	cut -d: -f1,3 /etc/passwd /etc/group
	cut -d: -f1 /etc/shadow /etc/gshadow
	dpkg-query -W -f '${Package} ${Status}\n' | grep -E 'slipway' || true
}

# state: what the station believes and has applied.
state() { (cd / && find etc/slipway var/lib/slipway var/lib/COV_PB -type f ! -name '*.lock' ! -name 'said*' | sort |
	xargs -d '\n' sha256sum); }

# installed VERSION: all programs run and are of this version.
installed() {
	local name
	for name in "${packages[@]}"; do
		[ "$(dpkg-query -W -f '${Version}' "$name")" = "$1" ] || fail "want $name $1"
	done
	for name in slipway slipway-tuf slipway-repo hi example-kernel; do
		must "$name" --version
	done
	must slipway version
	has "slipway ${version%%[~+]*}"
}

# under_systemd SCRIPT: as a unit's command, with systemd as process 1, a /sys and a /proc/sys that can't be changed,
# and nothing that this system would start but its timers. Its output is in $log. Fails where systemd doesn't come up.
under_systemd() {
	local tries=0 manager
	printf '%s\n' "{ $1; } >$work/tried 2>&1" "echo \$? >$work/status" >"$work/try.sh"
	printf '[Service]\nType=oneshot\nExecStart=/bin/sh %s\n' "$work/try.sh" >/etc/systemd/system/try.service
	printf '[Unit]\nWants=basic.target try.service\nAfter=basic.target\n' >/etc/systemd/system/try.target
	rm -f "$work/status"
	# shellcheck disable=SC2016  # the inner shell expands these
	unshare --mount --pid --cgroup --uts --ipc --fork --kill-child sh -euc '
		mount -t proc proc /proc
		mount --bind /proc/sys /proc/sys
		mount -o remount,bind,ro /proc/sys
		mount -t sysfs -o ro sys /sys
		mount -t cgroup2 cgroup /sys/fs/cgroup
		mount -t tmpfs -o mode=755 run /run
		mount -t tmpfs -o mode=1777 tmp /tmp # which a start empties
		exec env -i container=chroot PATH="$PATH" /lib/systemd/systemd --unit=try.target --log-target=null
		' >"$log" 2>&1 &
	manager=$!
	while [ ! -s "$work/status" ] && [ "$tries" -lt 600 ] && kill -0 "$manager" 2>/dev/null; do
		sleep 0.1
		tries=$((tries + 1))
	done
	kill -KILL "$manager" 2>/dev/null || true
	wait "$manager" 2>/dev/null || true
	rm /etc/systemd/system/try.*
	[ -s "$work/status" ] || return 1
	cp "$work/tried" "$log"
	[ "$(cat "$work/status")" -eq 0 ] || fail "$1"
}

step "what the packages need"
apt update
# shellcheck disable=SC2046  # one word a package
apt install $(apt-get -s --no-install-recommends install "$old"/*.deb |
	awk '$1 == "Inst" && $2 !~ /slipway/ { print $2 }') openssh-server procps man-db gcc libc6-dev pkgconf
# minbase leaves manuals out on no version; a Debian image may.
rm -f /etc/dpkg/dpkg.cfg.d/docker /etc/dpkg/dpkg.cfg.d/excludes
useradd --create-home --shell /bin/bash anna
usermod -p '*' anna
mkdir -p /run/sshd
files >/tmp/files.before

step "install $before"
apt install "$old"/*.deb
installed "$before"
for page in slipway slipway-tuf slipway-repo example-kernel hi slipway_tls slipway_tls_free; do
	must man -w "$page"
done
[ -s /usr/share/doc/slipway/docs/server.md ] || fail "want the guides"
must bash -c '. /usr/share/bash-completion/completions/slipway'
[ "$(stat -c %u%a /etc/slipway /var/lib/slipway | sort -u)" = 0755 ] || fail "want root's directories"
must ldconfig -p
has libslipway-tls.so.0
must systemd-analyze verify slipway-update.service slipway-update.timer slipway-refresh@srv-repo.service \
	slipway-refresh@srv-repo.timer
[ ! -s "$log" ] || fail "want units that systemd takes without a word"
[ -h /etc/systemd/system/timers.target.wants/slipway-update.timer ] || fail "want the timer enabled"
if under_systemd 'systemctl is-active slipway-update.timer && systemctl start slipway-update.service &&
	systemctl show --property=ConditionResult slipway-update.service'; then
	has ConditionResult=no # nothing is enrolled: nothing happens
	systemd=yes
else
	systemd=no
	step "systemd doesn't start here, the units were NOT TRIED"
fi
must getent passwd slipway-net
has /usr/sbin/nologin

step "a program of one's own"
cd "$work"
zcat /usr/share/man/man3/slipway_tls.3.gz | sed -n '/^#include <stdio/,/^\.Ed/p' | sed '/^\.Ed/d; s/\\e/\\/g' \
	>/tmp/example.c
# shellcheck disable=SC2046
must gcc -Wall -Werror $(pkg-config --cflags slipway-tls) -o /tmp/example /tmp/example.c \
	$(pkg-config --libs slipway-tls)
must ldd /tmp/example
has "libslipway-tls.so.0 => /"
[ "$(pkg-config --modversion slipway-tls)" = "${version%%[~+]*}" ] || fail "want pkg-config's version"

step "a repository, an update server and a Kernel of anna's"
must anna slipway-repo init repo --no-passphrase
must anna slipway-repo --repo repo app add COV_PB --no-passphrase
must anna slipway-repo --repo repo cert new kernel
mkdir -p release/app release/scripts/machine
cp repo/certs/kernel.crt release/app/server.crt
cat >release/scripts/machine/10-tls.lua <<'LUA'
local client = [[HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB\cfg_COV_PB\TLS_Client]]
set(client, "TLS_RequiredLevel", "TLSPeerAuth")
set([[HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB]], "DefaultApplication", "COV_PB")
set(client, "TLS_TrustedCerts", "%AppDir%\\server.crt")
LUA
chown -R anna: release
must anna slipway-repo --repo repo publish --app COV_PB release
must ssh-keygen -q -t ed25519 -N '' -f /etc/slipway/login
anna mkdir -p repo/ssh
anna tee repo/ssh/authorized_keys </etc/slipway/login.pub >/dev/null
must anna slipway-repo serve --help # so that a first start of sshd isn't the first command
anna slipway-repo --repo repo serve --port 2299 >/tmp/serve.log 2>&1 &
serve=$!
mkdir -p kernel
cat >kernel/machine.conf <<CONF
[HKLM\\SOFTWARE\\Ipesoft\\D2EXE_COV_PB\\cfg_COV_PB\\TLS_Server]
TLS_KeyFile = $work/repo/certs/kernel.pem
TLS_CertFile = $work/repo/certs/kernel.crt
TLS_RequiredLevel = TLSNoPeerAuth
CONF
anna env SLIPWAY_HOME="$work/kernel" example-kernel /CCOV_PB --installation D2EXE_COV_PB --listen 127.0.0.1:3119 \
	>/tmp/kernel.log 2>&1 &
kernel=$!
trap 'kill $serve $kernel 2>/dev/null || true' EXIT
for _ in $(seq 100); do
	if grep -q 'SHA256:' /tmp/serve.log && grep -q 'listening on' /tmp/kernel.log; then
		break
	fi
	sleep 0.1
done
cp /tmp/serve.log "$log"
has SHA256:

step "the repository is refreshed by the package's timer, as anna"
refresh=slipway-refresh@$(systemd-escape --path "$work/repo")
stamp=repo/served/metadata/timestamp.json
cp "$stamp" /tmp/timestamp.before
must systemctl enable "$refresh.timer"
if [ "$systemd" = yes ]; then
	under_systemd "systemctl is-active '$refresh.timer' && systemctl start '$refresh.service'" ||
		fail "systemd no longer starts"
	! cmp -s "$stamp" /tmp/timestamp.before || fail "want a new timestamp"
	[ -z "$(find repo ! -user anna)" ] || fail "want all files anna's"
fi

step "a station for all users"
must slipway enroll "$(grep -oE 'sftp://[^ ]+' /tmp/serve.log | head -n 1)" \
	--host-key "$(grep -oE 'SHA256:[A-Za-z0-9+/]+' /tmp/serve.log | head -n 1)" \
	--root repo/served/metadata/1.root.json --key /etc/slipway/login --installation D2EXE_COV_PB --app COV_PB
# The timer's service brings the release, confined as it is, and the children confine themselves in it.
if [ "$systemd" = yes ]; then
	under_systemd 'systemctl start slipway-update.service && slipway status --verbose' || fail "systemd no longer starts"
	has "seccomp, no privileges"
else
	must /usr/libexec/slipway/update-each
fi
[ -s /var/lib/COV_PB/server.crt ] || fail "want the release applied"
# The child that speaks with a server is nobody's but the package's account.
sshd=$(pgrep -f 'sshd.*-D' | head -n 1)
kill -STOP "$sshd"
slipway update --deadline 5 >/tmp/stopped.log 2>&1 &
update=$!
for _ in $(seq 40); do
	! pgrep -u slipway-net >/dev/null || break
	sleep 0.1
done
pgrep -u slipway-net >/dev/null || fail "want a child of the account slipway-net: $(cat /tmp/stopped.log)"
kill -CONT "$sshd"
wait "$update" || fail "want the update finished: $(cat /tmp/stopped.log)"
must anna slipway run -- hi /CCOV_PB --kernel 127.0.0.1:3119
has "[TLSv1.3 VERIFIED]"
state >/tmp/state.before

step "upgrade to $version; a timer that the administrator disabled stays so"
must systemctl disable slipway-update.timer
apt install "$new"/*.deb
installed "$version"
[ ! -e /etc/systemd/system/timers.target.wants/slipway-update.timer ] || fail "want the timer disabled after the upgrade"
state | diff /tmp/state.before - >"$log" || fail "want the station as it was"
must anna slipway run -- hi /CCOV_PB --kernel 127.0.0.1:3119
has "[TLSv1.3 VERIFIED]"
must slipway update
has "nothing new"

step "remove, and install again: the station stays enrolled"
state >/tmp/state.before
if [ "$systemd" = yes ]; then
	# An update that waits for its server is ended before its program goes.
	kill -STOP "$sshd"
	under_systemd "systemctl start slipway-update.timer && systemctl start --no-block slipway-update.service &&
		sleep 1 && pgrep -x slipway &&
		DEBIAN_FRONTEND=noninteractive apt-get -q -y remove ${packages[*]} &&
		! systemctl is-active slipway-update.timer && ! pgrep -x slipway" || fail "systemd no longer starts"
	kill -CONT "$sshd"
else
	apt remove "${packages[@]}"
fi
[ ! -e /usr/bin/slipway ] || fail "want no program left"
state | diff /tmp/state.before - >"$log" || fail "want the station as it was"
apt install "$new"/*.deb
installed "$version"
must anna slipway run -- hi /CCOV_PB --kernel 127.0.0.1:3119
has "[TLSv1.3 VERIFIED]"

step "purge: links lead nobody astray, and what isn't the package's stays"
kill "$serve" "$kernel"
wait "$serve" "$kernel" 2>/dev/null || true
trap - EXIT
anna mkdir -p precious .local/state/slipway
anna touch precious/file
ln -s "$work/precious" /var/lib/slipway/D2EXE_COV_PB/link
ln -s "$work/precious/file" /etc/slipway/machine.conf.damaged-x
apt purge "${packages[@]}"
has "files of an administrator stay in /etc/slipway:"
has login.pub
[ -e precious/file ] || fail "want nothing removed behind a link"
[ -e repo/served/metadata/timestamp.json ] || fail "want the repository left alone"
[ -e .local/state/slipway ] || fail "want homes left alone"
[ -e /var/lib/COV_PB/server.crt ] || fail "want the files of releases left alone"
[ ! -e /var/lib/slipway ] || fail "want no state left"
[ "$(ls /etc/slipway)" = "$(printf 'login\nlogin.pub')" ] || fail "want the administrator's files left alone"
rm -r /etc/slipway /var/lib/COV_PB
files | diff /tmp/files.before - >"$log" || {
	cat "$log" >&2
	fail "want nothing left (<: before, >: now)"
}
step "nothing is left"
