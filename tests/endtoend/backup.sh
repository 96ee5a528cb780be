# SPDX-License-Identifier: ISC
# "What to back up, and how it is restored", by the commands of docs/server.md: a repository is lost, restored, and
# publishes for a station that was enrolled before; a backup that is older than what the server serves; and a server
# that doesn't tell the truth.  PAGE
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"
page=$1
cd "$WORK"
repo() { slipway-repo --repo "$REPO" "$@"; }

# The indented lines below the heading.
mapfile -t lines < <(awk '/^## / { on = /^## What to back up/ } on && sub(/^    /, "")' "$page")
[ "${#lines[@]}" -eq 6 ] || fail "want 6 commands in the page, got ${#lines[@]}"
run_line() {
	local line=${lines[$1]}
	line=${line//COV_PB/$APP} line=${line//RELEASE_DIR/$WORK/release} line=${line//BACKUP/$WORK/backup}
	line=${line//REPO/$REPO}
	bash -euc "$line" > line.log 2>&1
}
line() { run_line "$1" || fail "want success: ${lines[$1]}" line.log; }
back_up() { line 0; }
restore() {
	rm -rf "$REPO"
	line 1
	line 2
}
release() { echo "$1" > release/app/note.txt; }
published() {
	release "$1"
	publish release
}
# updated NOTE: the station has it.
updated() {
	expect 0 update.log slipway update --app "$APP"
	[ "$(cat "$(find "$STATION/config" -name note.txt)")" = "$1" ] || fail "want the release of '$1'" update.log
}
# unchanged COMMAND...: refused, and repository and server are as they were.
unchanged() {
	local before
	before=$(find "$REPO/served" site -type f -exec sha256sum {} + | sort)
	expect 1 refused.log "$@"
	[ "$(find "$REPO/served" site -type f -exec sha256sum {} + | sort)" = "$before" ] ||
		fail "want nothing changed: $*" refused.log
	[ ! -e "$REPO/fetched" ] || fail "want nothing left" refused.log
}

make_repo
make_release release server.crt="$REPO/certs/kernel.crt"
mkdir -p site/metadata site/targets installed
expect 0 set.log repo deploy set "$WORK/site"
published first
expect 0 enroll.log slipway enroll "file://$WORK/site" --root "$REPO/served/metadata/1.root.json" \
	--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed"
updated first

# Lost after the backup, without a change in between.
back_up
[ "$(stat -c %a backup.tar.gz)" = 600 ] || fail "want a backup that nobody else can read"
restore
line 3
want line.log 'nothing to take over' 0
line 4
release second
line 5
updated second
expect 0 log repo log --verify

# The backup is older than what stations have seen: nothing is published under an old number.
published third
expect 0 rotate.log repo key rotate timestamp
published fourth
updated fourth
restore
release fifth
for command in "publish --app $APP $WORK/release" refresh "renew targets"; do
	# shellcheck disable=SC2086  # words
	unchanged repo $command
	want refused.log 'newer than what is here' 0
	want refused.log 'slipway-repo deploy fetch' 0
done
unchanged repo deploy
want refused.log 'slipway-repo deploy fetch' 0
expect 3 status.log repo status
expect 1 doctor.log repo doctor
want doctor.log 'serves something newer than what is here: slipway-repo deploy fetch' 0

# A server that doesn't tell the truth: a target's bytes, metadata that nobody signed, another repository.
cp -R site good
target=$(grep -l fourth -r site/targets | head -n 1)
echo third > "$target"
unchanged repo deploy fetch
want refused.log 'bytes, got 6' 0
printf %07d 0 > "$target"
unchanged repo deploy fetch
want refused.log 'has another hash' 0
rm "$target"
unchanged repo deploy fetch
rm -r site && cp -R good site
sed -i 's/"version": *[0-9]*/"version":77/' site/metadata/timestamp.json
unchanged repo deploy fetch
want refused.log "isn't right; nothing changed" 0
rm -r site && cp -R good site
sed -i 's/"repository": "../"repository": "ff/' site/metadata/slipway-served
unchanged repo deploy fetch
want refused.log 'another repository' 0
rm -r site && cp -R good site

# What no signed metadata names isn't fetched, whatever it is called.
odd=site/targets/$APP/install/$(printf '%064d' 0).odd
mkdir -p "${odd%/*}"
truncate -s 100M "$odd"
line 3
want line.log 'taken over from' 0
[ ! -e "$REPO/served${odd#site}" ] || fail "want nothing but what is named"
rm "$odd"
expect 0 log repo log
want log 'deploy fetch place=' 0
line 4
# A key that was made after the backup is gone; the page says what to do.
run_line 5 && fail "want no timestamp key" line.log
want line.log 'not enough private keys' 0
# shellcheck disable=SC2016  # the page's quotes
grep -qF '`slipway-repo key rotate snapshot timestamp`' "$page" || fail "want the command in the page"
expect 0 rotate.log repo key rotate snapshot timestamp
line 5
updated fifth
expect 0 log repo log --verify
expect 0 status.log repo status
line 3
want line.log 'nothing to take over' 0
