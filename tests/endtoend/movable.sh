#!/bin/bash
# SPDX-License-Identifier: ISC
# As root, in a mount namespace of its own: what can't be moved, replaced or removed stops an update before it begins.
# The station is in the old state, no journal is left, and HI starts; once it is mended the update goes on.
# shellcheck source=tests/endtoend/as-root.sh
. "$(dirname "$0")/as-root.sh"
mkdir ordinary
mkdir -m 755 /etc/slipway
umask 022

slipway-repo init repo --no-passphrase > log 2>&1 || fail init
slipway-repo --repo repo app add A --no-passphrase > log 2>&1 || fail "app add"
key='SOFTWARE\Ipesoft\I\cfg_A'
release() {
	mkdir -p "$1/app/d" "$1/install/bin" "$1/scripts/machine" "$1/scripts/user"
	echo "$1" > "$1/app/d/file"
	echo "$1" > "$1/app/other"
	echo "$1" > "$1/install/bin/hi"
	echo "set([[HKLM\\$key]], 'a', '$1')" > "$1/scripts/machine/1.lua"
	echo "set([[HKCU\\$key]], 'a', '$1')" > "$1/scripts/user/1.lua"
}
release one
mkdir -p one/app/gone
echo goes > one/app/gone/file
release two
mkdir -p two/app/d/new
echo new > two/app/d/new/file
slipway-repo --repo repo publish --app A one > log 2>&1 || fail publish

# station ENVIRONMENT...: enrolled below $home, with release one.  As the user that $as says.
as=()
station() {
	rm -rf "$home/app" "$home/inst"
	"${as[@]}" slipway enroll "file://$work/repo/served" --root repo/served/metadata/1.root.json --installation I --app A \
		--app-dir "$home/app" --install-dir "$home/inst" --force > log 2>&1 || fail enroll
	"${as[@]}" slipway update > log 2>&1 || fail "update to one"
}
content() { # of the station: names, contents, settings; and that no transaction is left
	(cd "$home" && find app inst -type f -exec sha256sum {} + | sort; find app inst -name '.slipway*')
	"${as[@]}" slipway settings get "HKLM\\$key" a
	find "$states" -name 'journal*'
}
# refused WHAT WORDS UNDO...: the update to two is refused with these words; UNDO mends it, and the update is done.
cases=0
refused() {
	local what=$1 words=$2 mode
	shift 2
	for mode in update "run echo started"; do
		# shellcheck disable=SC2086  # a command and its arguments
		"${as[@]}" slipway $mode > log 2>&1 || [ "$mode" = update ] || fail "want HI started with $what"
		grep -qF -- "$words" log || fail "want '$words' told of $what"
		! grep -qiE 'applied release 2|neither finished' log || fail "want $what refused"
		[ "$(content)" = "$old" ] || { diff <(echo "$old") <(content); fail "want the old state with $what"; }
	done
	grep -qx started log || fail "want HI started with $what"
	"$@"
	"${as[@]}" slipway update > log 2>&1 || fail "want the update done without $what"
	if [ "$("${as[@]}" slipway settings get "HKLM\\$key" a)" != two ] || ! grep -qx two "$home/app/d/file" ||
		[ -e "$home/app/gone" ] || [ ! -e "$home/app/d/new/file" ]; then
		fail "want the new state without $what"
	fi
	"${as[@]}" slipway rollback > log 2>&1 || fail "back to one after $what"
	"${as[@]}" slipway verify > log 2>&1 || fail "verify after $what"
	# The release that was left isn't taken again, so each case has one of its own.
	cases=$((cases + 1))
	echo "$cases" > two/app/number
	slipway-repo --repo repo publish --app A two > log 2>&1 || fail "publish after $what"
}

