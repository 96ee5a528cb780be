#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo gc: removed files, kept files, and faults that stop it.
# usage: gc.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"

M="$R/served/metadata" T="$R/served/targets"
status 0 "$repo" help gc; says '--keep-days'
status 0 "$repo" init "$R" --no-passphrase
status 0 "$repo" --repo "$R" app add COV_PB --no-passphrase
for n in one two three four five; do
	release $n
	status 0 "$repo" --repo "$R" publish --app COV_PB rel
done
status 0 "$repo" --repo "$R" key rotate root --no-passphrase
status 0 "$repo" --repo "$R" key rotate snapshot
# Snapshots 1 to 8: init, app add, five releases, the key.
[ -e "$M/8.snapshot.json" ] && [ ! -e "$M/9.snapshot.json" ] || fail "want 8 snapshots"
files() { (cd "$R/served" && find . -type f | sort); }
# same: nothing was removed.
same() { diff <(files) all || fail "files were removed"; }
files >all
target() { echo "./targets/COV_PB/install/bin/$(echo "$1" | sha256sum | cut -c1-64).hi"; }

# All snapshots were current today, and no other file exists.
status 0 "$repo" --repo "$R" gc; says '^removed 0 snapshots, 0 other metadata files, 0 targets'
same
status 0 "$repo" --repo "$R" gc --keep 1 --keep-days 1; same
status 2 "$repo" --repo "$R" gc --keep 0
status 2 "$repo" --repo "$R" gc --keep-days -1
status 2 "$repo" --repo "$R" gc all
cp "$R/audit.log" audit.before

# Snapshot N ceased to be current when N+1 was written.
for n in 1 2 3 4 5 6 7 8; do touch -d "$((10 * (8 - n))) days ago" "$M/$n.snapshot.json"; done
cp -a "$R" aged

# gone N...: exactly these snapshots and the files that only they name are removed.
gone() {
	status 0 "$repo" --repo "$R" verify
	files >left
	for n in "$@"; do printf './metadata/%s.snapshot.json\n' "$n"; done >want
	printf '%s\n' "${also[@]}" >>want
	diff <(comm -23 all left) <(sort -u want) || fail "something else was removed"
	rm -rf "$R" && cp -a aged "$R"
}
role() { echo "./metadata/$1.COV_PB.json"; }
# The default: 8, 7, 6 are the newest; 5 ceased 20 days ago; 4 exactly 30.
status 0 "$repo" --repo "$R" gc --dry-run
says '^would remove metadata/4.snapshot.json$'
says "^would remove targets/COV_PB/install/bin/.*.hi$"
says '^would remove 4 snapshots, 3 other metadata files, 2 targets'
same
cmp "$R/audit.log" audit.before || fail "a dry run was recorded"
status 0 "$repo" --repo "$R" gc
says '^removed 4 snapshots, 3 other metadata files, 2 targets'
grep -q '"action":"gc","details":{"bytes":' "$R/audit.log" || fail "not recorded"
status 0 "$repo" --repo "$R" log --verify
also=(./metadata/1.targets.json "$(role 1)" "$(role 2)" "$(target one)" "$(target two)")
gone 1 2 3 4
status 0 "$repo" --repo "$R" gc --keep 1 --keep-days 1
also=(./metadata/1.targets.json "$(role 1)" "$(role 2)" "$(role 3)" "$(role 4)" "$(target one)" "$(target two)" \
	"$(target three)" "$(target four)")
gone 1 2 3 4 5 6	# 7 ceased when 8 came, just now
status 0 "$repo" --repo "$R" gc --keep 8 --keep-days 1; also=(); same
status 0 "$repo" --repo "$R" gc --keep 7 --keep-days 1; also=(./metadata/1.targets.json); gone 1
status 0 "$repo" --repo "$R" gc --keep 1 --keep-days 55; also=(./metadata/1.targets.json); gone 1

# Publishing goes on afterwards, with content that had been removed too.
status 0 "$repo" --repo "$R" gc
release one
status 0 "$repo" --repo "$R" publish --app COV_PB rel
status 0 "$repo" --repo "$R" verify
rm -rf "$R" && cp -a aged "$R"

# Files of crashes are removed, with directories that become empty; files of others stay.
mkdir -p "$T/GONE/app" "$T/empty"
echo x >"$T/GONE/app/$(echo x | sha256sum | cut -c1-64).x"
cp "$M/8.snapshot.json" "$M/9.snapshot.json"
cp "$M/5.COV_PB.json" "$M/6.COV_PB.json"
: >"$M/.timestamp.json.new"
echo mine >"$M/README" && echo mine >"$T/COV_PB/notes" && cp "$M/1.root.json" "$M/12.root.json"
status 1 "$repo" --repo "$R" gc; says '4.root.json: missing'; rm "$M/12.root.json"
status 0 "$repo" --repo "$R" gc --keep 8
says 'metadata/README: nothing names it'; says 'COV_PB/notes: nothing names it'
[ -e "$M/README" ] && [ -e "$T/COV_PB/notes" ] || fail "removed what isn't ours"
[ -e "$T/GONE" ] && fail "an empty directory stays"
[ -e "$M/9.snapshot.json" ] || [ -e "$M/6.COV_PB.json" ] || [ -e "$M/.timestamp.json.new" ] && fail "what a crash left stays"
rm "$M/README" "$T/COV_PB/notes"
same

