#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo killed before each call that changes the disk: clients see the old state or the new state, and the same
# command, repeated, ends in the new state.
# usage: repo-cut.sh SLIPWAY_REPO SLIPWAY_TUF CUT_LIBRARY EVERY   one of EVERY calls is tried: 1 tries each
set -u

repo=$(realpath "$1")
tuf=$(realpath "$2")
library=$(realpath "$3")
every=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() {
	echo "FAIL: $*" >&2
	cat "$work"/*.log >&2
	exit 1
}
unset SLIPWAY_REPO SLIPWAY_PASSPHRASE
umask 022
cd "$work" || exit 1

must() { "$@" >must.log 2>&1 || fail "$*"; }

# A file system without locks: refused, and nothing is left; one that can't flush directories serves.
mkdir there
for dir in there absent; do
	NO_LOCKS=1 LD_PRELOAD=$library "$repo" init $dir --no-passphrase >init.log 2>&1 && fail "init without locks"
	grep -q 'No locks available' init.log || fail "want words on locks"
	[ -z "$(ls -A $dir 2>/dev/null)" ] || fail "init without locks left something in $dir"
done
rm -rf there absent
NO_DIR_SYNC=1 LD_PRELOAD=$library must "$repo" init base --no-passphrase
[ "$(grep -c "can't flush directories" must.log)" = 1 ] || fail "want words once on directories that can't be flushed"
find base ! -name lock | sort >before
for command in "cert new pair" "cert ca ours" "app add COV_PB --no-passphrase"; do
	# shellcheck disable=SC2086  # a command and its arguments
	NO_LOCKS=1 LD_PRELOAD=$library "$repo" --repo base $command >init.log 2>&1 && fail "$command without locks"
	find base ! -name lock | sort | diff before - >diff.log || fail "$command without locks left something"
done
NO_LOCKS=1 LD_PRELOAD=$library "$repo" cert ca "$work/outside" >init.log 2>&1 && fail "cert ca without locks"
[ -z "$(ls -A outside 2>/dev/null)" ] || fail "cert ca without locks left something"
must "$repo" --repo base app add COV_PB --no-passphrase
mkdir -p one/app two/app
echo one >one/app/note.txt
echo two >two/app/note.txt
echo more >two/app/more.txt
must "$repo" --repo base publish --app COV_PB one
must "$tuf" --metadata-dir trusted --metadata-url "file://$work/base/served/metadata" init base/served/metadata/1.root.json

# The result of a client that trusts the first root: "one", "two", or "refused".
seen() {
	rm -rf client out
	cp -R trusted client
	mkdir out
	if "$tuf" --metadata-dir client --metadata-url "file://$work/R/served/metadata" \
		--target-name COV_PB/app/note.txt --target-base-url "file://$work/R/served/targets" \
		--target-dir out download >client.log 2>&1; then
		find out -type f -exec cat {} +
	else
		echo refused
	fi
}

# cutting OLD NEW BASE ARG...: slipway-repo --repo R ARG..., cut at its first change, and at one of EVERY after it.
cutting() {
	local old=$1 new=$2 base=$3 n=$((1 - every)) cuts=0 got
	shift 3
	while :; do
		n=$((n + every))
		rm -rf R
		cp -a "$base" R
		{ CUT_AT=$n LD_PRELOAD=$library "$repo" --repo R "$@" >cut.log 2>&1; } 2>killed.log
		got=$?
		[ "$got" = 0 ] && break
		cuts=$((cuts + 1))
		[ "$got" = 137 ] || fail "$*, cut at $n: want it killed or done, got status $got"
		got=$(seen)
		if [ "$got" = refused ] && [ -e R/pending.json ]; then
			pending=$((pending + 1))
		elif [ "$got" != "$old" ] && [ "$got" != "$new" ]; then
			fail "$*, cut at $n: want $old or $new, got $got"
		fi
		if ! "$repo" --repo R "$@" >again.log 2>&1; then
			grep -qE 'already; nothing published|there is such an application|repository has changed meanwhile' again.log ||
				fail "$*, cut at $n: want it done when it is repeated"
			[ "$got" = "$new" ] || fail "$*, cut at $n: want it published before it is refused"
		fi
		[ "$(seen)" = "$new" ] || fail "$*, cut at $n and repeated: want $new"
		[ ! -e R/pending.json ] || fail "$*, cut at $n and repeated: want nothing pending"
		# The record holds, cut or not; what was left over goes, and then nothing is wrong.
		must "$repo" --repo R log --verify
		grep -q 'warn' must.log && fail "$*, cut at $n: want what is live, and each step to it, recorded"
		[ ! -e R/begun.json ] || fail "$*, cut at $n and repeated: want nothing begun"
		must "$repo" --repo R gc
		must "$repo" --repo R verify
	done
	[ "$(seen)" = "$new" ] || fail "$*: want $new when it is not cut"
	[ "$n" -gt 10 ] || fail "$*: want more than 10 calls to cut at, got $n"
	echo "$*: cut at $cuts calls"
}

pending=0
cutting one two base publish --app COV_PB two
cutting one one base app add OTHER --no-passphrase
cutting one one base refresh --snapshot-days 30
cutting one one base key rotate root --no-passphrase
cutting one one base key rotate targets --no-passphrase
cutting one one base key rotate snapshot
cutting one one base key rotate COV_PB --no-passphrase
rm -rf R
cp -a base R
must "$repo" --repo R publish --app COV_PB two --unsigned two.req
must "$repo" --repo R sign two.req --yes
cutting one two base publish --signed two.req two
[ "$pending" = 0 ] || fail "want no client refused while the old keys are there"

# Old snapshots, and the files that only they name.
cp -a base old
must "$repo" --repo old publish --app COV_PB two
must "$repo" --repo old publish --app COV_PB one
find old/served/metadata -name '*.snapshot.json' -exec touch -d '90 days ago' {} +
cutting one one old gc --keep 1

# A new repository: there, it has its line of the record; cut, nothing is live.
n=0
while n=$((n + 1)) && rm -rf R && { ! CUT_AT=$n LD_PRELOAD=$library "$repo" init R --no-passphrase >cut.log 2>&1; } 2>killed.log; do
	[ ! -e R/keys ] || [ -s R/audit.log ] || fail "init, cut at $n: want its line before a key"
	[ -e R/served/metadata/timestamp.json ] || continue
	must "$repo" --repo R log --verify
	grep -q 'warn' must.log && fail "init, cut at $n: want what is live recorded"
done
[ "$n" -gt 10 ] || fail "init: want more than 10 calls to cut at, got $n"
must "$repo" --repo R log --verify
echo "init: cut at $((n - 1)) calls"

# The old key is lost: root has to come first.  Between root and timestamp there are fewer calls than a sample skips.
[ "$every" -lt 5 ] || every=5
cp -a base lost
rm lost/keys/timestamp.*.pem
cutting one one lost key rotate timestamp
[ "$pending" -gt 0 ] || fail "want a change that was ended by the next command"

# Two publishers at once wait for each other; none is lost.
rm -rf R
cp -a base R
for i in 1 2 3 4; do
	mkdir -p "r$i/app"
	echo "$i" >"r$i/app/note.txt"
	"$repo" --repo R publish --app COV_PB "r$i" >"publish-$i.log" 2>&1 &
done
for _ in 1 2 3 4; do
	wait -n || fail "want all four published"
done
[ -e R/served/metadata/5.COV_PB.json ] || fail "want release 5"
for i in 2 3 4 5; do
	cat publish-*.log | grep -q "release $i:" || fail "want release $i"
done
must "$repo" --repo R status
echo ok
