# SPDX-License-Identifier: ISC
# Places with odd names: each works from enrolment to HI's verified connection, or is refused at enrolment.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

make_repo
expect 0 cert2.log slipway-repo --repo "$REPO" cert new other
mkdir -p release/app release/install release/scripts/machine release/scripts/user
cp "$REPO/certs/kernel.crt" release/app/server.crt
cp "$REPO/certs/other.crt" release/install/other.crt
cat > release/scripts/machine/10.lua <<LUA
local client = [[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client]]
set(client, "TLS_RequiredLevel", "TLSPeerAuth")
set(client, "TLS_TrustedCerts", "%AppDir%\\\\server.crt;%InstallDir%/other.crt")
set(client, "Places", { "%AppDir%", "%InstallDir%" })
LUA
cat > release/scripts/user/10.lua <<LUA
set([[HKCU\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP]], "Home", "%UserProfile%")
LUA
publish release
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
start_kernel

# odd yes|no NAME [default]: an enrolment with all of its places below a directory of this name; as SLIPWAY_HOME, or
# (default) by HOME and the default AppDir.
odd() {
	local works=$1 base=$WORK/$2 dir got=0
	local -a how=("SLIPWAY_HOME=$base/station" "HOME=$base/home") places=()
	mkdir -p "$base/home"
	dir=${base//%/%%}	# names in an option's text are expanded
	if [ "${3-}" = default ]; then
		how=(-u SLIPWAY_HOME "HOME=$base/home")
	else
		places=(--app-dir "$dir/app")
	fi
	env "${how[@]}" slipway enroll "file://$REPO/served" --root "$REPO/served/metadata/1.root.json" \
		--installation "$INSTALLATION" --app "$APP" --install-dir "$dir/bin" "${places[@]}" > enroll.log 2>&1 || got=$?
	if [ "$works" = no ]; then
		[ "$got" -ne 0 ] || fail "want an enrolment in '$2' refused" enroll.log
		want enroll.log "Dir" 0
		[ -z "$(find "$base" -type f)" ] || fail "want nothing made in '$2'" enroll.log
		return 0
	fi
	[ "$got" -eq 0 ] || fail "want an enrolment in '$2'" enroll.log
	expect 0 run.log env "${how[@]}" slipway run -- hi "/C$APP" --kernel "$kernel"
	want run.log 'applied release 1' 0
	want run.log 'VERIFIED' 0
	cmp -s "$base/bin/other.crt" release/install/other.crt || fail "want a file in '$2'" run.log
	expect 0 verify.log env "${how[@]}" slipway verify
	expect 0 status.log env "${how[@]}" slipway status
	wantno status.log 'trusts        nothing'
	expect 0 again.log env "${how[@]}" slipway update --repair
	expect 0 again.log env "${how[@]}" slipway update
	want again.log 'nothing new' 0
}

for how in given default; do
	odd yes "a plain one/$how" "$how"
	odd yes "50%off/$how" "$how"
	odd yes "%AppData%/$how" "$how"
	odd yes "%%/$how" "$how"
	odd yes "a=b/$how" "$how"
	odd yes "\"quoted\"/$how" "$how"
	odd yes "#no comment/$how" "$how"
	odd yes " blanks /$how " "$how"
	odd yes "Kraków/$how" "$how"
	odd yes "it's \$HOME & [a] * ?/$how" "$how"
	odd no "a;b/$how" "$how"
	odd no "back\\slash/$how" "$how"
	odd no $'two\nlines/'"$how" "$how"
	odd no $'tab\there/'"$how" "$how"
	odd no $'latin\xe9/'"$how" "$how"
	odd no $'escape\e[31m/'"$how" "$how"
done
# Settings may lie anywhere, and what programs get is JSON all the same.
latin=(env "SLIPWAY_HOME=$WORK/"$'latin\xe9')
expect 0 enroll.log "${latin[@]}" slipway enroll "file://$REPO/served" --root "$REPO/served/metadata/1.root.json" \
	--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/plain/bin" --app-dir "$WORK/plain/app"
expect 0 set.log "${latin[@]}" slipway settings set --type expand \
	"HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client" TLS_TrustedCerts '%AppData%\none.crt'
expect 0 status.log "${latin[@]}" slipway status --json
python3 -c 'import json
s = json.load(open("status.log"))
assert s["settings"].endswith("/latin\\xe9/machine.conf") and s["certificates"][0]["error"], s' || fail "want JSON" status.log
echo "odd places work or are refused"