# Nothing is removed while a kept file has a fault.
stopped() {
	files >before.gc
	status 1 "$repo" --repo "$R" gc --keep 1 --keep-days 1; says "$1"
	diff before.gc <(files) || fail "removed something although: $1"
	chmod -R u+rwx "$R"
	rm -rf "$R" && cp -a aged "$R"
}
rm "$R/served/$(target five)"; stopped 'missing'
echo >>"$M/timestamp.json" && sed -i 's/"version"/"versiom"/' "$M/timestamp.json"; stopped 'timestamp.json'
rm "$M/2.root.json"; stopped '2.root.json: missing'
rm "$M/1.root.json"; stopped '1.root.json: missing'
rm "$M"/*.root.json; stopped 'no root to check it with'
cp "$M/8.snapshot.json" "$M/10.snapshot.json"; stopped 'was an old file restored'
echo x >>"$M/7.snapshot.json"; stopped '7.snapshot.json'

# Links aren't followed, and their targets stay.
mkdir outside && echo precious >"outside/$(echo one | sha256sum | cut -c1-64).hi"
mv "$T/COV_PB/install" moved && ln -s "$work/outside" "$T/COV_PB/install"; stopped 'symbolic link'
ln -s "$work/outside" "$T/link"; stopped 'targets/link: want a file or directory, got a symbolic link'
ln -s "$work/outside/$(ls outside)" "$M/1.snapshotx.json"; stopped 'got a symbolic link'
[ "$(cat outside/*)" = precious ] || fail "something outside was removed"
if [ "$(id -u)" != 0 ]; then
	chmod 0 "$T/COV_PB/app"; stopped 'Permission denied'
	chmod 500 "$M"; stopped 'Permission denied'
fi

# A station that reads meanwhile: the files that the earlier timestamp names exist after any gc.
release six
status 0 "$repo" --repo "$R" publish --app COV_PB rel
status 0 "$repo" --repo "$R" gc --keep 1 --keep-days 1
[ -e "$M/8.snapshot.json" ] && [ -e "$M/5.COV_PB.json" ] && [ -e "$R/served/$(target five)" ] ||
	fail "what was current a moment ago is gone"

# Files that were published by mistake are removed, at the server, too.
status 2 "$repo" --repo "$R" gc --keep-days -1
mkdir -p rel/app && echo secret >rel/app/secret.txt
status 0 "$repo" --repo "$R" publish --app COV_PB rel
rm -rf server && cp -a "$R/served" server
echo theirs >server/targets/COV_PB/notes; : >server/metadata/index.html
rm rel/app/secret.txt && echo good >rel/app/good.txt
status 0 "$repo" --repo "$R" publish --app COV_PB rel
secrets() { find "$1" -name '*.secret.txt' | wc -l; }
[ "$(secrets server)" = 1 ] && [ "$(secrets "$R/served")" = 1 ] || fail "want the file that was published by mistake"
# A server without the present tree: nothing is removed there.
status 1 "$repo" --repo "$R" gc --keep 1 --keep-days 0 --copy server; says 'copy served/ there first'
[ "$(secrets "$R/served")" = 0 ] && [ "$(secrets server)" = 1 ] || fail "want it gone here alone"
cp -a "$R/served/." server/
before=$(cd server && find . -type f | sort)
status 0 "$repo" --repo "$R" gc --keep 1 --keep-days 0 --copy server --dry-run; says 'would remove .*secret.txt'
[ "$before" = "$(cd server && find . -type f | sort)" ] || fail "a dry run removed something"
status 0 "$repo" --repo "$R" gc --keep 1 --keep-days 0 --copy server; says ' bytes in server$'
says 'metadata/index.html: nothing names it'; says 'COV_PB/notes: nothing names it'
rm server/targets/COV_PB/notes server/metadata/index.html
diff -r "$R/served" server || fail "want the server's tree to be that of the repository"
grep -q '"copy":"server"' "$R/audit.log" || fail "not recorded"
# Links in the copy, and a directory that isn't a copy.
ln -s "$work/outside" server/targets/link
status 1 "$repo" --repo "$R" gc --copy server; says 'got a symbolic link'; rm server/targets/link
[ "$(cat outside/*)" = precious ] || fail "something outside was removed"
mkdir none
status 1 "$repo" --repo "$R" gc --copy none; says 'none'
status 0 "$repo" --repo "$R" verify
echo ok
