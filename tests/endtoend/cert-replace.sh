# SPDX-License-Identifier: ISC
# `cert replace` walks a pair of two Kernels from the old certificate to the new one and back, while stations connect
# all the time: one that updates at each start, and one that updates only when the maintainer asks whether every station
# has a release.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

repo() { slipway-repo --repo "$REPO" "$@"; }

make_all
cp "$REPO/certs/kernel.crt" first.crt
cat > hook.sh <<'SH'
#!/bin/sh
# Copies as scp would: to temporary names, then in place; the Kernel of the port in the file "refuses" is out of reach.
[ "$(cat refuses 2>/dev/null)" != "$SLIPWAY_KERNEL_PORT" ] || { echo "no route to $SLIPWAY_KERNEL" >&2; exit 7; }
dir=kernel-$SLIPWAY_KERNEL_PORT
(umask 077; cp "$SLIPWAY_KEY_FILE" "$dir/server.pem.part"; cp "$SLIPWAY_CERT_FILE" "$dir/server.crt.part")
mv "$dir/server.pem.part" "$dir/server.pem"
mv "$dir/server.crt.part" "$dir/server.crt"
echo "$SLIPWAY_KERNEL" >> hooks.log
SH
chmod +x hook.sh
kernels=()
for n in 1 2; do
	kernel_settings "$WORK/kernel/server.pem" "$WORK/kernel/server.crt"
	cp "$REPO/certs/kernel.pem" kernel/server.pem
	cp first.crt kernel/server.crt
	: > kernel.log
	mv kernel "start-$n"
	sed -i "s|$WORK/kernel/|$WORK/start-$n/|" "start-$n/machine.conf"
	background "kernel-$n.log" env SLIPWAY_HOME="$WORK/start-$n" example-kernel "/C$APP" \
		--installation "$INSTALLATION" --listen 127.0.0.1:0
	wantre "kernel-$n.log" 'listening on 127\.0\.0\.1:[0-9]+' 15
	kernels+=("$(sed -nE 's/.*listening on (127\.0\.0\.1:[0-9]+).*/\1/p' "kernel-$n.log" | head -n 1)")
	ln -s "start-$n" "kernel-${kernels[n - 1]##*:}"
done

