# SPDX-License-Identifier: ISC
# slipway-tuf over SFTP and file:, as people and test suites drive it.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_repo
make_release "$WORK/release" server.crt="$REPO/certs/kernel.crt"
mkdir -p release/install/deep
echo "one" > release/install/deep/one.txt
echo "two" > release/install/two.txt
make_login
publish release
start_server
served=$REPO/served
ssh-keyscan -t ed25519 -p "$port" 127.0.0.1 > known_hosts 2> keyscan.log
sftp=sftp://$(id -un)@127.0.0.1:$port$served
export SLIPWAY_KEY=$WORK/login SLIPWAY_KNOWN_HOSTS=$WORK/known_hosts

tuf() {
	slipway-tuf --metadata-dir "$WORK/trusted" "$@"
}
download() {
	local base=$1 name names=()
	shift
	for name in "$@"; do
		names+=(--target-name "$name")
	done
	tuf --metadata-url "$base/metadata" "${names[@]}" --target-base-url "$base/targets" \
		--target-dir "$WORK/out" download
}

# Misuse has status 2, every other failure 1.
expect 2 usage.log slipway-tuf
expect 2 usage.log slipway-tuf refresh
expect 2 usage.log tuf refresh
expect 2 usage.log tuf --metadata-url "$sftp/metadata" download
expect 2 usage.log tuf --metadata-url "$sftp/metadata" fetch
expect 2 usage.log tuf --frobnicate refresh
expect 2 usage.log tuf init
expect 0 help.log slipway-tuf --help
expect 1 noinit.log tuf --metadata-url "$sftp/metadata" refresh
want noinit.log 'init' 0
echo '{}' > empty.json
expect 1 badroot.log tuf init empty.json
want badroot.log empty.json 0
sed 's/"sig": *"[0-9a-f]\{8\}/"sig": "00000000/' "$served/metadata/1.root.json" > unsigned.json
cmp -s unsigned.json "$served/metadata/1.root.json" && fail "want another signature" unsigned.json
expect 1 unsigned.log tuf init unsigned.json
wantre unsigned.log signature 0
[ ! -e trusted/root.json ] || fail "want nothing trusted after a bad root"

expect 0 init.log tuf init "$served/metadata/1.root.json"
cmp trusted/root.json "$served/metadata/1.root.json" || fail "want the root as it was given"
expect 0 refresh.log tuf --metadata-url "$sftp/metadata" refresh
want refresh.log 'root 1, ' 0
expect 1 nowhere.log tuf --metadata-url "$sftp/elsewhere" refresh
want nowhere.log "timestamp.json: the repository has no such file; asked $sftp/elsewhere" 0
# Metadata as received, unversioned, and no other .json.
cmp trusted/timestamp.json "$served/metadata/timestamp.json" || fail "want the timestamp byte for byte"
for role in snapshot targets; do
	newest=$(printf '%s\n' "$served"/metadata/*."$role.json" | sort -V | tail -n 1)
	cmp "trusted/$role.json" "$newest" || fail "want $role byte for byte"
done
[ "$(find trusted -name '*.json' | sort | xargs -n 1 basename | tr '\n' ' ')" = \
	"root.json snapshot.json targets.json timestamp.json " ] || fail "want four files" <(ls -la trusted)

expect 0 download.log download "$sftp" "$APP/install/two.txt" "$APP/install/deep/one.txt"
cmp out/"$APP"/install/two.txt release/install/two.txt || fail "want two.txt"
cmp out/"$APP"/install/deep/one.txt release/install/deep/one.txt || fail "want one.txt"
[ -e "trusted/$APP.json" ] || fail "want the delegated role kept"
find trusted out | sort > before
# An existing right target isn't fetched again: its file on the server is gone.
away=$(find "$served/targets" -name '*.two.txt')
mv "$away" away
expect 0 again.log download "$sftp" "$APP/install/two.txt"
want again.log 'there already' 0
echo changed > out/"$APP"/install/two.txt
expect 1 gone.log download "$sftp" "$APP/install/two.txt"
asked="asked $sftp/targets for ${away#"$served/targets/"}"
want gone.log "no such file; $asked" 0
# Targets in order, ending at the first failure.
rm -r out
expect 1 order.log download "$sftp" "$APP/install/deep/one.txt" "$APP/install/two.txt" "$APP/app/server.crt"
[ -e out/"$APP"/install/deep/one.txt ] && [ ! -e out/"$APP"/app/server.crt ] || fail "want the first only" order.log
mv away "$away"
chmod u+w "$away"
sed -i s/two/too/ "$away"
expect 1 tampered.log download "$sftp" "$APP/install/two.txt"
wantre tampered.log 'want 4 bytes with SHA-256 [0-9a-f]{64}, got 4 bytes with SHA-256 [0-9a-f]{64}' 0
want tampered.log "; $asked" 0
[ ! -e out/"$APP"/install/two.txt ] || fail "want no file that isn't verified"
echo "two and more" > "$away"
expect 1 longer.log download "$sftp" "$APP/install/two.txt"
wantre longer.log 'at most 4 bytes' 0
expect 1 unknown.log download "$sftp" nonexistent
want unknown.log nonexistent 0
[ -z "$(find out trusted -name '*.part' -o -name download)" ] || fail "want no leftovers"

: > no_hosts
# Without rights: no host key, another host key, no login key.
expect 1 nohost.log tuf --known-hosts no_hosts --metadata-url "$sftp/metadata" refresh
want nohost.log ssh-keyscan 0
ssh-keygen -q -t ed25519 -N '' -f other
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 other.pub)" > other_hosts
expect 1 otherhost.log tuf --known-hosts other_hosts --metadata-url "$sftp/metadata" refresh
want otherhost.log "$hostkey" 0
expect 1 nokey.log env -u SLIPWAY_KEY slipway-tuf --metadata-dir trusted --metadata-url "$sftp/metadata" refresh
want nokey.log SLIPWAY_KEY 0
expect 1 scheme.log tuf --metadata-url "http://127.0.0.1/" refresh
want scheme.log http 0

# The same from a directory.
echo two > "$away"
rm -r out trusted
expect 0 init.log tuf init "$served/metadata/1.root.json"
expect 0 file.log download "file://$served" "$APP/install/two.txt"
cmp out/"$APP"/install/two.txt release/install/two.txt || fail "want two.txt"
