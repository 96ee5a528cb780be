#!/bin/bash
# SPDX-License-Identifier: ISC
# Build the libraries that Slipway for Windows is linked with, from Debian's own source packages, Debian's
# patches applied.  The index is signed by Debian, and every file is checked against the index's SHA-256.
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: scripts/windows-deps.sh [--print]

Prints the directory that holds OpenSSL, libssh2, Lua, jansson and cmocka for Windows x86-64, static, and in i686/
OpenSSL and jansson for 32-bit programs; fetches Debian's source packages and builds them when it isn't there yet,
which takes minutes.

  --print   only print where it is or would be
  --help    show this text

environment:
  SLIPWAY_WINDOWS_DEPS   use this directory; default: slipway/windows-deps-HASH below $XDG_CACHE_HOME or ~/.cache
  SLIPWAY_DEBIAN_MIRROR  default: http://deb.debian.org/debian
  SLIPWAY_DEBIAN_SECURITY_MIRROR  default: http://deb.debian.org/debian-security
TEXT
}

# What was tested.  When Debian no longer has one of them, its newest is taken, and that is said.
pins=(openssl=3.5.7-1~deb13u2 libssh2=1.11.1-1+deb13u2 lua5.4=5.4.7-1 jansson=2.14-2 cmocka=1.1.5-2.1)
triple=x86_64-w64-mingw32
triple32=i686-w64-mingw32
# Debian 13's, also on Debian 12: its libssh2 speaks AES-GCM and ETM, which hardened servers ask for.
suite=trixie
# For the tests alone, cmocka, whose sources Debian 13's index names and its archive lacks.
older=bookworm
jobs=${SLIPWAY_JOBS:-$(nproc)}
top=$(cd "$(dirname "$0")/.." && pwd)

say() { echo "windows-deps: $*" >&2; }
die() { say "$*"; exit 1; }

where() {
	local compiler hash
	compiler=$("$triple-gcc" --version 2>/dev/null | head -1 && "$triple32-gcc" --version 2>/dev/null | head -1) ||
		die "want $triple-gcc and $triple32-gcc; run scripts/install-packages.sh windows"
	hash=$({ cat "$top/scripts/windows-deps.sh"; echo "$compiler"; } |
		sha256sum | cut -c1-16)
	echo "${SLIPWAY_WINDOWS_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/slipway/windows-deps-$hash}"
}

# An index of source packages of our own: /etc/apt and /var/lib/apt stay as they are, and root isn't needed.
index() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/apt/parts" "$work/source"
	cat >"$work/apt/parts/slipway.sources" <<-TEXT
		Types: deb-src
		URIs: ${SLIPWAY_DEBIAN_MIRROR:-http://deb.debian.org/debian}
		Suites: $suite $suite-updates $older
		Components: main
		Signed-By: $keyring

		Types: deb-src
		URIs: ${SLIPWAY_DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
		Suites: $suite-security $older-security
		Components: main
		Signed-By: $keyring
	TEXT
	apt=(-q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/apt/parts"
		-o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache"
		-o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User="$(id -un)")
	apt-get "${apt[@]}" update >&2
}

# fetch PACKAGE VERSION: the upstream tarball and Debian's changes; fails when one of them can't be had.
# The .dsc isn't needed: the signed index has each file's hash, and apt-helper checks it.
fetch() {
	local uri file size hash count=0
	while read -r uri file size hash; do
		case $file in
		*.dsc | *.asc) continue ;;
		esac
		case $hash in
		SHA256:* | SHA512:*) ;;
		*) die "$1: want a SHA-256 of $file in Debian's index, got '$hash'" ;;
		esac
		uri=${uri#\'}
		/usr/lib/apt/apt-helper "${apt[@]}" download-file "${uri%\'}" "$work/source/$file" "$hash" >&2 || return 1
		[ "$(stat -c %s "$work/source/$file")" = "$size" ] || return 1
		count=$((count + 1))
	done < <(apt-get "${apt[@]}" source --print-uris "$1=$2" | grep "^'")
	[ "$count" -ge 2 ]
}