home=$work/machine states=/var/lib/slipway
mkdir "$home"
station
slipway-repo --repo repo publish --app A two > log 2>&1 || fail publish
old=$(content)
if chattr +i "$home/app/d/file" 2>/dev/null; then
	refused "an immutable file" "$home/app/d/file: want what can be replaced, got what is immutable" chattr -i "$home/app/d/file"
	chattr +a "$home/inst/bin/hi"
	refused "an append-only file" "$home/inst/bin/hi: want what can be replaced, got what is append-only" chattr -a "$home/inst/bin/hi"
	chattr +i "$home/app/gone/file"
	refused "an immutable file that goes" "gone/file" chattr -i "$home/app/gone/file"
	chattr +i "$home/app/d"
	refused "an immutable directory" "$home/app/d: want" chattr -i "$home/app/d"
	chattr +a "$home/app/d"
	refused "an append-only directory" "$home/app/d: want" chattr -a "$home/app/d"
	chattr +i "$home/app/gone"
	refused "an immutable directory that goes" "app/gone: want" chattr -i "$home/app/gone"
	chattr +a "$home/app"
	refused "an append-only AppDir" "$home/app: want" chattr -a "$home/app"
	chattr +i /etc/slipway/machine.conf
	refused "an immutable key file" "machine.conf" chattr -i /etc/slipway/machine.conf
	chattr +i /etc/slipway
	refused "an immutable /etc/slipway" "/etc/slipway" chattr -i /etc/slipway
	chattr +i /var/lib/slipway/I/A/applied.json
	refused "an immutable record" "applied.json" chattr -i /var/lib/slipway/I/A/applied.json
else
	echo "skipped: immutable files, which this file system doesn't have"
fi
mount --bind "$work/one/app/d/file" "$home/app/d/file"
refused "a file that is a mount point" "$home/app/d/file: want" umount "$home/app/d/file"
mount --bind "$home/app/d" "$home/app/d"
refused "a directory that is a mount point" "$home/app/d: want" umount "$home/app/d"
mkdir "$work/copy" && cp -a "$home/app/gone/file" "$work/copy"
mount -t tmpfs tmpfs "$home/app/gone" && cp -a "$work/copy/file" "$home/app/gone"
refused "another file system" "$home/app/gone: want" umount "$home/app/gone"

# A user's part: the machine's is done, the user's isn't begun.
if chattr +i /root/.config/slipway/user.conf 2>/dev/null; then
	slipway run echo started > log 2>&1 || true
	grep -qF user.conf log || fail "want words on user.conf"
	grep -qx started log || fail "want HI started with an immutable user.conf"
	[ -z "$(find /var/lib/slipway /root -name 'journal*')" ] || fail "want no journal with an immutable user.conf"
	chattr -i /root/.config/slipway/user.conf
	slipway update > log 2>&1 || fail "want the user's part done"
	[ "$(slipway settings get "HKCU\\$key" a)" = two ] || fail "want the user's setting"
fi

# An ordinary user: somebody else's file in a sticky directory, and a directory that isn't theirs to write to.
home=$work/ordinary states=$home
chown 12345 "$home"
export SLIPWAY_HOME=$home/slipway HOME=$home
as=(setpriv --reuid 12345 --regid 12345 --clear-groups)
rm -rf repo
slipway-repo init repo --no-passphrase > log 2>&1 || fail init
slipway-repo --repo repo app add A --no-passphrase > log 2>&1 || fail "app add"
slipway-repo --repo repo publish --app A one > log 2>&1 || fail publish
station
slipway-repo --repo repo publish --app A two > log 2>&1 || fail publish
old=$(content)
mend_sticky() { chown 12345 "$home/app/d" "$home/app/d/file" && chmod 755 "$home/app/d"; }
chown 0 "$home/app/d" "$home/app/d/file" && chmod 1777 "$home/app/d"
refused "a stranger's file in a sticky directory" "in a sticky directory" mend_sticky
chmod 555 "$home/app/d"
refused "a directory that can't be written to" "$home/app/d: want" chmod 755 "$home/app/d"
echo "$cases obstacles were found before anything was changed"
