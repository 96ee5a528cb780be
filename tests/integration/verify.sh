#!/bin/bash
# SPDX-License-Identifier: ISC
# slipway-repo verify: a whole tree, and one fault at a time.
# usage: verify.sh SLIPWAY_REPO_PROGRAM
# shellcheck shell=bash source=tests/integration/repolib.sh
. "$(dirname "$0")/repolib.sh"

status 0 "$repo" help verify
status 0 "$repo" init "$R" --no-passphrase
status 0 "$repo" --repo "$R" app add COV_PB --no-passphrase
for n in one two three; do
	release $n
	status 0 "$repo" --repo "$R" publish --app COV_PB rel
done
status 0 "$repo" --repo "$R" app add OTHER --no-passphrase
status 0 "$repo" --repo "$R" key rotate root --no-passphrase
status 0 "$repo" --repo "$R" key rotate snapshot
status 0 "$repo" --repo "$R" refresh --snapshot-days 30
status 0 "$repo" --repo "$R" verify
says "^checked 3 roots, .* 4 targets' files of 14 bytes: 0 faults$"
status 0 "$repo" --repo "$R" verify
cp -a "$R" good

M="$R/served/metadata" T="$R/served/targets"
snapshot=$(cd "$M" && echo -- *.snapshot.json | tr ' ' '\n' | sort -n | tail -n 1)
role=3.COV_PB.json
hi=$(cd "$T" && echo COV_PB/install/bin/"$(sha256sum <"$work/rel/install/bin/hi" | cut -c1-64).hi")
[ -e "$T/$hi" ] || fail "want the file of the release"

# faulty NAME TEXT: verify reports this fault, perhaps with its consequences; then the fault is mended.
faulty() {
	status 1 "$repo" --repo "$R" verify
	grep -qF -- "$2" "$work/err" || { cat "$work/out" "$work/err" >&2; fail "$1: not said: $2"; }
	[ -e "$M/timestamp.json" ] && says ': [1-9][0-9]* faults\{0,1\}$'
	chmod -R u+rwx "$R"
	rm -rf "$R" && cp -a good "$R"
}
# One byte in any file.
while IFS= read -r -d '' f; do
	[ -s "$f" ] || continue
	name=${f#"$R"/served/}
	size=$(stat -c %s "$f")
	printf '\001' | dd of="$f" bs=1 seek=$((size / 2)) conv=notrunc status=none
	faulty "a byte of $name" "${name##*/}"
done < <(find "$R/served" -type f -print0)
# A missing file.
while IFS= read -r -d '' f; do
	name=${f#"$R"/served/}
	case $name in
	metadata/timestamp.json) continue ;;
	metadata/"$snapshot") ;;
	metadata/*.snapshot.json) continue ;;	# an old one may have been taken away
	esac
	rm "$f"
	told=${name##*/}
	# The newest root can't be missed itself, but the snapshot key that it brought.
	[ "$told" = 3.root.json ] && told="$snapshot: want valid signatures"
	faulty "missing $name" "$told"
done < <(find "$R/served" -type f -print0)
rm "$M/1.snapshot.json"; faulty 'what an old snapshot named' 'metadata/1.targets.json: nothing names it'
rm "$M/timestamp.json"
status 1 "$repo" --repo "$R" verify; says 'not a repository'
cp -a good/served/metadata/timestamp.json "$M/"

# An additional byte, and an additional file.
echo >>"$T/$hi"; faulty 'longer target' "targets/$hi: want 6 bytes, got 7"
echo >>"$M/$role"; faulty 'longer role' "$role: want"
echo x >"$M/9.COV_PB.json"; faulty 'extra role' 'metadata/9.COV_PB.json: nothing names it'
cp "$M/$snapshot" "$M/99.snapshot.json"; faulty 'extra snapshot' 'metadata/99.snapshot.json: nothing names it'
cp "$M/3.root.json" "$M/5.root.json"; faulty 'extra root' 'metadata/5.root.json: nothing names it, because the chain of roots ends'
echo x >"$T/COV_PB/install/bin/notes"; faulty 'extra target' 'notes: nothing names it'
mkdir -p "$T/x/y" && echo x >"$T/x/y/z"; faulty 'extra directory' 'targets/x/y/z: nothing names it'