# unpack PACKAGE: into $work/PACKAGE, Debian's patches applied in their order, every one.
unpack() {
	local orig debian patch
	orig=$(ls "$work/source/$1"_*.orig.tar.*)
	debian=$(ls "$work/source/$1"_*.debian.tar.*)
	mkdir "$work/$1"
	tar -xf "$orig" -C "$work/$1" --strip-components=1
	tar -xf "$debian" -C "$work/$1"
	while read -r patch _; do
		case $patch in
		'' | '#'*) continue ;;
		esac
		patch -s -p1 -d "$work/$1" <"$work/$1/debian/patches/$patch"
	done <"$work/$1/debian/patches/series"
}

get() {
	local pin package version
	index
	for pin in "${pins[@]}"; do
		package=${pin%%=*}
		if ! fetch "$package" "${pin#*=}"; then
			say "$pin: Debian no longer has it; taking what it has instead"
			rm -f "$work/source/${package}"_*
			for version in $(apt-cache "${apt[@]}" showsrc "$package" | sed -n 's/^Version: //p' | sort -rVu) none; do
				[ "$version" != none ] || die "$package: none of Debian's versions could be fetched"
				fetch "$package" "$version" && break
				rm -f "$work/source/${package}"_*
			done
			say "$package: took $version"
		fi
		unpack "$package"
	done
}

# cmake_build NAME OPTION...: for $triple, into $prefix.
cmake_build() {
	local name=$1
	shift
	cmake -G Ninja -S "$work/$name" -B "$work/$name-$triple" \
		-DCMAKE_TOOLCHAIN_FILE="$top/cmake/mingw-w64-${triple%%-*}.cmake" -DCMAKE_BUILD_TYPE=Release \
		-DCMAKE_C_FLAGS="$cflags" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
		-DBUILD_SHARED_LIBS=OFF "$@"
	cmake --build "$work/$name-$triple" -j "$jobs" --target install
}

# configure_openssl TARGET [OPTION...]
# Every algorithm, but nothing that loads code or reads a configuration by itself.  Configure takes C:/... for a
# relative path, so the directories are given to make; standard users can't write below Program Files.
configure_openssl() {
	local common='C:/Program Files/Common Files/SSL'
	local dirs=(OPENSSLDIR="$common" ENGINESDIR="$common/engines" MODULESDIR="$common/modules")
	mkdir "$work/openssl-$triple"
	cd "$work/openssl-$triple"
	# shellcheck disable=SC2086  # cflags are several words
	"$work/openssl/Configure" "$@" --cross-compile-prefix="$triple-" --prefix=/ --libdir=lib --openssldir=/ssl \
		no-shared no-tests no-legacy no-engine no-dso no-module no-comp no-autoload-config \
		-D_WIN32_WINNT=0x0A00 $cflags
	make -j "$jobs" build_libs "${dirs[@]}"
	make install_dev DESTDIR="$prefix" "${dirs[@]}"
	sed -i "s|^prefix=.*|prefix=$prefix|" "$prefix"/lib/pkgconfig/{openssl,libssl,libcrypto}.pc
}

build_openssl() { configure_openssl mingw64; }

# What the TLS library for 32-bit programs needs.  Debian's patch pic makes assembler for ELF of all that is for i386.
build_openssl32() {
	use32
	configure_openssl mingw no-asm
}

build_jansson32() {
	use32
	build_jansson
}

use32() {
	triple=$triple32
	prefix=$prefix/i686
	mkdir -p "$prefix"
}

