# SPDX-License-Identifier: ISC
# The program starts: in time, with its process as it would be without Slipway, whatever stands in the way of the
# update.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

appdir=$STATION/config/$APP
state=$STATION/state/$INSTALLATION/$APP

make_repo
mkdir -p r1/app/tls r1/install r1/scripts/machine
echo one > r1/app/tls/server.crt
echo tool > r1/install/tool
dd if=/dev/zero of=r1/app/large bs=64k count=4 status=none
echo "set([[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP]], \"a\", \"b\")" > r1/scripts/machine/1.lua
publish r1
url=file://$REPO/served

# enrol [ARG...]: with a deadline of 2 seconds.
enrol() {
	slipway enroll "$url" --root "$REPO/served/metadata/1.root.json" --installation "$INSTALLATION" --app "$APP" \
		--install-dir "$WORK/installed" --deadline 2 --force "$@"
}

# HI in this test reports its start and the state of its process.
cat > hi.sh <<'HI'
#!/bin/bash
echo started > "${HI_OUT:?}"
HI
cat > process.sh <<'HI'
#!/bin/bash
exec 9> "${HI_OUT:?}"
{
	grep -E '^(Umask|Sig(Q|Pnd|Blk|Ign|Cgt)|ShdPnd|NoNewPrivs|Seccomp|CapEff):' /proc/self/status | grep -v SigQ
	cat /proc/self/limits
	for fd in 0 1 2; do
		if [ -e /proc/$$/fd/$fd ]; then readlink /proc/$$/fd/$fd; else echo "$fd closed"; fi
	done
	ls /proc/$$/fd
} >&9 2>&1
HI
chmod +x hi.sh process.sh

# starts LOG COMMAND...: HI starts within the 2 seconds, and many more for a slow machine that does other things.
starts() {
	local log=$1
	shift
	rm -f "$WORK/out"
	HI_OUT=$WORK/out timeout -k 1 25 "$@" < /dev/null > "$log" 2>&1 || fail "want an end with status 0: $*" "$log"
	[ -s "$WORK/out" ] || fail "want HI started: $*" "$log"
}
run() { slipway run --app "$APP" -- "$WORK/hi.sh"; }
export -f run
export APP WORK

# A network home that isn't mounted: links to nothing in the ways to state, settings and files.
expect 0 enroll.log enrol
mkdir -p "$STATION"
ln -s /nonexistent/mount "$STATION/state.gone"
mv "$STATION/state" "$STATION/state.kept"
ln -s /nonexistent/mount "$STATION/state"
starts nowhere.log bash -c run
want nowhere.log "is a symbolic link to nothing; is its disk mounted?" 0
expect 1 nowhere2.log timeout 25 slipway update --app "$APP"
expect 1 nowhere3.log timeout 25 bash -c "$(declare -f enrol); url=$url REPO=$REPO INSTALLATION=$INSTALLATION enrol"
rm "$STATION/state"
mv "$STATION/state.kept" "$STATION/state"
mkdir -p "$STATION/config"
ln -s /nonexistent/mount "$appdir"
starts nowhere4.log bash -c run
want nowhere4.log "is a symbolic link to nothing; is its disk mounted?" 0
rm "$appdir"
ln -s /nonexistent/mount/x "$WORK/installed"
starts nowhere5.log bash -c run
rm "$WORK/installed"
starts first.log bash -c run
want first.log "applied release 1" 0

# A file of 8 TB without content in the place of a file of the release, of one that is removed, of what is kept and
# staged:
# it is known by its size, and not read.
r() { # NUMBER: release files of that number
	echo "release $1" > r1/app/tls/server.crt
	head -c $((100000 + $1)) /dev/urandom > r1/app/large
	publish r1
}
echo away > r1/app/away
r 1
starts sparse0.log bash -c run
rm r1/app/away
r 2
for place in "$appdir/tls/server.crt" "$appdir/large" "$appdir/away"; do
	truncate -s 8T "$place" || truncate -s 1T "$place" || fail "want a file system with sparse files"
done
mkdir -p "$state/staging" "$state/kept"
for hash in $(find "$REPO/served/targets" -type f -printf '%f\n' | cut -d. -f1); do
	truncate -s 8T "$state/staging/$hash" "$state/kept/$hash" "$state/staging/$hash.part" || true
