# SPDX-License-Identifier: ISC
# A package that is upgraded, or removed, while a program starts: the start goes on with the version that began.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_all
mkdir copy
programs=$(dirname "$(command -v slipway)")
for how in upgraded removed; do
	cp "$programs/slipway" copy/slipway
	echo "$how" > release/app/text
	sed -i "\$a set(client, \"How\", \"$how\")" release/scripts/machine/10-tls.lua
	publish release
	# The server holds the start back; what was started is the old version.
	sshd=$(pgrep -P "$server" -x sshd)
	kill -STOP "$sshd"
	exec 8> start.log
	copy/slipway run --deadline 30 -- echo hi-runs >&8 2>&1 &
	start=$!
	jobs_started+=("$start")
	for _ in $(seq 100); do
		[ "$(pgrep -c -P "$start")" = 0 ] || break
		sleep 0.05
	done
	# As dpkg does it: the new file takes the name of the old one.
	printf '#!/bin/sh\necho the other version >&2\nexit 9\n' > copy/slipway.dpkg-new
	chmod +x copy/slipway.dpkg-new
	mv copy/slipway.dpkg-new copy/slipway
	[ "$how" = upgraded ] || rm copy/slipway
	kill -CONT "$sshd"
	wait "$start" || fail "want the program started while slipway is $how" start.log
	want start.log 'applied release' 0
	want start.log hi-runs 0
	wantno start.log 'the other version'
	want station/machine.conf "How = $how" 0
	expect 0 verify.log slipway verify
done
