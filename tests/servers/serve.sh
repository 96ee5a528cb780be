#!/bin/bash
# SPDX-License-Identifier: ISC
# serve.sh KIND DIR PORT REPO: for tests, becomes an SFTP server other than OpenSSH on 127.0.0.1:PORT.
#
# KIND is proftpd, rclone, asyncssh or paramiko. DIR holds host_ed25519, host_ecdsa and authorized_keys; where it holds
# "password", the user "station" may log in with that as well, and where it holds "kbdint" only by answering one
# question (asyncssh). REPO is served at its own path, by rclone at /. Logs and whatever the server writes go below DIR.
set -euo pipefail
kind=$1 dir=$2 port=$3 repo=$4
cd "$dir"
export HOME=$dir LC_ALL=C
password=''
if [ -f password ]; then password=$(cat password); fi

# Parts that Debian 12's proftpd has built in, and Debian 13's loads.
proftpd_modules() {
	local module
	for module in mod_ls mod_xfer mod_delay; do
		[ ! -e "/usr/lib/proftpd/$module.so" ] || echo "LoadModule $module.c"
	done
}

proftpd_config() {
	cat <<CONF
ServerName "Slipway's tests"
ServerType standalone
DefaultAddress 127.0.0.1
Port $port
SocketBindTight on
UseIPv6 off
UseReverseDNS off
ModulePath /usr/lib/proftpd
$(proftpd_modules)
LoadModule mod_sftp.c
User $(id -un)
Group $(id -gn)
PidFile $dir/proftpd.pid
ScoreboardFile none
WtmpLog off
TransferLog none
SystemLog $dir/proftpd.log
DelayEngine off
AuthPAM off
AuthOrder mod_auth_file.c
AuthUserFile $dir/proftpd.users
RequireValidShell off
RootLogin on
SFTPEngine on
SFTPLog $dir/sftp.log
SFTPHostKey $dir/host_ed25519
SFTPHostKey $dir/host_ecdsa
SFTPAuthorizedUserKeys file:$dir/proftpd.keys
SFTPAuthMethods publickey${password:+ password}
CONF
}

case $kind in
proftpd)
	umask 077
	proftpd_config > proftpd.conf
	: > proftpd.keys
	# One key a file: ssh-keygen -e takes the first only.
	while read -r key; do
		echo "$key" > one.pub
		ssh-keygen -e -f one.pub >> proftpd.keys
	done < authorized_keys
	echo "station:$(openssl passwd -6 -stdin <<< "${password:-$(openssl rand -hex 16)}"):$(id -u):$(id -g)::$repo:/bin/sh" > proftpd.users
	exec /usr/sbin/proftpd -n -q -c "$dir/proftpd.conf"
	;;
rclone)
	export RCLONE_CONFIG=/dev/null RCLONE_USER=station RCLONE_PASS=$password XDG_CACHE_HOME=$dir/cache
	exec rclone serve sftp --addr "127.0.0.1:$port" --key host_ed25519 --key host_ecdsa \
		--authorized-keys authorized_keys --read-only --log-file rclone.log "$repo"
	;;
asyncssh | paramiko) exec /usr/bin/python3 -B -W ignore "$(dirname "$(readlink -f "$0")")/${kind}_server.py" "$dir" "$port" ;;
*)
	echo "serve.sh: unknown kind '$kind'" >&2
	exit 2
	;;
esac
