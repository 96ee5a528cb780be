#!/bin/bash
# SPDX-License-Identifier: ISC
# The Ansible collection against a repository, an update server with a real sshd, and a station, each in a chroot; then
# against local stations, and one that is off.
#
# usage: fleet.sh DIR     (DIR has packages of scripts/package.sh for this Debian; 77 where nobody may make a chroot)
set -euo pipefail
shopt -s inherit_errexit

top=$(cd "$(dirname "$0")/../.." && pwd)
debs=$(realpath "$1")
cd "$top"
if [ "$(id -u)" -ne 0 ]; then
	echo "fleet.sh: want root, who alone can make a chroot; NOT TRIED" >&2
	exit 77
fi
if [ -z "${WORK-}" ]; then
	scripts/install-packages.sh chroot ansible
	if ! unshare --mount --pid --fork --kill-child -- sh -c 'mount --make-rprivate / && chroot / true'; then
		echo "fleet.sh: this machine refuses root mounts of its own; NOT TRIED" >&2
		exit 77
	fi
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/slipway-fleet-XXXXXXXX")
	apart=
	# shellcheck disable=SC2317  # called by the trap
	# The first process in there takes all others and the mounts along, and is gone when they are.
	clean() {
		if [ -n "$apart" ] && first=$(cat "/proc/$apart/task/$apart/children" 2>/dev/null); then
			kill -KILL "${first% }" 2>/dev/null || kill -KILL "$apart" 2>/dev/null || true
			wait "$apart" 2>/dev/null || true
		fi
		rm -rf --one-file-system "$WORK"
	}
	trap clean EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	chmod 755 "$WORK"
	export WORK
	# In the background: a signal isn't looked at before a command in the foreground ends.
	unshare --mount --pid --fork --kill-child --mount-proc -- "$0" "$debs" &
	apart=$!
	rc=0
	wait "$apart" || rc=$?
	apart=
	exit "$rc"
fi

# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
unset TMPDIR # the chroots have none of this name
log=$WORK/log
step() { echo "fleet: $SECONDS s: $*"; }

fail() {
	echo "FAILED: $*" >&2
	tail -n 60 "$log" >&2
	exit 1
}

