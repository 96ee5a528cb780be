#!/bin/bash
# SPDX-License-Identifier: ISC
# Install the Debian packages of the named groups that are missing; ask for nothing when all are there.
set -euo pipefail

packages=()
for group in "$@"; do
	case $group in
	build)
		packages+=(gcc libc6-dev linux-libc-dev cmake ninja-build pkg-config binutils libssl-dev
			libssh2-1-dev liblua5.4-dev libjansson-dev libseccomp-dev)
		;;
	run) packages+=(openssh-server openssh-client openssl util-linux procps) ;;
	test)
		packages+=(g++ libcmocka-dev openssh-server openssh-client openssl util-linux procps
			python3 python3-cryptography rsync gnutls-bin zsh fish
			desktop-file-utils proftpd-core proftpd-mod-crypto rclone python3-asyncssh python3-paramiko)
		;;
	bench) packages+=(iproute2 lftp rclone curl rsync) ;;
	asan) packages+=(clang libclang-rt-14-dev) ;;
	windows)
		packages+=(gcc-mingw-w64-x86-64-win32 binutils-mingw-w64-x86-64 gcc-mingw-w64-i686-win32
			binutils-mingw-w64-i686 wine64 wixl msitools cmake ninja-build
			pkg-config make patch perl xz-utils util-linux procps openssh-server openssh-client openssl
			python3)
		;;
	package) packages+=(build-essential debhelper dpkg-dev fakeroot lintian git) ;;
	ansible) packages+=(ansible ansible-lint openssh-client) ;;
	chroot) packages+=(debootstrap debian-archive-keyring git util-linux mount) ;;
	lint) packages+=(clang-format clang-tidy cppcheck shellcheck lua-check mandoc) ;;
	*)
		echo "install-packages.sh: unknown group '$group'" >&2
		exit 2
		;;
	esac
done

missing=()
for p in "${packages[@]}"; do
	state=$(dpkg-query -W -f '${Status}' "$p" 2>/dev/null || true)
	[ "$state" = "install ok installed" ] || missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "install-packages.sh: want these packages: ${missing[*]}; install them as root, or install sudo" >&2
		exit 1
	}
	sudo=(sudo)
fi
echo "installing: ${missing[*]}"
"${sudo[@]}" apt-get update -q

# A server that a package starts would be a surprise: the tests start their own. So nothing is started while packages
# are installed (policy-rc.d is where Debian asks), and ProFTPD, which is there for its SFTP module only, isn't at the
# next boot either: systemd's name for it is masked before it comes. One that is here already stays as it is.
# shellcheck disable=SC2016  # it is that shell that expands them
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -euc '
	policy=/usr/sbin/policy-rc.d unit=/etc/systemd/system/proftpd.service
	case " $* " in
	*" proftpd-core "*)
		mkdir -p "${unit%/*}"
		[ -e "$unit" ] || [ -h "$unit" ] || ln -s /dev/null "$unit"
		echo "proftpd.service is masked; to use it yourself: systemctl unmask proftpd.service"
		;;
	esac
	if [ ! -e "$policy" ]; then
		trap "rm -f $policy" EXIT
		trap "exit 1" HUP INT TERM
		printf "#!/bin/sh\nexit 101\n" > "$policy"
		chmod 755 "$policy"
	fi
	apt-get install -y -q --no-install-recommends "$@"' sh "${missing[@]}"
