#!/bin/bash
# SPDX-License-Identifier: ISC
# Completion for bash offers what the help of slipway-repo names, all of it and nothing else.
# usage: completion.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash
set -euo pipefail

repo=$1
cd "$(dirname "$0")/../.."

fail() {
	echo "FAILED: $1" >&2
	exit 1
}

completes=
complete() { completes="$*"; }
# shellcheck source=share/completion/slipway-repo
. share/completion/slipway-repo
unset -f complete
[ "$completes" = "-o default -F _slipway_repo slipway-repo" ] || fail "want a function for slipway-repo, got '$completes'"

# offers WANT WORD...: with the cursor at the end of the last word that much is offered, in byte order.
offers() {
	local want=$1 got
	shift
	COMP_WORDS=("$repo" "$@")
	COMP_CWORD=$#
	_slipway_repo
	got=$(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | paste -sd ' ')
	[ "$got" = "$want" ] || fail "after '$*' want '$want' offered, got '$got'"
}
# line WORD...: each once, in byte order.
line() { printf '%s\n' "$@" | LC_ALL=C sort -u | paste -sd ' '; }

# The help's first column is 12 wide; names have one word or two.
mapfile -t commands < <("$repo" --help | sed -nE 's/^  ([a-z][a-z ]{11}) [a-zA-Z].*/\1/p' | sed 's/ *$//')
[ ${#commands[@]} -gt 25 ] || fail "want all commands, got ${commands[*]}"
first=()
for c in "${commands[@]}"; do
	first+=("${c%% *}")
done
offers "$(line "${first[@]}")" ''
offers "$(line "${first[@]}")" help ''
offers "$(line "${first[@]}")" --repo / ''
for group in app cert key; do
	second=()
	for c in "${commands[@]}"; do
		[[ $c != "$group "* ]] || second+=("${c#* }")
	done
	[ ${#second[@]} -gt 0 ] || fail "want commands that begin with $group"
	offers "$(line "${second[@]}")" "$group" ''
	offers "$(line "${second[@]}")" help "$group" ''
	offers "$(line "${second[@]}")" --repo = / "$group" ''
done

# Each command's options, and no command after a whole one.
for c in "${commands[@]}"; do
	[ "$c" != help ] || continue
	read -ra words <<< "$c"
	mapfile -t options < <("$repo" help "${words[@]}" | awk '/^  --/ { print $1 }')
	offers "$(line --repo --help "${options[@]}")" "${words[@]}" --
	offers '' "${words[@]}" ''
done

# What options may be, and directories.
offers p384 cert new kernel --type p3
offers 'ed25519 p256 p384 rsa2048 rsa3072 rsa4096' cert csr --type = ''
offers 'ecdsa ed25519 rsa' key new timestamp --type ''
offers 'both client server' cert sign --usage ''
offers 'CACompromise affiliationChanged cessationOfOperation keyCompromise privilegeWithdrawn superseded unspecified' cert revoke --reason ''
offers share --repo sha
offers share/completion cert new kernel --out share/comp
offers '' cert show share/comp	# files are the shell's own
