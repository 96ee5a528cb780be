#!/bin/bash
# SPDX-License-Identifier: ISC
# The manual pages lead to each other, and machine.conf(5) has every setting that the sources know.
# usage: manuals.sh
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "$0")/../.."
pages=docs/man
conf=$pages/slipway-machine.conf.5
rc=0

fault() {
	echo "FAILED: $1" >&2
	rc=1
}

# see_also PAGE: "name section" of each page that its SEE ALSO names.
see_also() { sed -n '/^\.Sh SEE ALSO/,/^\.Sh [^S]/s/^\.Xr \([^ ]*\) \([0-9]\).*/\1 \2/p' "$1"; }
# ours NAME: whether such a name is a page of this project.
ours() { [[ $1 =~ ^(slipway|hi$|example-kernel$) ]]; }

for page in "$pages"/*.[1-8]; do
	file=${page##*/}
	[ -n "$(see_also "$page")" ] || fault "$file: want a SEE ALSO"
	while read -r name section; do
		! ours "$name" || [ -e "$pages/$name.$section" ] ||
			grep -q "^\.Nm $name\\b" "$pages"/*."$section" || fault "$file: no page $name($section)"
	done < <(sed -n 's/^\.Xr \([^ ]*\) \([0-9]\).*/\1 \2/p' "$page")
	grep -q "\\b${file//./\\.}\\b" docs/CMakeLists.txt || fault "$file: want it installed"
	for other in "$pages"/*.[1-8]; do
		[ "$other" != "$page" ] && see_also "$other" | grep -qx "${file%.*} ${file##*.}" && continue 2
	done
	fault "$file: want another page's SEE ALSO to name it"
done

# Settings: the table, the others of station.c, and those of the TLS library.
mapfile -t settings < <(
	sed -n 's/^\tX("[^"]*", "\([A-Za-z]*\)".*/\1/p' updater/station/setting.h
	sed -n '/other_names\[\] = {/,/};/p' updater/station/station.c | grep -o '"[A-Za-z0-9]*"' | tr -d '"'
	sed -n 's/^#define STATION_ALLOW_WRITABLE "\(.*\)"/\1/p' updater/station/station.h
	sed -n 's/^\t\[TLS_[A-Z_]*\] = { "\([A-Za-z_]*\)".*/\1/p' lib/settings/tls_setting.c
	echo DefaultApplication)
[ ${#settings[@]} -ge 23 ] || fault "want all settings, got ${settings[*]}"
for name in "${settings[@]}"; do
	grep -qE "^\.(It )?Va (.* )?$name( |$)" "$conf" || fault "$conf: want the setting $name"
done
# Limits and defaults are those of the sources.
limit() { sed -n "s/^#define $2[ \t]*\([0-9]*\).*/\1/p" "$1"; }
for name in SERVERS_MAX DEADLINE_S DEADLINE_MAX_S DAYS_MAX; do
	grep -q "\\b$(limit updater/station/station.h "STATION_$name")\\b" "$conf" || fault "$conf: want STATION_$name"
done
grep -q "At most $(limit updater/station/enrolled.h ENROLLED_MAX) applications" "$conf" || fault "$conf: want ENROLLED_MAX"
exit $rc