# Entries that aren't files.
mv "$T/$hi" "$work/moved" && ln -s "$work/moved" "$T/$hi"; faulty 'linked target' "$hi: want a file or directory, got a symbolic link"
mv "$M/$role" "$work/moved" && ln -s "$work/moved" "$M/$role"; faulty 'linked role' "metadata/$role: want a file or directory, got a symbolic link"
mv "$T/COV_PB/install" "$work/dir" && ln -s "$work/dir" "$T/COV_PB/install"; faulty 'linked directory' 'targets/COV_PB/install: want a file or directory, got a symbolic link'
rm -rf "$work/dir"
rm "$T/$hi" && mkfifo "$T/$hi"; faulty 'pipe' "$hi: want a file or directory, got something special"
rm "$T/$hi" && mkdir "$T/$hi"; faulty 'directory for a file' "$hi: missing"
if [ "$(id -u)" != 0 ]; then
	chmod 0 "$T/COV_PB/app"; faulty 'unreadable directory' 'targets/COV_PB/app: Permission denied'
	chmod 0 "$T/$hi"; faulty 'unreadable file' "$hi: Permission denied"
	chmod 0 "$M/$role"; faulty 'unreadable role' "$role: Permission denied"
fi
d="$T/deep" && for _ in $(seq 20); do d="$d/d"; done && mkdir -p "$d"; faulty 'deep directories' 'directories deep'

# Keys that may not sign: files that are right in every other way.
cp "$M/2.root.json" "$M/3.root.json"; faulty 'root of another version' '3.root.json: want version 3, got 2'
cp -a "$R" other && rm -rf other/served && "$repo" init other2 --no-passphrase >/dev/null || fail "a repository of somebody else"
cp other2/served/metadata/1.root.json "$M/1.root.json"; faulty 'root of somebody else' '2.root.json: want valid signatures of 1 of its 1 keys, got 0'
cp other2/served/metadata/timestamp.json "$M/"; faulty 'timestamp of somebody else' 'timestamp.json: want valid signatures'
rm -rf other other2

# Expired metadata with right signatures, which stations refuse; and metadata that is valid for another second.
if python3 -c 'import cryptography' 2>/dev/null; then
	# aged FILE KEY EXPIRES VERSION
	aged() {
		python3 "$here/../endtoend/resign.py" "$M/$1" "$2" "$3" "$4" >new || fail "resign.py"
		cp new "$M/$1"
	}
	# The keys that sign now: a rotated key leaves the old one's file in keys/.
	present() { "$repo" --repo "$R" key list | awk -v role="$1:" '/^[^ ]/ { on = $1 == role } on && $3 == "here," { print substr($1, 1, 16) }'; }
	key=$R/keys/timestamp.$(present timestamp).pem
	aged timestamp.json "$key" 2020-01-01T00:00:00Z 99; faulty 'expired timestamp' 'timestamp.json: expired at 2020-01-01T00:00:00Z'
	aged timestamp.json "$key" "$(date -u -d '1 hour' +%FT%TZ)" 99; status 0 "$repo" --repo "$R" verify
	rm -rf "$R" && cp -a good "$R"
	aged 3.root.json "$R/keys/root.$(present root).pem" 2020-01-01T00:00:00Z 3
	faulty 'expired root' '3.root.json: expired at 2020-01-01T00:00:00Z'
fi

# Nothing at all of what others do to it is in the way; nothing is written.
status 0 "$repo" --repo "$R" verify
diff -r good "$R" || fail "verify changed something"
status 2 "$repo" --repo "$R" verify now
status 1 "$repo" --repo "$work/nowhere" verify
echo ok
