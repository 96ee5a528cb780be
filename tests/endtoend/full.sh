# SPDX-License-Identifier: ISC
# Each program whose standard output is full says so and doesn't exit with 0.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

# full COMMAND...: exits with 1 and says why.
full() {
	local got=0
	"$@" > /dev/full 2> full.log || got=$?
	[ "$got" = 1 ] || fail "want exit status 1, got $got: $*" full.log
	want full.log 'standard output: No space left on device' 0
}
for program in slipway slipway-repo slipway-tuf hi example-kernel; do
	full "$program" --help
	full "$program" --version
done

make_repo
root=$REPO/served/metadata/1.root.json
full slipway-tuf --metadata-dir trusted init "$root"
expect 0 tuf.log slipway-tuf --metadata-dir trusted init "$root"
full slipway-tuf --metadata-dir trusted --metadata-url "file://$REPO/served/metadata" refresh
expect 0 tuf.log slipway-tuf --metadata-dir trusted --metadata-url "file://$REPO/served/metadata" refresh

# A Kernel that can't print its address serves, and fails at its end.
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
start_kernel
kill "$job"
wait "$job" || fail "want a Kernel that ends well" kernel.log
SLIPWAY_HOME=$WORK/kernel example-kernel "/C$APP" --installation "$INSTALLATION" --listen "$kernel" > /dev/full 2> full.log &
job=$!
jobs_started+=("$job")
for _ in $(seq 150); do
	(exec 3<> "/dev/tcp/${kernel%:*}/${kernel#*:}") 2> /dev/null && break
	[ -e "/proc/$job" ] || fail "want a Kernel that serves" full.log
	sleep 0.1
done
kill "$job"
got=0
wait "$job" || got=$?
[ "$got" = 1 ] || fail "example-kernel: want exit status 1, got $got" full.log
want full.log 'example-kernel: standard output: not everything could be written' 0
