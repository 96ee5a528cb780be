#!/bin/bash
# SPDX-License-Identifier: ISC
# Each part of an installation has its files, the parts together are the whole, and "uninstall" takes away exactly what
# was put there.
#
# usage: components.sh BUILD-DIR
set -euo pipefail

build=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
parts=(station server runtime development examples documentation)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "components: $*" >&2
	exit 1
}

# list DIR: the files in it, by path.
list() {
	(cd "$1" && find . ! -type d | sort)
}

# has PART FILE...: the part has these files.
has() {
	local part=$1 file
	shift
	for file in "$@"; do
		[ -e "$work/$part/$file" ] || fail "want $file in the part $part, got" "$(list "$work/$part")"
	done
}

mkdir "$work/lists" "$work/all"
for part in "${parts[@]}"; do
	"$top/scripts/install-apart.sh" "$build" "$work/$part" "$part" "$work/lists" > "$work/log" 2>&1 ||
		fail "$part: $(cat "$work/log")"
done
lib=$(cd "$work/runtime" && dirname "$(find . -name libslipway-tls.so.0)")
has station bin/slipway bin/slipway-tuf share/man/man1/slipway.1 share/man/man5/slipway-machine.conf.5 \
	share/bash-completion/completions/slipway share/zsh/site-functions/_slipway \
	share/fish/vendor_completions.d/slipway.fish lib/systemd/user/slipway-update.timer
has server bin/slipway-repo share/man/man8/slipway-repo.8 share/man/man5/slipway-release.5 \
	share/slipway/scripts/tls-client.lua lib/systemd/system/slipway-refresh@.timer libexec/slipway/as-owner
has runtime "$lib/libslipway-tls.so.0"
has development "$lib/libslipway-tls.a" "$lib/pkgconfig/slipway-tls.pc" include/slipway/tls.h \
	share/man/man3/slipway_tls.3
[ -L "$work/development/$lib/libslipway-tls.so" ] || fail "want the link that a compiler follows in development"
has examples bin/hi bin/example-kernel share/man/man1/hi.1
has documentation share/doc/slipway/README.md share/doc/slipway/docs/server.md share/doc/slipway/LICENSE

# Every link of a page to a file leads somewhere.
while IFS=: read -r page link; do
	[ -e "$(dirname "$page")/$link" ] || fail "$page: its link to $link leads nowhere"
done < <(cd "$work/documentation/share/doc/slipway" &&
	grep -oE '\]\([^)#:]+[)#]' ./*.md docs/*.md | sed -E 's/\]\(|[)#]$//g; s|^|'"$PWD"'/|')

# Together they are all, and no file is in two parts.
"$top/scripts/install-apart.sh" "$build" "$work/all" > "$work/log" 2>&1 || fail "$(cat "$work/log")"
list "$work/all" > "$work/want"
for part in "${parts[@]}"; do
	list "$work/$part"
done | sort > "$work/got"
diff "$work/want" "$work/got" || fail "want each file in exactly one part (<: all, >: the parts)"

# The Debian package lists the functions of the library; one that is missing there would stop its build.
grep -oE '^\s+slipway_tls_[a-z0-9_]+;' "$top/lib/tls/slipway-tls.map" | tr -d '\t ;' | sort > "$work/want"
sed -nE 's/^ (slipway_tls_[a-z0-9_]+)@.*/\1/p' "$top/debian/libslipway-tls0.symbols" | sort > "$work/got"
diff "$work/want" "$work/got" || fail "want debian/libslipway-tls0.symbols with the names of slipway-tls.map"

# The packages have the programs' version.
want=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
got=$(sed -nE '1s/^slipway \(([^)]*)\).*/\1/p' "$top/debian/changelog")
[ "$got" = "$want" ] || fail "want the version $want in debian/changelog, got '$got'"
got=$(sed -n 's/^version: //p' "$top/ansible/galaxy.yml")
[ "$got" = "$want" ] || fail "want the version $want in ansible/galaxy.yml, got '$got'"

rm "$work"/lists/install_manifest_{development,examples,documentation}.txt
echo mine > "$work/server/share/slipway/scripts/mine.lua"
cmake -D BUILD="$work/lists" -P "$top/cmake/uninstall.cmake" > "$work/log" 2>&1 || fail "$(cat "$work/log")"
[ "$(list "$work/station")$(list "$work/runtime")" = "" ] || fail "want no file left of station and runtime"
[ "$(list "$work/server")" = ./share/slipway/scripts/mine.lua ] || fail "want my own file left and no other"
has development include/slipway/tls.h
rm "$work"/lists/*
cmake -D BUILD="$work/lists" -P "$top/cmake/uninstall.cmake" > "$work/log" 2>&1 && fail "want a failure without a list"
grep -q 'found none' "$work/log" || fail "want words, got $(cat "$work/log")"
