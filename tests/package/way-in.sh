#!/bin/bash
# SPDX-License-Identifier: ISC
# The way in, as two pages tell it: the commands of docs/install.md and docs/tls-in-15-minutes.md, as they stand there,
# on a fresh Debian with a network of its own, from the packages to a connection that is verified. In a chroot that is
# thrown away, after lifecycle.sh, which leaves nothing behind.
#
# usage: way-in.sh DIR     (the packages)
set -euo pipefail
shopt -s inherit_errexit

most=12 # commands
packages=$1
pages=$PWD/docs
home=/home/berta
log=/tmp/way-in.log
export DEBIAN_FRONTEND=noninteractive

fail() {
	echo "FAILED: $*" >&2
	tail -n 60 "$log" >&2
	exit 1
}

# commands PAGE [TO]: its blocks of commands, until the heading TO.
commands() {
	awk -v to="${2:-}" 'to != "" && $0 == to { exit } /^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$pages/$1"
}

# count: the commands that come in; a command's further lines, and the text that it reads, are of the same one.
count() {
	awk '!more && !text { n++ }
		{ more = /(\\|\|)$/ }
		text && $0 == text { text = ""; next }
		!text && match($0, /<<[A-Z]+/) { text = substr($0, RSTART + 2, RLENGTH - 2) }
		END { print n + 0 }'
}

# What a computer of somebody has: the person, who may use sudo, and who answers each question with yes.
apt-get -q update >"$log" 2>&1 || fail "apt-get update"
apt-get -q -y --no-install-recommends install sudo iproute2 >"$log" 2>&1 || fail "apt-get"
useradd --create-home --shell /bin/bash berta
echo 'berta ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/berta
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/99-yes
printf '127.0.0.1 %s\n' updates.example kernel.example >>/etc/hosts

commands install.md >/tmp/install.sh
commands tls-in-15-minutes.md '## Replacing the certificate' >/tmp/guide.sh
n=$(cat /tmp/install.sh /tmp/guide.sh | count)
if [ "$n" -lt 10 ] || [ "$n" -gt "$most" ]; then
	fail "want 10 to $most commands on the two pages, got $n"
fi

begun=$SECONDS
cd "$packages"
# berta's shell: what is read from its standard input is typed.
cat >/tmp/as-berta <<END
#!/bin/sh
exec sudo -u berta env -i HOME=$home USER=berta PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
	DEBIAN_FRONTEND=noninteractive SLIPWAY_PASSPHRASE='correct horse' bash -e -o pipefail
END
chmod +x /tmp/as-berta
/tmp/as-berta </tmp/install.sh >"$log" 2>&1 || fail "$(cat /tmp/install.sh)"
installed=$((SECONDS - begun))

# Nothing but this computer can be reached from here on. sshd is started when a computer is.
# shellcheck disable=SC2016  # the shell of the guide expands it
sed -i 's/SHA256:\.\.\./"$(grep -o "SHA256:[A-Za-z0-9+\/]*" '"${log//\//\\/}"' | tail -n 1)"/' /tmp/guide.sh
{
	echo 'cd'
	cat /tmp/guide.sh
	grep -e --print-setup /tmp/guide.sh # a second time, which changes nothing
	# shellcheck disable=SC2016  # the shell of the guide expands it
	echo '[ "$(wc -l </etc/ssh/authorized_keys.d/slipway-sftp)" -eq 1 ]'
	echo 'sudo slipway doctor --kernel kernel.example:3119'
} >/tmp/typed.sh
unshare --net --pid --fork --kill-child --mount-proc sh -euc '
	ip link set lo up
	mkdir -p /run/sshd
	service ssh start
	/tmp/as-berta </tmp/typed.sh
	' >"$log" 2>&1 || fail "the guide"
grep -qF '[TLSv1.3 VERIFIED]' "$log" || fail "want [TLSv1.3 VERIFIED]"
echo "way in: $n commands of two pages to [TLSv1.3 VERIFIED] in $((SECONDS - begun)) s, $installed s of them apt's"
