# SPDX-License-Identifier: ISC
# An application ends: the repository counts it no more, and a station that has it keeps what it has and starts HI.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_repo
mkdir -p release/app installed
echo one > release/app/note.txt
publish release
expect 0 add.log slipway-repo --repo "$REPO" app add OTHER --no-passphrase
expect 0 publish.log slipway-repo --repo "$REPO" publish --app OTHER release
url=file://$REPO/served
hostkey=''
# station NAME APP: enrolled in a place of its own, and up to date.
station() {
	mkdir -p "$1.installed"
	SLIPWAY_HOME=$WORK/$1 expect 0 enroll.log slipway enroll "$url" --root "$REPO/served/metadata/1.root.json" \
		--installation "$INSTALLATION" --app "$2" --install-dir "$WORK/$1.installed"
	SLIPWAY_HOME=$WORK/$1 expect 0 run.log slipway run -- echo hi-runs
	want run.log 'applied release 1' 0
}
station one COV_PB
station two OTHER
expect 0 set.log env SLIPWAY_HOME="$WORK/one" slipway settings set "HKLM\\SOFTWARE\\Ipesoft\\Slipway" OnError block ||
	fail "want a strict station"

# Asked first; nothing goes without an answer, a terminal, or the application.
cp "$REPO/served/metadata/timestamp.json" before
expect 1 remove.log slipway-repo --repo "$REPO" app remove COV_PB < /dev/null
want remove.log 'COV_PB: version 1, release 1, 1 file, 1 key' 0
want remove.log 'give --yes' 0
expect 1 remove.log slipway-repo --repo "$REPO" app remove NONE --yes
want remove.log 'no such application' 0
cmp -s before "$REPO/served/metadata/timestamp.json" || fail "want nothing removed"

# Elsewhere signed, or here.
expect 0 remove.log slipway-repo --repo "$REPO" app remove COV_PB --unsigned remove.req
expect 0 sign.log slipway-repo --repo "$REPO" sign remove.req --yes
want sign.log 'NO LONGER: application COV_PB' 0
expect 0 remove.log slipway-repo --repo "$REPO" publish --signed remove.req
expect 1 again.log slipway-repo --repo "$REPO" app remove COV_PB --yes
for name in COV_PB cov_pb; do
	expect 1 again.log slipway-repo --repo "$REPO" app add "$name" --no-passphrase
	want again.log 'was removed' 0
done
expect 1 again.log slipway-repo --repo "$REPO" publish --app COV_PB release
grep -q COV_PB.json "$REPO/served/metadata/"*".snapshot.json" || fail "want its entry in the snapshot for ever"

# Nothing counts it any more, with its files gone, too.
expect 0 status.log slipway-repo --repo "$REPO" status --json
wantno status.log COV_PB
for _ in 1 2; do
	expect 0 verify.log slipway-repo --repo "$REPO" verify
	expect 0 log.log slipway-repo --repo "$REPO" log --verify
	wantno log.log warn

	# A station that has it.
	for _ in 1 2; do
		SLIPWAY_HOME=$WORK/one expect 0 run.log slipway run -- echo hi-runs
		want run.log hi-runs 0
		want run.log 'has ended; release 1 stays' 0
		wantno run.log error
	done
	SLIPWAY_HOME=$WORK/one expect 0 status.log slipway status
	want status.log 'ended ' 0
	SLIPWAY_HOME=$WORK/one expect 0 plan.log slipway plan
	want plan.log 'COV_PB: the application has ended; release 1 stays as it is.' 0
	SLIPWAY_HOME=$WORK/one expect 0 plan.log slipway plan --json
	want plan.log '"ended": true' 0
	[ -z "$(find one.installed -newer before -name note.txt)" ] || fail "want its files as they were"
	# Of another application nothing changes; a station that never had it has nothing to go on with.
	SLIPWAY_HOME=$WORK/two expect 0 run.log slipway run -- echo hi-runs
	want run.log 'nothing new, release 1' 0
	SLIPWAY_HOME=$WORK/two expect 0 status.log slipway status --json
	want status.log '"ended": false' 0
	SLIPWAY_HOME=$WORK/two expect 0 plan.log slipway plan --json
	want plan.log '"ended": false' 0

	touch -d '90 days ago' "$REPO/served/metadata/"*.snapshot.json
	expect 0 gc.log slipway-repo --repo "$REPO" gc --keep 1
done
[ -z "$(find "$REPO/served/targets/COV_PB" -type f 2>/dev/null)" ] || fail "want gc to take its files" gc.log
expect 0 refresh.log slipway-repo --repo "$REPO" refresh --snapshot-days 30
expect 0 publish.log slipway-repo --repo "$REPO" renew OTHER
SLIPWAY_HOME=$WORK/two expect 0 run.log slipway run -- echo hi-runs
wantno run.log error
echo ok
