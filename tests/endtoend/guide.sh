# SPDX-License-Identifier: ISC
# The commands of docs/tls-in-15-minutes.md that replace the certificate, with the output that the page shows.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_all
export SLIPWAY_REPO=$REPO
cp "$REPO/certs/kernel.crt" first.crt
mkdir -p kernel
cp "$REPO/certs/kernel.pem" kernel/kernel.pem
cp first.crt kernel/kernel.crt
kernel_settings "$WORK/kernel/kernel.pem" "$WORK/kernel/kernel.crt"
start_kernel

# The maintainer has ssh to the Kernel's machine, which is the same machine in this test.  A file in use is never
# written to.
mkdir shims
cat > shims/scp <<'SH'
#!/bin/sh
case $2 in
root@127.0.0.1:/opt/cov_pb/config/tls/*.new) exec cp "$1" "$KERNEL_DIR/${2##*/}" ;;
esac
echo "scp: $2: no such place" >&2
exit 1
SH
cat > shims/ssh <<'SH'
#!/bin/sh
[ "$1" = root@127.0.0.1 ] || exit 255
exec sh -c "$(printf %s "$2" | sed "s|/opt/cov_pb/config/tls|$KERNEL_DIR|")"
SH
chmod +x shims/scp shims/ssh
chmod 400 kernel/kernel.pem
export KERNEL_DIR=$WORK/kernel PATH=$WORK/shims:$PATH

awk '/^## / { on = /^## Replacing the certificate$/ } on' tests/tls-in-15-minutes.md |
	sed "s|kernel\\.example:3119|$kernel|g; s|~/|$WORK/|" > guide.md
sed -n '/^    #!\/bin\/sh$/,/^$/s/^    //p' guide.md > install-pair
chmod +x install-pair
mapfile -t lines < <(sed -n 's/^    \(slipway-repo .*\)/\1/p' guide.md)
[ "${#lines[@]}" = 7 ] || fail "want 7 commands in the guide, got ${#lines[@]}" guide.md
connect() {
	expect 0 hi.log slipway run -- hi "/C$APP" --kernel "$kernel"
	want hi.log '[TCP/IP][TLSv1.3 VERIFIED]' 0
}
connect
for line in "${lines[@]}"; do
	status=0
	[ "$line" != 'slipway-repo cert status' ] || status=3
	expect "$status" line.log bash -euc "$line"
	connect
	[ "$status" = 0 ] || tail -n +2 line.log > printed
done
# The output equals that of the guide, line for line.
sed -n 's/^    \(  *[1-6]\. \|  *127\|next: \|  *when every\|undo: \)/\1/p' guide.md > shown
diff shown printed > diff.log || fail "want the guide to show what is printed" diff.log
expect 0 status.log slipway-repo cert status
want status.log finished 0
[ "$(fingerprint kernel/kernel.crt)" != "$(fingerprint first.crt)" ] || fail "want another certificate served"
[ "$(fingerprint kernel/kernel.crt)" = "$(fingerprint "$REPO/certs/kernel.crt")" ] || fail "want the new certificate served"
[ "$(stat -c %a kernel/kernel.pem)" = 400 ] || fail "want the key's mode kept"
[ "$(ls kernel/kernel.*)" = "$(printf 'kernel/kernel.%s\n' crt pem)" ] || fail "want nothing left beside the pair"
