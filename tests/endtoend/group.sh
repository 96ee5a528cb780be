#!/bin/bash
# SPDX-License-Identifier: ISC
# As root, in a mount namespace of its own, with accounts of its own: a repository that alice and bob share, and carol
# doesn't; and what mallory, who is in the group, may not.  Nothing of it is left outside.
# shellcheck source=tests/endtoend/as-root.sh
. "$(dirname "$0")/as-root.sh"
chmod 755 "$work"
echo 'slipwayers:x:20010:' >> etc/group
uid=20001
n=0
for name in alice bob carol mallory; do
	echo "$name:x:$uid:$uid::$work/$name:/bin/sh" >> etc/passwd
	echo "$name:x:$uid:" >> etc/group
	mkdir -m 700 "$name"
	chown "$uid:$uid" "$name"
	uid=$((uid + 1))
done
grep -q slipwayers /etc/group || fail "want the copy of /etc"
# as NAME COMMAND...: with a umask that lets nobody in.
as() {
	local name=$1 groups=(--groups 20010)
	shift
	[ "$name" != carol ] || groups=(--clear-groups)
	case " $* " in *" publish "*)
		n=$((n + 1))
		echo "$n" > "$work/r/app/x"
	;; esac
	(cd "$work/$name" && umask 077 && HOME=$work/$name setpriv --reuid "$(id -u "$name")" --regid "$(id -g "$name")" \
		"${groups[@]}" "$@") > log 2>&1
}
ok() { as "$@" || fail "want success: $*"; }
no() { if as "$@"; then fail "want a refusal: $*"; fi; }
is() { [ "$(stat -c '%U:%G %a' "$1")" = "$2" ] || fail "want $2, got $(stat -c '%n %U:%G %a' "$1")"; }

# Somebody who isn't in the group can't share, and nothing is changed.
mkdir -m 755 srv
chown alice:alice srv
repo=$work/srv/repo
no carol slipway-repo init --no-passphrase --shared slipwayers "$work/carol/repo"
has "want a group that you are in, got 'slipwayers'"
[ ! -e carol/repo ] || fail "want nothing made"
no alice slipway-repo init --no-passphrase --shared nosuchgroup "$repo"
has "got 'nosuchgroup', which this computer doesn't know"

# A repository that is there, with a CA, a pair and a replacement under way, is shared.
ok alice slipway-repo init --no-passphrase "$repo"
ok alice slipway-repo --repo "$repo" app add A --no-passphrase
ok alice slipway-repo --repo "$repo" cert ca site
ok alice slipway-repo --repo "$repo" cert new kernel
mkdir -p r/app
chmod -R a+rX r
echo one > r/app/x
ok alice slipway-repo --repo "$repo" publish --app A "$work/r"
echo secret > "$repo/passphrase"
chown alice:alice "$repo/passphrase"
chmod 600 "$repo/passphrase"
# Not shared yet: a colleague is told whose it is, and no name of a lock.
no bob slipway-repo --repo "$repo" refresh
has "refresh needs the account alice, whose repository $repo is; run it as that one, or let it share the repository"
ok alice slipway-repo init --shared slipwayers "$repo"
has "is shared with the group 'slipwayers'"
is "$repo" 'alice:slipwayers 2775'
is "$repo/keys" 'alice:slipwayers 3770'
is "$repo/keys/alice" 'alice:alice 700'
is "$repo/served/metadata/timestamp.json" 'alice:slipwayers 664'
is "$repo/audit.log" 'alice:slipwayers 660'
is "$repo/certs/kernel.crt" 'alice:slipwayers 664'
is "$repo/ca/site/issued.json" 'alice:slipwayers 640'
for key in "$repo"/keys/alice/*.pem "$repo/certs/kernel.pem" "$repo/ca/site/ca.pem" "$repo/passphrase"; do
	case $(stat -c '%U %a' "$key") in "alice 600") ;; *) fail "want a key of alice alone: $key" ;; esac
done
ok alice slipway-repo --repo "$repo" publish --app A "$work/r"
ok alice slipway-repo --repo "$repo" status
has "shared with the group slipwayers"
no alice slipway-repo --repo "$repo" doctor	# her keys have no passphrase
has "ok       keys          timestamp: 1 of 1 are here"

# bob, with keys of his own, publishes; alice goes on.
no bob slipway-repo --repo "$repo" publish --app A "$work/r"
has "not enough private keys"
roles="snapshot timestamp A"
for role in $roles; do ok bob slipway-repo --repo "$repo" key new "$role" --no-passphrase; done
is "$repo/keys/bob" 'bob:slipwayers 2700'
cp "$repo"/keys/bob/*.pub alice/
chown alice alice/*.pub
for role in $roles; do
	pub=$(ls alice/"$role".*.pub)
	ok alice slipway-repo --repo "$repo" key rotate "$role" --add "$work/$pub"
done
for who in bob alice bob; do
	ok "$who" slipway-repo --repo "$repo" publish --app A "$work/r"
	is "$repo/served/metadata/timestamp.json" "$who:slipwayers 664"
	ok "$who" slipway-repo --repo "$repo" refresh
	ok "$who" slipway-repo --repo "$repo" gc
	ok "$who" slipway-repo --repo "$repo" log --verify
done
ok bob slipway-repo --repo "$repo" cert new other
is "$repo/certs/other.pem" 'bob:slipwayers 600'
is "$repo/certs" 'alice:slipwayers 2770'
ok bob slipway-repo --repo "$repo" cert ca second
is "$repo/ca/second" 'bob:slipwayers 2750'
no bob slipway-repo --repo "$repo" cert crl --ca site
has "is the CA of 'alice', whose private key nobody else can use"
find "$repo" -name '*.pem' ! -path '*/crl.pem' -perm /077 > log
[ ! -s log ] || fail "want private keys for their owners alone"

