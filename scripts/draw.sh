#!/bin/bash
# SPDX-License-Identifier: ISC
# Draw the pictures of docs/architecture.md.
set -euo pipefail

usage() {
	cat <<'TEXT'
usage: scripts/draw.sh [--check] BUILD-DIR

Writes docs/rooms.dot, the graph of the rooms as CMake has it in the configured build BUILD-DIR, and draws each .dot
file of docs as an SVG beside it (with dot, of the Debian package graphviz).

  --check   write nothing; exit 1 when a picture isn't drawn from the present graph. A picture holds the SHA-256 of its
            text for this, because dot's drawings differ between versions
TEXT
}

check=
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi
if [ $# -ne 1 ]; then
	usage >&2
	exit 2
fi
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

rooms=$(scripts/rooms.py --dot "$build")
if [ -z "$check" ]; then
	printf '%s\n' "$rooms" >docs/rooms.dot
elif [ "$rooms" != "$(cat docs/rooms.dot)" ]; then
	echo "docs/rooms.dot: want the graph of CMake's rooms, got another; run scripts/draw.sh BUILD-DIR"
	exit 1
fi

rc=0
for text in docs/*.dot; do
	picture=${text%.dot}.svg
	mark="<!-- drawn by scripts/draw.sh from ${text##*/}, SHA-256 $(sha256sum "$text" | cut -d' ' -f1) -->"
	if [ -z "$check" ]; then
		drawn=$(dot -Tsvg "$text" | sed -e '/^<!-- Generated/,/-->$/d' -e '/^<!--.*-->$/d' -e '/^<!DOCTYPE/,/>$/d')
		printf '%s\n%s\n' "$drawn" "$mark" >"$picture"
	elif [ "$(tail -n 1 "$picture")" != "$mark" ]; then
		echo "$picture: want the picture of the present $text, got another; run scripts/draw.sh BUILD-DIR"
		rc=1
	fi
done
exit "$rc"