build_libssh2() {
	cmake_build libssh2 -DCRYPTO_BACKEND=OpenSSL -DOPENSSL_ROOT_DIR="$prefix" -DOPENSSL_USE_STATIC_LIBS=ON \
		-DENABLE_ZLIB_COMPRESSION=OFF -DBUILD_EXAMPLES=OFF -DBUILD_TESTING=OFF -DCLEAR_MEMORY=ON
	pc libssh2 "$(sed -n 's/^Version: //p' "$prefix/lib/pkgconfig/libssh2.pc")" -lssh2 libssl libcrypto
}

build_jansson() {
	cmake_build jansson -DJANSSON_BUILD_SHARED_LIBS=OFF -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON \
		-DJANSSON_EXAMPLES=OFF
}

build_cmocka() {
	cmake_build cmocka -DWITH_STATIC_LIB=ON -DWITH_EXAMPLES=OFF -DUNIT_TESTING=OFF
	cp "$(find "$work/cmocka-$triple" -name 'libcmocka-static.a' -print -quit)" "$prefix/lib/libcmocka-static.a"
	pc cmocka "$(sed -n 's/^Version: //p' "$prefix/lib/pkgconfig/cmocka.pc")" -lcmocka-static
}

# Its own makefile knows only native builds; what it would compile is every source but the two programs.
build_lua() {
	local source objects=()
	cd "$work/lua5.4/src"
	for source in l*.c; do
		case $source in
		lua.c | luac.c) continue ;;
		esac
		# shellcheck disable=SC2086
		"$triple-gcc" -std=gnu99 $cflags -DLUA_COMPAT_5_3 -c "$source"
		objects+=("${source%.c}.o")
	done
	"$triple-ar" rcsD liblua5.4.a "${objects[@]}"
	mkdir -p "$prefix/lib/pkgconfig" "$prefix/include"
	cp liblua5.4.a "$prefix/lib/"
	cp lua.h luaconf.h lualib.h lauxlib.h "$prefix/include/"
	pc lua5.4 5.4 -llua5.4
}

# pc NAME VERSION LIBRARY [REQUIRES...]: a static library's .pc file
pc() {
	cat >"$prefix/lib/pkgconfig/$1.pc" <<-TEXT
		prefix=$prefix
		Name: $1
		Description: $1, static, from Debian's sources
		Version: $2
		Requires: ${*:4}
		Libs: -L$prefix/lib $3
		Cflags: -I$prefix/include
	TEXT
}

# What a program that holds these libraries must come with: upstream's licence, and what Debian knows of each file.
licences() {
	local package file
	mkdir -p "$prefix/share/licenses"
	for package in openssl libssh2 lua5.4 jansson; do
		for file in "$work/$package"/{LICENSE*,COPYING*,debian/copyright}; do
			[ ! -f "$file" ] || { cat "$file" && echo; }
		done >"$prefix/share/licenses/$package.txt"
		[ -s "$prefix/share/licenses/$package.txt" ] || die "$package: want a licence, got none"
	done
}

build() {
	local name begin
	export SOURCE_DATE_EPOCH=1700000000
	cflags="-O2 -fno-ident -fstack-protector-strong -ffile-prefix-map=$work=."
	mkdir -p "$work/log" "$prefix"
	for name in openssl libssh2 lua jansson cmocka openssl32 jansson32; do
		begin=$SECONDS
		# A shell of its own each, so that its first failing command ends it.
		if ! (set -e; "build_$name") >"$work/log/$name" 2>&1 </dev/null; then
			tail -30 "$work/log/$name" >&2
			die "$name: can't be built; see above"
		fi
		say "$name: $((SECONDS - begin)) s"
	done
}

case ${1:-} in
--print)
	where
	exit 0
	;;
--help)
	usage
	exit 0
	;;
'') ;;
*)
	usage >&2
	exit 2
	;;
esac

final=$(where)
mkdir -p "$(dirname "$final")"
exec 9>"$final.lock"
flock 9
if [ ! -f "$final/complete" ]; then
	work=$(mktemp -d "$final.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM
	prefix=$final
	rm -rf "$prefix"
	get
	(build)
	licences
	touch "$final/complete"
fi
echo "$final"
