# SPDX-License-Identifier: ISC
# The beginning of the demo and of every end-to-end test; runs below scripts/as-user.sh.
# shellcheck shell=bash disable=SC2034,SC2119,SC2120  # variables and arguments are for the tests
set -euo pipefail
: "${WORK:?run this through scripts/as-user.sh}"

INSTALLATION=D2EXE_COV_PB
APP=COV_PB
REPO=$WORK/repo
STATION=$WORK/station
LIBCUT=$WORK/tests/libcut.so
export SLIPWAY_HOME=$STATION
jobs_started=()
job='' server='' url='' hostkey='' port='' kernel=''

cleanup() {
	local pid
	for pid in "${jobs_started[@]}"; do
		# Afterwards it would take away the SIGSTOP by which LeakSanitizer stops a process that ends.
		kill -CONT "$pid" 2>/dev/null || true
		kill "$pid" 2>/dev/null || true
	done
	for pid in "${jobs_started[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
}
trap cleanup EXIT

# fail TEXT [FILE...]: print the text and the files, and end.
fail() {
	local f
	echo "FAILED: $1" >&2
	shift
	for f in "$@"; do
		echo "--- $f" >&2
		cat -- "$f" >&2 || true
	done
	exit 1
}

# want FILE TEXT [SECONDS]: the file holds the text (exactly these characters) within the time.
want() {
	local n=$(( ${3:-5} * 10 ))
	while ! grep -qF -- "$2" "$1" 2>/dev/null; do
		[ "$n" -gt 0 ] || fail "want '$2' in $1" "$1"
		n=$((n - 1))
		sleep 0.1
	done
}

# wantre FILE REGEX [SECONDS]: the same with an extended regular expression.
wantre() {
	local n=$(( ${3:-5} * 10 ))
	while ! grep -qE -- "$2" "$1" 2>/dev/null; do
		[ "$n" -gt 0 ] || fail "want a line like /$2/ in $1" "$1"
		n=$((n - 1))
		sleep 0.1
	done
}

# wantno FILE TEXT: the file doesn't hold the text.
wantno() {
	! grep -qF -- "$2" "$1" || fail "want no '$2' in $1" "$1"
}

# expect STATUS FILE COMMAND...: run it, all output into FILE, and check its exit status.
expect() {
	local status=$1 file=$2 got=0
	shift 2
	"$@" > "$file" 2>&1 || got=$?
	[ "$got" -eq "$status" ] || fail "want exit status $status, got $got: $*" "$file"
}

# background FILE COMMAND...: start it with all output into FILE; its process is in $job.
background() {
	local file=$1
	shift
	: > "$file"	# before the start, so that nobody reads the output of an earlier process
	"$@" > "$file" 2>&1 &
	job=$!
	jobs_started+=("$job")
}

# stopped_when FILE COMMAND...: start it in the background, and wait until it stops itself before the first change of
# the disk that finds FILE.
stopped_when() {
	background stopped.log env STOP_WHEN="$1" LD_PRELOAD="$LIBCUT" "${@:2}"
	until grep -qs '^State:.T' "/proc/$job/status"; do
		[ -e "/proc/$job" ] || fail "want it stopped: ${*:2}" stopped.log
		sleep 0.05
	done
}

# Everything that an update may change: the station's settings and the application's files.  The trust metadata isn't
# part of this: a refresh may go forward without applying a release.
state() {
	(
		cd "$WORK"
		if [ -f station/machine.conf ]; then cat station/machine.conf; fi
		if [ -f station/user.conf ]; then cat station/user.conf; fi
		if [ -d station/config ]; then find station/config -type f -exec sha256sum {} + | sort; fi
		if [ -d installed ]; then find installed -type f -exec sha256sum {} + | sort; fi
	) | sha256sum
}

# The SHA-256 fingerprint of a certificate file, 64 lower-case digits.
fingerprint() {
	openssl x509 -in "$1" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f
}

# The output as lower-case text without colons, to look for fingerprints in either spelling.
flat() {
	tr -d ':' < "$1" | tr A-F a-f
}

make_repo() {
	expect 0 "$WORK/init.log" slipway-repo init "$REPO" --no-passphrase
	expect 0 "$WORK/add.log" slipway-repo --repo "$REPO" app add "$APP" --no-passphrase
	expect 0 "$WORK/cert.log" slipway-repo --repo "$REPO" cert new kernel
}

# make_release DIR NAME=CERT...: a release whose TLS_TrustedCerts names these files in $trusted_in, by default the
# default AppDir of each user.
make_release() {
	local dir=$1 trusted='' pair
	shift
	mkdir -p "$dir/app" "$dir/scripts/machine"
	for pair in "$@"; do
		cp -- "${pair#*=}" "$dir/app/${pair%%=*}"
		trusted+="${trusted:+;}${trusted_in:-%%AppData%%\\\\$APP}\\\\${pair%%=*}"
	done
	cat > "$dir/scripts/machine/10-tls.lua" <<LUA
local client = [[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client]]
set(client, "TLS_RequiredLevel", "TLSPeerAuth")
set([[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION]], "DefaultApplication", "$APP")
set(client, "TLS_TrustedCerts", "$trusted")
LUA
}

# publish DIR [OPTION...]
publish() {
	expect 0 "$WORK/publish.log" slipway-repo --repo "$REPO" publish --app "$APP" "$@"
}

start_server() {
	background "$WORK/serve.log" slipway-repo --repo "$REPO" serve "$@"
	server=$job
	wantre "$WORK/serve.log" 'sftp://[^ ]+' 15
	wantre "$WORK/serve.log" 'SHA256:[A-Za-z0-9+/]+' 15
	url=$(grep -oE 'sftp://[^ ]+' "$WORK/serve.log" | head -n 1)
	hostkey=$(grep -oE 'SHA256:[A-Za-z0-9+/=]+' "$WORK/serve.log" | head -n 1)
	port=$(sed -E 's|.*:([0-9]+)/.*|\1|' <<< "$url")
}

stop_server() {
	kill "$server"
	wait "$server" || true
}

make_login() {
	ssh-keygen -q -t ed25519 -N '' -C station -f "$WORK/login"
	mkdir -p "$REPO/ssh"
	cat "$WORK/login.pub" >> "$REPO/ssh/authorized_keys"
}

enroll() {
	slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" \
		--key "$WORK/login" --installation "$INSTALLATION" --app "$APP" \
		--install-dir "$WORK/installed" "$@"
}

# A repository with one release, a server, and an enrolled station.
make_all() {
	make_repo
	make_release "$WORK/release" server.crt="$REPO/certs/kernel.crt"
	make_login
	publish "$WORK/release"
	start_server
	mkdir -p "$WORK/installed"
	expect 0 "$WORK/enroll.log" enroll
}

# kernel_settings KEYFILE CERTFILE: the Kernel's own settings, on a machine of its own.
kernel_settings() {
	mkdir -p "$WORK/kernel"
	cat > "$WORK/kernel/machine.conf" <<CONF
[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Server]
TLS_KeyFile = $1
TLS_CertFile = $2
TLS_RequiredLevel = TLSNoPeerAuth
CONF
}

start_kernel() {
	background "$WORK/kernel.log" env SLIPWAY_HOME="$WORK/kernel" example-kernel "/C$APP" \
		--installation "$INSTALLATION" --listen 127.0.0.1:0
	wantre "$WORK/kernel.log" 'listening on 127\.0\.0\.1:[0-9]+' 15
	kernel=$(sed -nE 's/.*listening on (127\.0\.0\.1:[0-9]+).*/\1/p' "$WORK/kernel.log" | head -n 1)
}
