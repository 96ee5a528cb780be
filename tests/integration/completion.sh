#!/bin/bash
# SPDX-License-Identifier: ISC
# Completion offers exactly the commands and options of each program's help.
# usage: completion.sh SHELL PROGRAM...
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
	echo "FAILED: $1" >&2
	exit 1
}

completes=
complete() { completes="$*"; }
compopt() { :; }

# What zsh's own functions would offer, without its line editor; each line asks for one completion.
# shellcheck disable=SC2016
zsh_asker='
	compdef() { completes="$*"; }
	compset() { cur=${cur#*=}; }
	compadd() { shift; for w in "$@"; do [[ $w != $cur* ]] || print -r -- $w; done; }
	_files() { [[ $1 != -/ ]] || print -rl -- $cur*(N-/); }
	_command_names() { :; }
	source =("$1" --completion zsh)
	print -r -- "$completes"
	while IFS= read -r line; do
		words=("${(@s: :)line}")
		CURRENT=${#words}
		"$2"
		print .
	done'
# shellcheck disable=SC2016
fish_asker='
	source ($argv[1] --completion fish | psub)
	complete -c $argv[2] | string match -q "*__*_complete*"; and echo ready
	while read -l line
		complete -C "$line" | string replace -r "\t.*" ""
		echo .
	end'

# load PROGRAM: the script that it prints.
load() {
	local ready want
	program=$1
	name=$(basename "$program")
	reader=_${name//-/_}
	case $shell in
	bash)
		# shellcheck disable=SC1090
		. <("$program" --completion bash)
		want="-o default -F $reader $name" ready=$completes
		;;
	zsh)
		coproc ASKER { exec zsh -f -c "$zsh_asker" zsh "$program" "$reader"; }
		want="$reader $name"
		read -r -u "${ASKER[0]}" ready
		;;
	fish)
		coproc ASKER { exec fish --no-config -c "$fish_asker" "$program" "$name"; }
		want=ready
		read -r -u "${ASKER[0]}" ready
		;;
	esac
	[ "$ready" = "$want" ] || fail "$shell: want a function for $name, got '$ready'"
}
unload() {
	local write pid
	[ "$shell" != bash ] || return 0
	write=${ASKER[1]} pid=$ASKER_PID
	exec {write}>&-
	wait "$pid"
}

# reply WORD...: what is offered with the cursor at the end of the last word, into COMPREPLY.
reply() {
	local line
	if [ "$shell" = bash ]; then
		COMP_WORDS=("$program" "$@")
		COMP_CWORD=$#
		"$reader"
		return
	fi
	line="$name $*"
	line=${line// = /=}
	COMPREPLY=()
	printf '%s\n' "$line" >&"${ASKER[1]}"
	while read -r -u "${ASKER[0]}" line && [ "$line" != . ]; do
		line=${line%/}
		[[ $line != --*=* ]] || line=${line#*=}
		COMPREPLY+=("$line")
	done
}
# offers WANT WORD...: that much is offered, in byte order.
offers() {
	local want=$1 got
	shift
	reply "$@"
	got=$(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | paste -sd ' ')
	[ "$got" = "$want" ] || fail "$shell: $name: after '$*' want '$want' offered, got '$got'"
}
# offers_no_command WORD...: nothing, files or directories.
offers_no_command() {
	local one
	reply "$@"
	for one in "${COMPREPLY[@]}"; do
		[ -e "$one" ] || fail "$shell: $name: after '$*' want no more words offered, got '$one'"
	done
}
# line WORD...: each once, in byte order.
line() { printf '%s\n' "$@" | LC_ALL=C sort -u | paste -sd ' '; }

# Names have one word or two; their texts begin behind the longest.
commands_of() { "$@" | sed -nE '/^  -/q; s/^  ([a-z]+( [a-z]+)?)  +[^ ].*/\1/p'; }

# whole PROGRAM GLOBAL...: each group, each command, each option that the help has; GLOBAL are options of all commands.
whole() {
	load "$1"
	shift
	local global=("$@" --help --version --completion) commands first=() second options words c group
	mapfile -t commands < <(commands_of "$program" --help)
	[ ${#commands[@]} -gt 3 ] || fail "want all commands, got ${commands[*]}"
	for c in "${commands[@]}"; do
		first+=("${c%% *}")
	done
	offers "$(line "${first[@]}")" ''
	offers "$(line "${first[@]}")" help ''
	offers "$(line "${global[@]}")" --
	for group in $(printf '%s\n' "${commands[@]}" | sed -n 's/ .*//p' | uniq); do
		mapfile -t second < <(commands_of "$program" help "$group" | sed 's/.* //')
		[ "$(line "${second[@]}")" = "$(line "$(printf '%s\n' "${commands[@]}" | sed -n "s/^$group //p")")" ] ||
			fail "want the help of '$group' to name its commands, got ${second[*]}"
		offers "$(line "${second[@]}")" "$group" ''
		offers "$(line "${second[@]}")" help "$group" ''
		# A command that is the first word of others has options of its own.
		[[ " ${commands[*]} " == *" $group $group "* ]] || offers "$(line "${global[@]}")" "$group" --
	done

	# Each command's options, and no command after a whole one.
	for c in "${commands[@]}"; do
		read -ra words <<< "$c"
		mapfile -t options < <("$program" help "${words[@]}" | sed -nE 's/^  (--[a-z0-9-]+).*/\1/p')
		[ "$c" = help ] || offers "$(line "${global[@]}" "${options[@]}")" "${words[@]}" --
		! printf '%s\n' "${commands[@]}" | grep -q "^$c " || continue
		[ "$c" = help ] || [ "$c" = run ] || [ "$c" = wrap ] || offers_no_command "${words[@]}" ''
		offers '' help "${words[@]}" ''
	done
}

shell=$1
shift
if ! command -v "$shell" >/dev/null; then
	echo "SKIPPED: no $shell here" >&2
	exit 77
fi
for p in "$@"; do
	case $(basename "$p") in
	slipway-repo)
		whole "$p" --repo
		offers "$(line "$(commands_of "$program" --help | sed -n 's/^cert //p')")" --repo = / cert ''
		offers "$(line "$(commands_of "$program" --help | sed 's/ .*//')")" --repo / ''
		# Values of options, and directories.
		offers p384 cert new kernel --type p3
		offers 'ed25519 p256 p384 rsa2048 rsa3072 rsa4096' cert csr --type = ''
		offers 'ecdsa ed25519 rsa' key new timestamp --type ''
		offers 'both client server' cert sign --usage ''
		offers 'CACompromise affiliationChanged cessationOfOperation keyCompromise privilegeWithdrawn superseded unspecified' cert revoke --reason ''
		offers share --repo sha
		offers share/systemd cert new kernel --out share/syst
		offers '' cert new kernel --days ''
		[ "$shell" != bash ] || offers '' cert show share/syst	# files are the shell's own
		[ "$shell" != fish ] || offers share/systemd cert show share/syst
		;;
	slipway)
		whole "$p"
		offers 'block launch' enroll --on-error ''
		offers 'json syslog' run --log ''
		offers share enroll --app-dir sha
		offers --offline run --off
		offers '' run -- prog --off	# the program's own
		offers '' run prog --off
		;;
	slipway-tuf)
		mapfile -t options < <("$p" --help | sed -nE 's/^  (--[a-z0-9-]+).*/\1/p')
		[ ${#options[@]} -gt 9 ] || fail "want the options of slipway-tuf, got ${options[*]}"
		whole "$p" "${options[@]}"
		offers share download --target-dir sha
		;;
	*) fail "$p: no such program" ;;
	esac
	unload
done