# A replacement that alice began: bob, who can't read the keys, publishes its next step, and is told whose turn it is.
cp "$repo/certs/kernel.crt" r/app/server.crt
chmod a+r r/app/server.crt
ok alice slipway-repo --repo "$repo" publish --app A "$work/r"
ok alice slipway-repo --repo "$repo" cert replace kernel --hook "touch $work/alice/hooked" --connect 127.0.0.1:1 ||
	true
is "$repo/replace.json" 'alice:slipwayers 660'
as bob slipway-repo --repo "$repo" cert replace kernel || true
is "$repo/replace.json" 'bob:slipwayers 660'
has "published: A version"
cp "$(sed -n 's/.*: cp \(.*\) app\/server.crt$/\1/p' log)" r/app/server.crt	# as bob is told
as bob slipway-repo --repo "$repo" cert replace kernel --confirm || true
as bob slipway-repo --repo "$repo" cert replace kernel || true
has "a hook runs only when you give it yourself"
[ ! -e alice/hooked ] || fail "want no hook run"

# Who holds the lock.
cat > hold.py <<'PY'
import fcntl, sys, time
f = open(sys.argv[1], "r+")
fcntl.flock(f, fcntl.LOCK_EX)
open(sys.argv[2], "w").close()
time.sleep(30)
PY
ok bob slipway-repo --repo "$repo" gc
setpriv --reuid "$(id -u bob)" --regid "$(id -g bob)" --groups 20010 python3 hold.py "$repo/lock" "$work/bob/held" &
holder=$!
until [ -e bob/held ]; do sleep 0.1; done
no alice slipway-repo --repo "$repo" gc
kill "$holder"
wait "$holder" || true
has "locked by bob, process "
has " on $(hostname)"

# carol reads what is public, and changes nothing.
no carol slipway-repo --repo "$repo" publish --app A "$work/r"
has "is shared with the group 'slipwayers', and 'carol' isn't in it"
has "usermod -aG slipwayers carol"

