#!/bin/bash
# SPDX-License-Identifier: ISC
# Makes the data beside it with the programs of Slipway 0.1.0 (README.md): make.sh BUILD-DIR LIBCUT OUT-DIR, as an
# ordinary user.
# shellcheck shell=bash
set -euo pipefail
build=$1 libcut=$2 out=$3
export PATH=$build/updater:$build/server:$PATH
W=/tmp/slipway-0.1.0	# all paths in the data begin so
umask 022
mkdir "$W"
trap 'rm -rf "$W"' EXIT
cd "$W"
export SLIPWAY_HOME=$W/site/home

release() { # NUMBER
	local dir=$W/release-$1
	mkdir -p "$dir/app/tls" "$dir/install/bin" "$dir/scripts/machine" "$dir/scripts/user"
	echo "certificate of release $1" > "$dir/app/tls/server.crt"
	echo "tool of release $1" > "$dir/install/bin/tool"
	chmod 755 "$dir/install/bin/tool"
	echo "only in release $1" > "$dir/install/only-$1"
	echo 'the same in each release' > "$dir/install/same"
	cat > "$dir/scripts/machine/10.lua" <<-LUA
		local key = [[HKLM\\SOFTWARE\\Ipesoft\\D2EXE\\cfg_COV_PB\\TLS_Client]]
		set(key, "TLS_RequiredLevel", "TLSPeerAuth")
		set(key, "Release", $1)
		set(key, "OnlyIn$1", "yes")
	LUA
	cat > "$dir/scripts/user/10.lua" <<-LUA
		set([[HKCU\\SOFTWARE\\Ipesoft\\D2EXE\\cfg_COV_PB]], "Release", $1)
	LUA
	slipway-repo --repo repo publish --app COV_PB "$dir"
	rm -r "$dir"
}
slipway-repo init repo --no-passphrase
slipway-repo --repo repo app add COV_PB --no-passphrase
release 1
slipway enroll "file://$W/repo/served" --root repo/served/metadata/1.root.json --installation D2EXE --app COV_PB \
	--install-dir "$W/site/installed" --app-dir "$W/site/appdir"
slipway update
cp -a site applied
release 2

# Cut the update of release 2 before each call that changes the disk, until one leaves release 1 and 2 mixed.
for ((n = 1; ; n++)); do
	rm -rf site
	cp -a applied site
	{ CUT_AT=$n LD_PRELOAD=$libcut slipway update > /dev/null 2>&1 || true; } 2> /dev/null
	[ -e site/home/state/D2EXE/COV_PB/journal ] || continue
	[ "$(cat site/installed/bin/tool)" != 'tool of release 2' ] || [ ! -e site/installed/only-1 ] || break
done
mv site cut
mkdir -p "$out"
cp -r repo applied cut "$out"
