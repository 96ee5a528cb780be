#!/bin/bash
# SPDX-License-Identifier: ISC
# Draw the pictures of README.md from a run of the programs.
set -euo pipefail

if [ $# -ne 1 ] || [ "$1" = --help ]; then
	echo "usage: scripts/pictures.sh BUILD-DIR    writes docs/see-*.svg from a run of its programs on 127.0.0.1" >&2
	exit 2
fi
top=$(cd "$(dirname "$0")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
chmod 777 "$out"	# as-user.sh draws as another user
"$top/scripts/as-user.sh" "$1" "$top/tests/endtoend/pictures.sh" "$top/scripts/pictures.py" "$out"
cp "$out"/see-*.svg "$top/docs/"
chmod 644 "$top"/docs/see-*.svg
