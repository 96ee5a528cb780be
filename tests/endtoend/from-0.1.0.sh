# SPDX-License-Identifier: ISC
# What Slipway 0.1.0 left on disk (tests/data/0.1.0): enrolment, state, a pending journal and a repository are read, and
# go on.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"
data=$1
was=/tmp/slipway-0.1.0
export SLIPWAY_HOME=$WORK/site/home
state=$SLIPWAY_HOME/state/D2EXE/COV_PB

# left_behind NAME: what 0.1.0 left there, at $WORK/site, with the paths that it would have had here.
left_behind() {
	local body file
	rm -rf site
	cp -r "$data/$1" site
	chmod -R u=rwX,go=rX site
	find site \( -name '.slipway-*' -o -name staging \) -exec chmod 700 {} +
	find site -type f \( -name machine.conf -o -name '*.json' \) -exec sed -i "s|$was|$WORK|g" {} +
	for file in "$state"/journal*; do
		[ -e "$file" ] || continue
		body=$(tail -n +2 "$file" | sed "s|$was|$WORK|g")
		printf 'slipway-journal 1 %d %s\n%s' "${#body}" "$(printf %s "$body" | sha256sum | cut -d' ' -f1)" "$body" \
			> "$WORK/journal"
		cp "$WORK/journal" "$file"
		chmod 600 "$file"
	done
}
# holds N: files and settings are those of release N, and nothing is left over.
holds() {
	local other=$((3 - $1)) file
	want site/appdir/tls/server.crt "certificate of release $1" 0
	want site/installed/bin/tool "tool of release $1" 0
	want "site/installed/only-$1" "only in release $1" 0
	[ ! -e "site/installed/only-$other" ] || fail "want no only-$other"
	want "$SLIPWAY_HOME/machine.conf" "Release = dword:$1" 0
	want "$SLIPWAY_HOME/machine.conf" "OnlyIn$1 = yes" 0
	[ "$1" = 2 ] || wantno "$SLIPWAY_HOME/machine.conf" OnlyIn2
	want "$SLIPWAY_HOME/user.conf" "Release = dword:$1" 0
	for file in site/appdir/.slipway-* site/installed/.slipway-* "$state"/journal*; do
		[ ! -e "$file" ] || fail "want nothing left over, got $file"
	done
	expect 0 verify.log slipway verify
}

cp -r "$data/repo" repo
chmod -R u=rwX,go=rX repo
chmod 700 repo/keys
chmod 600 repo/keys/* repo/audit.log

# The repository: today's programs go on with it, long after its dates.
expect 0 renew.log slipway-repo --repo repo renew root targets COV_PB
expect 0 refresh.log slipway-repo --repo repo refresh
expect 0 repo.log slipway-repo --repo repo verify

# A station as it was left: what it has is known without a server, and it goes on.
left_behind applied
mv repo away
expect 0 run.log slipway run -- cat site/installed/bin/tool
want run.log 'with release 1, applied earlier' 0
holds 1
expect 0 status.log slipway status
want status.log 'release       1, 6 files' 0
wantno status.log warning
expect 0 history.log slipway history
want history.log 'update; applied now' 0
mv away repo
expect 0 update.log slipway update
want update.log 'applied release 2' 0
holds 2
expect 0 rollback.log slipway rollback
holds 1
expect 0 repair.log slipway update --repair
holds 1

# A change that it had committed is completed, also without a server.
left_behind cut
mv repo away
expect 0 run.log slipway run -- cat site/installed/bin/tool
want run.log 'an earlier update was interrupted; it is completed now' 0
holds 2
mv away repo

# One that can't be completed, because a staged file is lost, is taken back.
left_behind cut
rm site/installed/.slipway-*/n2
mv repo away
expect 0 run.log slipway run -- cat site/installed/bin/tool
want run.log 'what it had begun is taken back' 0
holds 1
mv away repo
expect 0 update.log slipway update
holds 2

# The next release, published by today's programs.
mkdir -p release/app/tls
echo 'certificate of release 3' > release/app/tls/server.crt
expect 0 publish.log slipway-repo --repo repo publish --app COV_PB release --allow lost-files
left_behind cut
expect 0 run.log slipway run -- cat site/appdir/tls/server.crt
want run.log 'certificate of release 3' 0
want run.log 'it is completed now' 0
[ ! -e site/installed/bin/tool ] || fail "want the files of release 2 removed" run.log
expect 0 rollback.log slipway rollback
holds 2