done
chmod 700 "$state/staging"
starts sparse.log bash -c run
want sparse.log "applied release" 0
want "$appdir/tls/server.crt" "release 2" 0
[ -n "$(find "$appdir" -name '*.changed-by-hand-*' -size +900G)" ] || fail "want the large files kept" sparse.log
expect 0 sparse-verify.log timeout 60 slipway verify
truncate -s 8T "$appdir/large"
expect 3 sparse-verify.log timeout 60 slipway verify
want sparse-verify.log "$appdir/large: was changed (want 100002 bytes, found " 0
rm -rf "$appdir/large" "$state"/kept/* "$state"/staging
find "$appdir" -name '*.changed-by-hand-*' -delete
expect 0 sparse-repair.log slipway update --repair

# A FIFO in the place of a file, without a writer.
for place in "$state/lock" "$state/applied.json" "$state/refreshed" "$state/servers.json" "$state/metadata/timestamp.json" \
	"$state/metadata/root.json" "$state/journal" "$state/journal.new" "$STATION/machine.conf" "$STATION/.machine.conf.lock" \
	"$appdir/large" "$appdir/tls/server.crt" "$REPO/served/metadata/timestamp.json"; do
	mv "$place" "$WORK/was" 2> fifo.err || true
	mkfifo "$place"
	starts fifo.log bash -c run
	timeout 60 slipway update --app "$APP" > fifo-update.log 2>&1 || [ $? -eq 1 ] || fail "want an end: $place" fifo-update.log
	rm -f "$place"
	[ ! -e "$WORK/was" ] || mv "$WORK/was" "$place"
done
expect 0 fifo-over.log slipway update --app "$APP"

# Another program holds the lock of the settings: nothing is changed before the lock is free, and HI starts in time.
echo "set([[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP]], \"a\", \"locked\")" > r1/scripts/machine/1.lua
r 3
exec 8> "$STATION/.machine.conf.lock"
flock 8
HI_OUT=$WORK/out-locked background locked.log timeout 60 bash -c run 8>&-
while kill -0 "$job" 2> kill.err; do
	[ ! -e "$state/journal" ] || fail "want no change before the settings are locked" locked.log
	sleep 0.02
done
want locked.log "machine.conf.lock" 0
want out-locked started 0
exec 8>&-
starts locked.log bash -c run
grep -q '^a = locked' "$STATION/machine.conf" || fail "want the release applied" locked.log

# Nobody reads the messages: a full pipe, a full socket, a terminal that is stopped.
cat > unread.py <<'PY'
import fcntl, os, pty, socket, subprocess, sys, termios
kind, argv = sys.argv[1], sys.argv[2:]
if kind == "pipe":
    keep, end = os.pipe()
elif kind == "socket":
    a, b = socket.socketpair()
    keep, end = a.detach(), b.detach()
else:
    keep, end = pty.openpty()
    if kind == "stopped":
        termios.tcflow(end, termios.TCOOFF)
flags = fcntl.fcntl(end, fcntl.F_GETFL)
fcntl.fcntl(end, fcntl.F_SETFL, flags | os.O_NONBLOCK)
try:
    while kind != "stopped" and os.write(end, b"x" * 4096) > 0:
        pass
except BlockingIOError:
    pass
try:
    while kind == "pipe" and os.write(end, b"x") > 0:
        pass
except BlockingIOError:
    pass
fcntl.fcntl(end, fcntl.F_SETFL, flags)
rc = subprocess.call(argv, stdin=subprocess.DEVNULL, stdout=end, stderr=end)
assert fcntl.fcntl(end, fcntl.F_GETFL) == flags, "a flag of the shared description changed"
sys.exit(rc)
PY
for kind in pipe socket full stopped; do
	echo "$kind" > r1/app/tls/server.crt
	publish r1
	starts "unread-$kind.log" python3 unread.py "$kind" slipway run --app "$APP" --progress=json -- "$WORK/hi.sh"
	want "$appdir/tls/server.crt" "$kind" 0
done

# Descriptors that are closed: no message gets into a file, and HI finds them closed.
for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
	echo "closed $closed" > r1/app/tls/server.crt
	publish r1
	rm -f plain out
	HI_OUT=$WORK/out bash -c "./process.sh $closed"
	mv out plain
	HI_OUT=$WORK/out bash -c "slipway run --app $APP -- ./process.sh $closed" 2>> closed.log
	cmp plain out || fail "want HI's process as without Slipway: $closed" plain out
	want "$appdir/tls/server.crt" "closed $closed" 0
	[ ! -s "$state/lock" ] || fail "want nothing written into the lock: $closed" "$state/lock"
	! grep -rlq 'slipway\[' "$STATION" || fail "want no message in the station's files: $closed"
done

# HI's process is as it would be without Slipway.
cat > odd.sh <<'ODD'
trap '' PIPE XFSZ USR1 CHLD
umask 0137
ulimit -S -n 77
ulimit -S -c 0
"$@"
ODD
for shell in env 'bash odd.sh'; do
	# shellcheck disable=SC2086  # a command and its arguments
	HI_OUT=$WORK/out $shell ./process.sh
	mv out plain
	# shellcheck disable=SC2086
	HI_OUT=$WORK/out $shell slipway run --app "$APP" -- ./process.sh 2>> shells.log
	cmp plain out || fail "want HI's process as without Slipway: $shell" plain out shells.log
done

# Limits end the update, never the start; without them the update is made.
n=0
for limit in '-f 0' '-f 1' '-f 8' '-f 100' '-n 3' '-n 4' '-n 5' '-n 6' '-n 8' '-n 12' '-u 1' '-u 0' '-v 24000' '-v 30000' '-v 40000' \
	'-v 60000' '-v 90000' '-d 1000' '-d 4000' '-d 12000' '-s 64' '-s 96' '-s 128' '-S -s 64' '-l 0' '-t 20'; do
	{ bash -c "ulimit $limit && HI_OUT=$WORK/out exec $WORK/hi.sh" > can.log 2>&1 || continue; } 2>> signals.log # HI itself can't run
	[ "$limit" = '-f 0' ] || [ -s "$WORK/out" ] || continue
	bash -c "ulimit $limit && exec slipway --version" > can.log 2>&1 || continue # nor can Slipway
	n=$((n + 1))
	echo "limit $n" > r1/app/tls/server.crt
	head -c $((200000 + n)) /dev/zero > r1/app/large
	publish r1
	if [ "$limit" = '-f 0' ]; then
		expect 0 limit.log timeout -k 1 25 bash -c "ulimit $limit; slipway run --app $APP -- true"
	else
		starts limit.log bash -c "ulimit $limit && exec slipway run --app $APP -- $WORK/hi.sh"
	fi
	expect 0 free.log slipway update --app "$APP"
	want "$appdir/tls/server.crt" "limit $n" 0
done
# AddressSanitizer itself runs under few limits of memory.
least=12
! grep -q __asan_init "$(command -v slipway)" || least=6
[ "$n" -ge "$least" ] || fail "want limits tried, got $n"
