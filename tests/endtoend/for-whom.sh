#!/bin/bash
# SPDX-License-Identifier: ISC
# As root, in a mount namespace of its own: an ordinary user who forgot sudo is asked for whom an enrolment is, and
# an enrolment that another one hides is told at each start, with the command that takes it away.
# shellcheck source=tests/endtoend/as-root.sh
. "$(dirname "$0")/as-root.sh"
chmod 755 "$work"
mkdir home other bin
chown 54321 home other
# The build tree may be where only root looks.
cp "$build/updater/slipway" bin
export PATH=$work/bin:$PATH

slipway-repo init repo --no-passphrase > log 2>&1 || fail init
slipway-repo --repo repo app add A --no-passphrase > log 2>&1 || fail "app add"
mkdir -p r/app
echo 1 > r/app/x.txt
slipway-repo --repo repo publish --app A r > log 2>&1 || fail publish
cp repo/served/metadata/1.root.json root.json
chmod 644 root.json

user=(setpriv --reuid 54321 --regid 54321 --clear-groups env -i "PATH=$work/bin:/usr/bin:/bin" "HOME=$work/home")
line=(enroll "file://$work/repo/served" --root "$work/root.json" --installation I --app A)
enroll() { "${user[@]}" slipway "${line[@]}" "$@" > log 2>&1; }	# ARG...
cat > terminal.py <<'PY'
import os, pty, subprocess, sys
ours, theirs = pty.openpty()
p = subprocess.Popen(sys.argv[2:], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
os.close(theirs)
os.write(ours, sys.argv[1].encode() + b"\n")
try:
    while data := os.read(ours, 65536):
        os.write(1, data)
except OSError:  # the end
    pass
sys.exit(p.wait())
PY
at_terminal() {	# ANSWER ARG...: as enroll, where a person answers
	python3 terminal.py "$1" "${user[@]}" slipway "${line[@]}" "${@:2}" > log 2>&1
}
none() { [ ! -e home/.config/slipway ] && [ ! -e home/.local/state/slipway ] || fail "want nothing enrolled: $1"; }
again() { rm -rf home/.config home/.local; }
sudo="for all users: sudo slipway enroll file://$work/repo/served --root $work/root.json --installation I --app A"

# A computer that nothing says is for all users: nobody is asked.
at_terminal no || fail "want an enrolment"
hasno 'yes or no'
again
# Nor where it is said, or where the directory is the user's.
mkdir /etc/slipway
for why in '/etc/slipway is there' "this user may not write in $work/none/deep"; do
	dir=()
	if [[ $why = this* ]]; then
		rmdir /etc/slipway
		dir=(--install-dir "$work/none/deep")
	fi
	if at_terminal no "${dir[@]}"; then fail "want no enrolment after 'no': $why"; fi
	has "$why"
	has "$sudo"
	has 'nothing was enrolled'
	none "$why"
	if at_terminal '' "${dir[@]}"; then fail "want no enrolment without an answer"; fi
	none 'no answer'
	at_terminal yes "${dir[@]}" || fail "want an enrolment after 'yes': $why"
	has 'enrolled I/A'
	again
	at_terminal no "${dir[@]}" --user || fail "want an enrolment with --user"
	hasno 'yes or no'
	again
	# Nobody there: as before, with a note.
	enroll "${dir[@]}" < /dev/null || fail "want an enrolment without a terminal"
	has "note: this enrolment is for the user 54321 alone, not for all users ($why)"
	has "$sudo"
	again
done
at_terminal no --install-dir "$work/home/i" || fail "want an enrolment in the user's own directory"
hasno 'yes or no'
if slipway "${line[@]}" --user > log 2>&1; then fail "want --user refused to root"; fi
has "root's enrolments are for all users"

# Then root enrols: the user's own is hidden, which each start, status and doctor tell.
slipway "${line[@]}" --app-dir "$work/lib/a" > log 2>&1 || fail "enrol as root"
hidden="your own enrolment of I/A in $work/home/.config/slipway/machine.conf counts for nothing, because this computer is a station for all users; take your own away: slipway unenroll --user"
for _ in 1 2; do
	"${user[@]}" slipway run --offline true > log 2>&1 || fail run
	has "warn: $hidden"
	[ "$(grep -c 'counts for nothing' log)" = 1 ] || fail 'want one line'
done
"${user[@]}" slipway status > log 2>&1 || fail status
has "hidden        $hidden"
"${user[@]}" slipway status --json > log 2> err || fail status
python3 -c 'import json, sys
h = json.load(open("log"))["hidden"]
assert h["enrolled"] == ["I/A"] and h["settings"].endswith("home/.config/slipway/machine.conf"), h
assert h["text"] == sys.argv[1], h' "$hidden" || fail 'want it in the JSON'
"${user[@]}" slipway doctor --offline > log 2>&1 || true
has "$hidden"
slipway run --offline true > log 2>&1 || fail run
hasno 'counts for nothing'
# No second one beside it.
if enroll --user; then fail "want --user refused on a station for all users"; fi
has "counts for nothing; 'slipway status' shows it"
if enroll; then fail "want root needed"; fi
has "enroll needs root, because this computer is a station for all users: sudo slipway enroll file://"
# The command that is told takes it away, and nothing of the station.
before=$(find etc/slipway lib -type f -exec sha256sum {} + | sort)
"${user[@]}" slipway unenroll --user --yes > log 2>&1 || fail unenroll
has 'I/A is no longer enrolled'
[ "$(find etc/slipway lib -type f -exec sha256sum {} + | sort)" = "$before" ] || fail "want the station as it was"
"${user[@]}" slipway run --offline true > log 2>&1 || fail run
hasno 'counts for nothing'
if slipway unenroll --user --yes > log 2>&1; then fail "want --user refused to root"; fi
has "root's enrolments are for all users"

# The login of a station is root's: a user is told so, and not that no server can be used.
ssh-keygen -q -t ed25519 -N '' -f login
slipway update > log 2>&1 || fail update
slipway enroll --change --no-check "sftp://nobody@127.0.0.1:1/x" --key login --host-key "SHA256:$(printf 'x%.0s' {1..42})A" \
	> log 2>&1 || fail change
"${user[@]}" slipway doctor > log 2>&1 || true
has "ok       servers       this user doesn't ask them"
hasno FAILURE
"${user[@]}" slipway doctor --offline > log 2>&1 || true
hasno FAILURE
if slipway doctor > log 2>&1; then fail "want root to ask the servers"; fi
has 'FAILURE  server        sftp://nobody@127.0.0.1:1/x'

# SLIPWAY_HOME hides that of the computer.
user+=("SLIPWAY_HOME=$work/other")
enroll < /dev/null || fail "want an enrolment in SLIPWAY_HOME"
hasno 'for all users'
"${user[@]}" slipway run --offline true > log 2>&1 || fail run
has 'warn: the enrolment of this computer in /etc/slipway/machine.conf counts for nothing, because SLIPWAY_HOME is set'
slipway unenroll --yes > log 2>&1 || fail unenroll
"${user[@]}" slipway run --offline true > log 2>&1 || fail run
hasno 'counts for nothing'
