# SPDX-License-Identifier: ISC
# A repository that an ordinary user shares with a group of their own: modes don't depend on the umask, and what was
# there is shared without giving away keys.  group.sh has two people.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"
umask 077
group=$(id -G | tr ' ' '\n' | tail -n 1)
repo() { slipway-repo --repo "$REPO" "$@"; }
mode() { [ "$(stat -c '%a %g' "$REPO/$1")" = "$2 $group" ] || fail "want $2 of $group: $(stat -c '%n %a %g' "$REPO/$1")"; }

make_repo
expect 2 log slipway-repo init --shared no-such-group "$REPO"
want log 'this computer'
expect 2 log slipway-repo init --shared 4000000 "$WORK/other"
want log 'want a group that you are in'
[ ! -e other ] || fail "want nothing made"
expect 2 log slipway-repo init --shared "$group" --no-passphrase "$REPO"
ln "$REPO/audit.log" second
expect 1 log slipway-repo init --shared "$group" "$REPO"
want log 'one with a second'
rm second
# A key that its owner lets a group read isn't given to this one.
chmod 640 "$REPO/certs/kernel.pem"
expect 0 log slipway-repo init --shared "$group" "$REPO"
[ "$(stat -c %a "$REPO/certs/kernel.pem")" = 640 ] || fail "want the key as it was"
chmod 600 "$REPO/certs/kernel.pem"
for _ in once again; do
	expect 0 log slipway-repo init --shared "$group" "$REPO"
	mode . 2775
	mode served/targets 2775
	mode audit.log 660
	mode keys 3770
	[ -z "$(find "$REPO/keys" "$REPO/certs" -name '*.pem' -perm /077)" ] || fail "want keys for their owner alone"
done
make_release release server.crt="$REPO/certs/kernel.crt"
publish release
mode served/metadata/timestamp.json 664
[ -z "$(find "$REPO/served" ! -perm -070 -type d -o ! -perm -060 -type f)" ] || fail "want all of served/ for the group"
[ -z "$(find "$REPO/served" ! -group "$group")" ] || fail "want all of served/ for the group"
expect 0 log repo cert new other
mode certs/other.crt 664
[ "$(stat -c %a "$REPO/certs/other.pem")" = 600 ] || fail "want a key for its owner alone"
expect 0 log repo status
want log 'shared with the group'
expect 0 log repo status --json
want log '"shared": '
expect 1 log repo serve
want log "isn't served from where it is"
expect 0 log repo log --verify
expect 0 log repo verify

# A link that stands in the way changes nothing.
mkdir mine
mv "$REPO/certs" certs.away
ln -s "$WORK/mine" "$REPO/certs"
expect 1 log repo cert new third
want log 'a symbolic link stands in the way'
expect 1 log slipway-repo init --shared "$group" "$REPO"
[ -z "$(ls mine)" ] || fail "want nothing there"