# mallory is in the group: links that mallory plants lead nobody to files of another.
mkdir -m 755 alice/mine
echo precious > alice/mine/file
chown -R alice:alice alice/mine
find alice/mine -type f -exec sha256sum {} + > before
planted() {	# FILE TARGET COMMAND...
	local at=$repo/$1 target=$2
	shift 2
	ok mallory mv "$at" "$at.away"
	ok mallory ln -s "$target" "$at"
	no alice "$@"
	ok mallory rm "$at"
	ok mallory mv "$at.away" "$at"
	find alice/mine -type f -exec sha256sum {} + | cmp - before || fail "want alice's files as they were: $*"
}
planted lock "$work/alice/mine/file" slipway-repo --repo "$repo" gc
planted audit.log "$work/alice/mine/file" slipway-repo --repo "$repo" cert new third
planted certs "$work/alice/mine" slipway-repo --repo "$repo" cert new third
planted keys "$work/alice/mine" slipway-repo --repo "$repo" key new A --no-passphrase
planted served "$work/alice/mine" slipway-repo --repo "$repo" publish --app A "$work/r"
planted ca "$work/alice/mine" slipway-repo --repo "$repo" cert ca third
ok mallory ln -s "$work/alice/mine/file" "$repo/.pending.json.new"
ok mallory ln -s "$work/alice/mine/file" "$repo/served/metadata/.timestamp.json.new"
ok alice slipway-repo --repo "$repo" publish --app A "$work/r"
find alice/mine -type f -exec sha256sum {} + | cmp - before || fail "want alice's files as they were"
# A key that mallory moves to where the group may read isn't given to it.
ok mallory mv "$repo/certs/other.pem" "$repo/deploy.lock"
no root slipway-repo init --shared slipwayers "$repo"
has "got a private key: see who moved it here"
is "$repo/deploy.lock" 'bob:slipwayers 600'
ok mallory mv "$repo/deploy.lock" "$repo/certs/other.pem"
# A second name of a file of alice's (where the system lets mallory make one), a directory of mallory's for bob's keys.
ok mallory mv "$repo/lock" "$repo/lock.away"
ln alice/mine/file "$repo/lock" 2>/dev/null || { cp alice/mine/file "$repo/lock"; chown alice:alice "$repo/lock"; }
no alice slipway-repo --repo "$repo" gc
has "want a file of the group that the directory is shared with"
[ "$(stat -c '%U:%G' alice/mine/file)" = alice:alice ] || fail "want alice's file as it was"
rm "$repo/lock"
# A file of alice's that mallory moves there isn't given to the group.
for group in alice slipwayers; do
	echo secret > "$repo/passphrase"
	chown "alice:$group" "$repo/passphrase"
	chmod 600 "$repo/passphrase"
	ok mallory mv "$repo/passphrase" "$repo/lock"
	as alice slipway-repo --repo "$repo" gc || true
	is "$repo/lock" "alice:$group 600"
	rm "$repo/lock"
done
ok mallory mv "$repo/lock.away" "$repo/lock"
no mallory mv "$repo/keys/bob" "$repo/keys/bobs"
no mallory cat "$repo"/keys/bob/A.*.pem
mv "$repo/keys/bob" bob/kept
ok mallory mkdir -m 777 "$repo/keys/bob"
no bob slipway-repo --repo "$repo" publish --app A "$work/r"
has "want a directory of our own that nobody else can enter"
rmdir "$repo/keys/bob"
mv bob/kept "$repo/keys/bob"

# doctor tells what isn't the group's any more.
ok alice slipway-repo --repo "$repo" verify
as alice slipway-repo --repo "$repo" doctor || true
has "shared        with the group slipwayers"
chmod 600 "$repo/replace.json"
chgrp alice "$repo/served/metadata/1.root.json"
as alice slipway-repo --repo "$repo" doctor || true
has "replace.json has mode 0600 instead of 0660"
has "served/metadata/1.root.json belongs to another group (20001)"
has "2 in all: slipway-repo init --shared slipwayers"
ok root slipway-repo init --shared slipwayers "$repo"

# Where modes were lost (a copy without them), every command says what mends it.
chmod g-s "$repo"
no bob slipway-repo --repo "$repo" gc
has "slipway-repo init --shared slipwayers"
no mallory slipway-repo init --shared slipwayers "$repo"
has "alice's"
ok alice slipway-repo init --shared slipwayers "$repo"
ok bob slipway-repo --repo "$repo" publish --app A "$work/r"
ok alice slipway-repo --repo "$repo" verify
echo ok