# The stations.  They note each connection that isn't verified; the loops end with the file "stop".
expect 0 first.log slipway run -- hi "/C$APP" --kernel "${kernels[0]}"
want first.log '[TCP/IP][TLSv1.3 VERIFIED]'
cp -R station late-station
late() { env SLIPWAY_HOME="$WORK/late-station" "$@"; }
: > refused
connecting() {
	local n=0 k name=$1
	shift
	while [ ! -e stop ]; do
		for k in "${kernels[@]}"; do
			if "$@" hi "/C$APP" --kernel "$k" > "$name.log" 2>&1 && grep -qF 'TLSv1.3 VERIFIED]' "$name.log"; then
				n=$((n + 1))
			else
				{ echo "$name $k"; cat "$name.log"; } >> refused
			fi
		done
		echo "$n" > "$name.count.part"
		mv "$name.count.part" "$name.count"
	done
}
connecting updating slipway run -- & jobs_started+=("$!"); one=$!
connecting lagging env SLIPWAY_HOME="$WORK/late-station" & jobs_started+=("$!"); two=$!
# connected: each station has connected to each Kernel since now.
connected() {
	local name from
	for name in updating lagging; do
		from=$(cat "$name.count" 2>/dev/null || echo 0)
		for _ in $(seq 300); do
			[ "$(cat "$name.count" 2>/dev/null || echo 0)" -lt $((from + 2)) ] || break
			[ ! -s refused ] || break
			sleep 0.1
		done
		[ ! -s refused ] || fail "want no connection refused" refused
		[ "$(cat "$name.count")" -ge $((from + 2)) ] || fail "want the $name station to connect"
	done
}
# stands N: the status says that N is the next step, or that all is done, and changes nothing.
stands() {
	local before status=3
	[ "$1" != 7 ] || status=0
	before=$(cd "$REPO" && find . -type f -exec sha256sum {} + | sort)
	expect "$status" status.log repo cert status
	expect "$status" status.json repo cert status --json
	python3 - status.json "$1" <<-'END' || fail "want JSON of step $1" status.json
		import json, sys
		one, = json.load(open(sys.argv[1]))["replacements"]
		step = int(sys.argv[2])
		assert one["step"] == step % 7 and one["under_way"] == (step < 7) and one["name"] == "kernel"
		assert one["next"] == [0, "make", "trust-both", "wait", "install", "trust-new", "retire", "done"][step]
		assert all(k["serves"] in ("old", "new") for k in one["kernels"])
		END
	[ "$before" = "$(cd "$REPO" && find . -type f -exec sha256sum {} + | sort)" ] || fail "want status to change nothing"
	if [ "$1" = 7 ]; then want status.log finished 0; else wantre status.log "^  $1\. .* NEXT" 0; fi
}
replace() {
	local status=$1
	shift
	expect "$status" replace.log repo cert replace kernel "$@"
}
served() { # KERNEL-NUMBER CERT
	expect 0 served.log repo cert list --connect "${kernels[$1 - 1]}"
	grep -A2 '^Kernel' served.log | grep -qF "$(fingerprint "$2")" || fail "want Kernel $1 to serve $2" served.log
}
private() {
	local f
	for f in "$REPO"/certs/*.pem; do
		[ "$(stat -c %a "$f")" = 600 ] || fail "want $f to be private"
	done
	[ "$(stat -c %a "$REPO/certs")" = 700 ] || fail "want certs/ to be private"
}

expect 0 status.log repo cert status
want status.log 'no replacement under way' 0
expect 1 no.log repo cert replace missing
want no.log 'missing.crt: want the certificate that the Kernels serve now'
[ ! -e "$REPO/replace.json" ] || fail "want nothing begun"
expect 2 no.log repo cert replace ../kernel
replace 1 --undo
replace 1 --confirm

# 1. Make.
replace 0
cp "$REPO/certs/kernel.new.crt" undone.crt
stands 2
replace 1 --confirm
want replace.log 'nothing to wait for'
replace 0 --undo
[ ! -e "$REPO/certs/kernel.new.pem" ] || fail "want the new key gone"
expect 0 status.log repo cert status
replace 0 --type rsa2048 --days 100 --connect "${kernels[0]}" --connect "${kernels[1]}"
openssl x509 -in "$REPO/certs/kernel.new.crt" -noout -text > text.log
want text.log 'Public-Key: (2048 bit)'
[ "$(openssl x509 -in "$REPO/certs/kernel.new.crt" -noout -subject)" = "$(openssl x509 -in first.crt -noout -subject)" ] ||
	fail "want the subject of the old one"
cp "$REPO/certs/kernel.new.crt" second.crt
stands 2

# 2. Both.  publish refuses a release without them.
replace 0
want replace.log 'in your own release directory: cp'
stands 3
connected
expect 1 guard.log repo publish --app "$APP" "$WORK/release"
want guard.log "want a release in which stations trust the certificate to come of 'cert replace kernel'"
replace 0 --undo
stands 2
# A command to be pasted is one for the shell, whatever the repository is called.
ln -s "$REPO" "$WORK/a \$HOME repo"
REPO="$WORK/a \$HOME repo" replace 0
stands 3
eval "$(cd "$WORK/release" && sed -n 's/^in your own release directory: //p' "$WORK/replace.log" | sed "s|\([^ ]*\)$|$WORK/release/\1|")"
echo more > release/app/more.txt
publish release

# 3. Wait.  No step is taken without a confirmation or a date.
replace 3
stands 3
served 1 first.crt
replace 2 --after yesterday
replace 0 --after 2999-01-01
replace 3
replace 0 --undo
stands 3
replace 2 --after 2020-01-01
want replace.log 'want a date to come'
replace 2 --after "$(date -u +%F)"
stands 3
replace 0 --after 2999-01-01
sed -i 's/2999-01-01T/2020-01-01T/' "$REPO/replace.json"
stands 4
replace 0 --undo
expect 0 late.log late slipway update --app "$APP"
replace 0 --confirm
stands 4
replace 0 --undo
replace 0 --confirm
replace 0 --confirm

# 4. Install.  Without a hook the command prints the files to copy; one Kernel of two refuses.
replace 3
want replace.log "$REPO/certs/kernel.new.pem"
stands 4
echo "${kernels[1]##*:}" > refuses
replace 1 --hook "$WORK/hook.sh"
want replace.log 'the hook ended with status 7'
want replace.log '1 of 2 Kernels'
served 1 second.crt
served 2 first.crt
stands 4
connected
rm refuses
replace 0 --undo
served 1 first.crt
stands 4
replace 0
served 1 second.crt
served 2 second.crt
connected
[ "$(grep -c . hooks.log)" = 4 ] || fail "want each Kernel given what it lacked only" hooks.log
stands 5
# A Kernel that is out of reach doesn't count as serving the new pair.
replace 1 --connect "${kernels[0]}" --connect 127.0.0.1:1 --hook 'exit 1'
replace 0 --connect "${kernels[0]}" --connect "${kernels[1]}" --hook "$WORK/hook.sh"

# 5. Only the new one: the last command did this.  On the way back from here the stations come first.
stands 6
connected
replace 0 --undo
stands 3
replace 1 --undo
want replace.log 'stations that have a release without the old certificate would refuse it'
served 1 second.crt
replace 0 --confirm
replace 0 --undo
served 1 first.crt
served 2 first.crt
stands 4
connected
replace 0
stands 5
replace 0
stands 6
make_release lost server.crt=first.crt
echo new > lost/app/unstored
for how in --yes --dry-run; do
	expect 1 guard.log repo publish --app "$APP" lost "$how"
	want guard.log '--allow replacement publishes nevertheless'
done
[ -z "$(find "$REPO/served" -name '*.unstored')" ] || fail 'want nothing stored of a release that is refused'

# `cert new --force` doesn't replace a pair of the replacement.
sha256sum "$REPO"/certs/* > pairs
for name in kernel kernel.new kernel.old KERNEL.new; do
	expect 1 force.log repo cert new "$name" --force
	want force.log "a pair of 'cert replace kernel'"
	expect 1 force.log repo cert csr "$name" --force
done
expect 1 force.log repo cert new fine kernel --force
sha256sum -c --quiet pairs || fail "want the pairs as they were"
[ ! -e "$REPO/certs/fine.pem" ] || fail "want nothing made where one name is refused"

# 6. Retire.
replace 0
stands 7
{ cmp "$REPO/certs/kernel.crt" second.crt && cmp "$REPO/certs/kernel.old.crt" first.crt; } || fail "want the pairs in place"
expect 0 check.log repo cert check "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
replace 0
stands 7
replace 0 --undo
stands 6
cmp "$REPO/certs/kernel.crt" first.crt || fail "want the old pair back"
expect 0 check.log repo cert check "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
expect 0 check.log repo cert check "$REPO/certs/kernel.new.pem" "$REPO/certs/kernel.new.crt"
replace 0
stands 7
private
expect 0 late.log late slipway update --app "$APP"
connected

# A retired certificate doesn't come back: by an old directory, another name, a request, a second application.
comes_back() { # CERT: each of these ways is refused, and nothing changes
	local cert=$1 before
	before=$(cd "$REPO/served/metadata" && sha256sum -- *)
	make_release back server.crt=second.crt
	cat "$cert" > back/app/others.txt
	make_release old server.crt="$cert"
	cat second.crt >> old/app/server.crt
	for dir in back old; do
		expect 1 back.log repo publish --app "$APP" "$dir"
		want back.log "'cert replace kernel' has retired"
	done
	rm -f back.req
	expect 0 back.log repo publish --app "$APP" back --unsigned back.req
	expect 0 back.log repo sign back.req --yes
	expect 1 back.log repo publish --signed back.req back
	want back.log "'cert replace kernel' has retired"
	expect 1 back.log repo publish --app SECOND old
	want back.log "'cert replace kernel' has retired"
	# Refused before anybody is asked for a passphrase.
	mv "$REPO/keys" keys.away
	mkdir -m 700 "$REPO/keys"
	for key in keys.away/*.pem; do
		openssl pkcs8 -topk8 -in "$key" -passout pass:x -out "$REPO/keys/${key##*/}"
		chmod 600 "$REPO/keys/${key##*/}"
	done
	expect 1 back.log env -u SLIPWAY_PASSPHRASE slipway-repo --repo "$REPO" release withdraw 1 --app "$APP" \
		--allow ended --allow lost-files
	want back.log "cert replace kernel'"
	wantno back.log passphrase
	rm -r "$REPO/keys"
	mv keys.away "$REPO/keys"
	[ "$before" = "$(cd "$REPO/served/metadata" && sha256sum -- *)" ] || fail "want nothing published"
}
expect 0 second.log repo app add SECOND --no-passphrase
comes_back first.crt
expect 0 force.log repo cert new kept
cp "$REPO/certs/kept.pem" kept.pem
expect 0 force.log repo cert new kept --force
expect 0 force.log repo cert csr kept --force
cmp kept.pem "$REPO/certs/kept.old-1.pem" || fail "want what --force replaced"
[ -e "$REPO/certs/kept.old-1.crt" ] && [ -e "$REPO/certs/kept.old-2.pem" ] || fail "want both keys kept"
private
expect 0 list.log repo cert list
wantno list.log 'old-'

