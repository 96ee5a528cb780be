#!/bin/bash
# SPDX-License-Identifier: ISC
# The units that refresh a repository: systemd takes them, they may do little, and their command is the owner's.
#
# usage: refresh-unit.sh BUILD-DIR
set -euo pipefail

build=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "refresh-unit: $*" >&2
	cat "$work/log" >&2
	exit 1
}
must() { "$@" > "$work/log" 2>&1 || fail "$*"; }

chmod 755 "$work"
must "$top/scripts/install-apart.sh" "$build" "$work/i" server
units=$work/i/lib/systemd/system
[ -x "$work/i/libexec/slipway/as-owner" ] || fail "want the helper"
# Where they will be is named in them; here they are elsewhere.
prefix=$(sed -nE 's|^ExecStart=(.*)/libexec/slipway/as-owner .*|\1|p' "$units/slipway-refresh@.service" | sort -u)
[ -n "$prefix" ] || fail "want the unit's command"
sed -i "s|$prefix|$work/i|g" "$units/slipway-refresh@.service" "$work/i/libexec/slipway/as-owner"

# Who stops it ends a deployment in order, for which the child has to live.
grep -qx KillMode=mixed "$units/slipway-refresh@.service" || fail "want KillMode=mixed"

if command -v systemd-analyze > /dev/null; then
	instance=$(systemd-escape --path "$work/a repo")
	must systemd-analyze verify --man=no "$units/slipway-refresh@$instance.service" \
		"$units/slipway-refresh@$instance.timer"
	[ ! -s "$work/log" ] || fail "want units that systemd takes without a word"
	cp "$units/slipway-refresh@.service" "$work/one.service"
	must systemd-analyze security --no-pager --offline=true --threshold=35 "$work/one.service"
else
	echo "not looked at: the units, without systemd-analyze"
fi

must slipway-repo init "$work/a repo" --no-passphrase
if [ "$(id -u)" -ne 0 ]; then
	echo "not tried: the owner's command, which only root can become"
	exit 0
fi
# The programs of the build may be where only root looks.
cp "$(command -v slipway-repo)" "$work/i/bin/slipway-repo"
chown -R 54321:54321 "$work/a repo"
before=$(stat -c %i "$work/a repo/served/metadata/timestamp.json")
must "$work/i/libexec/slipway/as-owner" "$work/a repo" refresh
[ "$(stat -c %i "$work/a repo/served/metadata/timestamp.json")" != "$before" ] || fail "want it refreshed"
[ -z "$(find "$work/a repo" ! -user 54321 -o ! -group 54321)" ] || fail "want all files the owner's"
must "$work/i/libexec/slipway/as-owner" "$work/a repo" status --warn-days 14
! "$work/i/libexec/slipway/as-owner" "$work/none" refresh > "$work/log" 2>&1 || fail "want a failure without a repository"