must() { "$@" >"$log" 2>&1 || fail "$*"; }
has() { grep -qF -- "$1" "$log" || fail "want '$1'"; }
lacks() { ! grep -qF -- "$1" "$log" || fail "want no '$1'"; }
in_() { chroot "$WORK/$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "${@:2}"; }
repo() {
	in_ repository setpriv --reuid slipway-repo --regid slipway-repo --init-groups \
		env SLIPWAY_REPO=/var/lib/slipway-repository/repo slipway-repo "$@"
}

# play STATUS PLAYBOOK ARG...: the playbook of the collection, its output in $log.
play() {
	local want=$1 got=0
	ansible-playbook -i "$WORK/inventory" "slipway.fleet.$2" "${@:3}" >"$log" 2>&1 || got=$?
	[ "$got" -eq "$want" ] || fail "want exit status $want of $2, got $got"
}

# changes: "HOST TASK" of each task that changed something, or would.
changes() {
	awk '/^(TASK|RUNNING HANDLER) \[/ { sub(/^[A-Z ]*\[/, ""); sub(/\] \**$/, ""); task = $0 }
		/^changed: \[/ { host = $2; gsub(/[][]/, "", host); sub(/=>.*/, "", host); print host " " task }' "$log" | sort -u
}

# What a run in check mode must leave as it is.
fingerprint() {
	find "$WORK/repository" "$WORK/server" "$WORK/station" -xdev \( -name __pycache__ -o -name .ansible \
		-o -path '*/tmp/*' -o -path '*/var/cache/apt/*.bin' -o -path '*/var/lib/apt/*' -o -path '*/var/log/*' \) -prune -o \
		! -type d -printf '%p %y %m %U %G %s %T@\n' -o -type d -printf '%p %y %m %U %G\n' | sort
}

step "three chroots of $suite"
must debootstrap --variant=minbase --include=python3,python3-apt,openssh-server "$suite" "$WORK/base"
cp -L /etc/resolv.conf "$WORK/base/etc/resolv.conf"
echo force-unsafe-io >"$WORK/base/etc/dpkg/dpkg.cfg.d/unsafe-io"
printf '#!/bin/sh\nexit 101\n' >"$WORK/base/usr/sbin/policy-rc.d"
chmod 755 "$WORK/base/usr/sbin/policy-rc.d"
must in_ base apt-get -q update
for name in repository server station; do
	mkdir -p "$WORK/$name" "$WORK/upper/$name" "$WORK/spare/$name"
	mount -t overlay -o "lowerdir=$WORK/base,upperdir=$WORK/upper/$name,workdir=$WORK/spare/$name" overlay \
		"$WORK/$name" 2>/dev/null || cp -a --reflink=auto "$WORK/base/." "$WORK/$name"
	mount -t proc proc "$WORK/$name/proc"
	mount -t tmpfs -o mode=755 run "$WORK/$name/run"
	mount -t tmpfs -o mode=1777 tmp "$WORK/$name/tmp"
	mount --rbind /dev "$WORK/$name/dev"
done
mkdir "$WORK/server/run/sshd"

# The collection as it is installed: from the file that ansible-galaxy makes.
export ANSIBLE_COLLECTIONS_PATH=$WORK/collections:/usr/lib/python3/dist-packages ANSIBLE_HOME=$WORK/home
export ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_HOST_KEY_CHECKING=False
export ANSIBLE_PIPELINING=True ANSIBLE_LOCAL_TEMP=$WORK/local LC_ALL=C.UTF-8
must ansible-galaxy collection build --output-path "$WORK" ansible
must ansible-galaxy collection install --no-deps -p "$WORK/collections" "$WORK"/slipway-fleet-*.tar.gz

step "beside all that follows: ansible-lint, and stations of an ordinary user"
for name in slipway slipway-server; do
	dpkg-deb -x "$debs/${name}"_*.deb "$WORK/programs"
done
{
	(cd ansible && ansible-lint --offline --strict) &&
		tests/bench/ansible.sh --stations 8 --programs "$WORK/programs/usr/bin" --collections "$WORK/collections"
} >"$WORK/beside" 2>&1 &
beside=$!
for name in slipway_enroll slipway_facts slipway_kit slipway_login_key; do
	must ansible-doc -t module "slipway.fleet.$name"
	has EXAMPLES
done

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
must in_ server /usr/sbin/sshd -p "$port" -o ListenAddress=127.0.0.1
cat >"$WORK/inventory" <<INI
[all:vars]
ansible_connection=community.general.chroot
ansible_python_interpreter=/usr/bin/python3
slipway_become=false
repository_manage_services=false
update_server_manage_services=false
station_manage_services=false
repository_packages=["$(echo "$debs"/slipway-server_*.deb)"]
repository_unencrypted_keys=true
repository_applications=[{"name": "COV_PB", "installation": "D2EXE_COV_PB", "options": {"deadline": "20"}}]
station_packages=["$(echo "$debs"/slipway_*.deb)", "$(echo "$debs"/libslipway-tls0_*.deb)"]
station_kit=$WORK/kits/COV_PB.kit
update_server_reload_command=["sh", "-c", "kill -HUP \$(cat /run/sshd.pid)"]
[slipway_repository]
repository ansible_host=$WORK/repository
[slipway_update_servers]
server ansible_host=$WORK/server slipway_address=127.0.0.1:$port
[slipway_stations]
station ansible_host=$WORK/station
INI

step "check mode before the first run"
fingerprint >"$WORK/before"
play 0 site --check --diff
changes >"$WORK/foretold"
fingerprint | diff "$WORK/before" - >"$WORK/diff" || { cat "$WORK/diff" >>"$log"; fail "want nothing changed in check mode"; }
for line in 'repository repository : Make the repository' 'server update_server : Configure the server'; do
	grep -qF -- "${line#* }" "$WORK/foretold" || fail "want foretold: $line"
done

step "the first run"
play 0 site --diff
lacks 'PRIVATE KEY'
changes >"$WORK/done"
# What check mode can't know: handlers, and what comes of packages and kits that it didn't bring.
cat >"$WORK/unknown" <<'TEXT'
repository Fetch kits
repository Install packages that are files
server Judge the server's configuration
server Let a server without systemd read its configuration
station Bring the kit
station Install packages that are files
TEXT
sed -i 's/ slipway.fleet.[a-z_]* : / /' "$WORK/foretold" "$WORK/done"
sort -u "$WORK/foretold" "$WORK/unknown" | diff - <(sort -u "$WORK/done") >"$log" ||
	fail "want the changes that check mode foretold (<)"
# The server's configuration is that of slipway-repo.
own() { grep -vE '^(#|$|MaxStartups)'; }
{ repo serve --print-config && repo deploy --print-config; } | own >"$WORK/want"
own <"$WORK/server/etc/ssh/sshd_config.d/slipway.conf" | diff "$WORK/want" - >"$log" || fail "want slipway-repo's set-up"

step "the second run changes nothing"
play 0 site
[ -z "$(changes)" ] || fail "want no change: $(changes)"

step "a Kernel, and a release that reaches the station"
kernel=127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
must repo cert new kernel
cp "$debs"/libslipway-tls0_*.deb "$debs"/slipway-examples_*.deb "$WORK/repository/root"
must in_ repository sh -c 'apt-get -q -y --no-install-recommends install /root/*.deb'
must in_ repository install -d -o slipway-repo -m 700 /srv/kernel
cat >"$WORK/repository/srv/kernel/machine.conf" <<'CONF'
[HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB\cfg_COV_PB\TLS_Server]
TLS_KeyFile = /srv/kernel/kernel.pem
TLS_CertFile = /srv/kernel/kernel.crt
TLS_RequiredLevel = TLSNoPeerAuth
CONF
served=/var/lib/slipway-repository/repo/certs
must in_ repository sh -c "cp $served/kernel.pem $served/kernel.crt /srv/kernel/ && chown slipway-repo: /srv/kernel/*"
in_ repository setpriv --reuid slipway-repo --regid slipway-repo --init-groups env SLIPWAY_HOME=/srv/kernel \
	example-kernel /CCOV_PB --installation D2EXE_COV_PB --listen "$kernel" >"$WORK/kernel.log" 2>&1 &
mkdir -p "$WORK/repository/srv/release/app" "$WORK/repository/srv/release/scripts/machine"
cp "$WORK/repository/$served/kernel.crt" "$WORK/repository/srv/release/app/server.crt"
cat >"$WORK/repository/srv/release/scripts/machine/10-tls.lua" <<'LUA'
local client = [[HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB\cfg_COV_PB\TLS_Client]]
set(client, "TLS_RequiredLevel", "TLSPeerAuth")
set([[HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB]], "DefaultApplication", "COV_PB")
set(client, "TLS_TrustedCerts", "%AppDir%\\server.crt")
LUA
must repo publish --app COV_PB /srv/release
has deployed
play 0 enroll
[ "$(changes)" = 'station slipway.fleet.station : Update now' ] || fail "want the update alone, got $(changes)"
play 0 report
has 'up to date'

step "the Kernel's certificate"
# shellcheck disable=SC2016  # the hook's shell expands these
hook='cp "$SLIPWAY_KEY_FILE" /srv/kernel/kernel.pem && cp "$SLIPWAY_CERT_FILE" /srv/kernel/kernel.crt'
cat >"$WORK/rotate.json" <<JSON
{"slipway_kernels": ["$kernel"], "slipway_hook": "$(sed 's/"/\\"/g' <<<"$hook")"}
JSON
serves() { openssl s_client -connect "$kernel" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256; }
before=$(serves)
play 2 rotate_certificate -e "@$WORK/rotate.json" -e slipway_confirm=true
has "trusts the new certificate: station"
[ "$(serves)" = "$before" ] || fail "want the old certificate while a station has to be waited for"
must in_ station slipway update
play 2 rotate_certificate -e "@$WORK/rotate.json"
has 'slipway_confirm=true'
play 0 rotate_certificate -e "@$WORK/rotate.json" -e slipway_confirm=true
must repo cert status
[ "$(serves)" != "$before" ] || fail "want the new certificate"
must in_ station slipway update
must in_ station slipway doctor --kernel "$kernel"

step "the login key; one station is off"
old=$(echo "$WORK"/station/var/lib/slipway/D2EXE_COV_PB/COV_PB/login)
cp "$old" "$WORK/old"
login() {
	sftp -q -b /dev/null -P "$port" -i "$1" -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o IdentityAgent=none slipway-sftp@127.0.0.1
}
must login "$WORK/old"
echo 'off ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1' >>"$WORK/inventory"
keys=$WORK/server/etc/ssh/authorized_keys.d/slipway-sftp
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ D2EXE_COV_PB/COV_PB@off' >>"$keys"
got=0
ansible-playbook -i "$WORK/inventory" slipway.fleet.rotate_login_key >"$log" 2>&1 || got=$?
[ "$got" -ne 0 ] || fail "want it red while a station keeps its old key"
has '1 stations keep their old key, since they were off or failed: off'
lacks 'PRIVATE KEY'
! login "$WORK/old" >"$log" 2>&1 || fail "want the old key shut out"
[ ! -e "$old" ] || fail "want the old key's file gone"
must in_ station slipway update
[ "$(wc -l <"$keys")" = 2 ] || fail "want the keys of both stations: $(cat "$keys")"
sed -i '/^off /d' "$WORK/inventory"
play 0 enroll
[ -z "$(changes)" ] || fail "want no change: $(changes)"

wait "$beside" || { cat "$WORK/beside" >"$log"; fail "ansible-lint, or stations of an ordinary user"; }
grep ' run: ' "$WORK/beside"
step "done"