# Another replacement, with a pair that was made before, and with signatures of other machines.
expect 0 new.log repo cert new prepared --type ed25519
replace 0 --start --with prepared
cmp "$REPO/certs/kernel.new.crt" "$REPO/certs/prepared.crt" || fail "want the pair that was given"
mkdir elsewhere
mv "$REPO"/keys/"$APP".*.pem elsewhere
chmod 700 elsewhere
replace 1
want replace.log '--unsigned'
for end in 1 0; do
	replace 3 --unsigned "req-$end"
	expect 0 sign.log slipway-repo sign "req-$end" --keys elsewhere --yes
	expect 0 publish.log repo publish --signed "req-$end"
	[ "$end" = 1 ] || break
	stands 3
	expect 0 late.log late slipway update --app "$APP"
	replace 0 --confirm
	replace 0
	stands 5
done
stands 6
replace 0
stands 7
private
mv elsewhere/* "$REPO/keys/"
cp "$REPO/certs/kernel.crt" third.crt
cp second.crt retired-second.crt
cp third.crt second.crt
comes_back first.crt
comes_back retired-second.crt
expect 0 back.log repo publish --app "$APP" back --no-certificate-check
expect 0 log.log repo log --verify
expect 0 gc.log repo gc
expect 0 verify.log repo verify

touch stop
wait "$one" "$two"
[ ! -s refused ] || fail "want no connection refused" refused
echo "connections: $(cat updating.count) by a station that updates, $(cat lagging.count) by one that lags; none refused"
