# SPDX-License-Identifier: ISC
# One value with '%', '%%', ';' and a blank through each writer and reader that docs/settings.md names.
#
# usage: percent.sh SETTINGS.MD, through scripts/as-user.sh
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

page=$1
K="HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client"

# cell WRITER: what the page says is to be written there.
cell() {
	local text
	text=$(sed -n '/^### Who reads/,/^| read by/p' "$page" | grep -F "| $1 |" | sed 's/.*| `\(.*\)` |$/\1/')
	[ -n "$text" ] || fail "want a row of $1 in the page"
	printf '%s' "$text"
}
value=$(sed -n '/^### Who reads/,/^|/p' "$page" | tr '\n' ' ' | sed -n 's/.*stores `\([^`]*\)`.*/\1/p')
for part in '%' '%%' ';' ' '; do
	[[ $value == *"$part"* ]] || fail "want a value with '$part', got '$value'"
done

# stored WRITER: the value is there, and goes again.
stored() {
	[ "$(slipway settings get "$K" v)" = "$value" ] || fail "$1: want '$value', got '$(slipway settings get "$K" v)'"
	slipway settings delete "$K" v > delete.log
}

# asks WRITER SCRIPT: the script asks for the value.
asks() {
	expect 0 check.log slipway script check "$2"
	grep -qxF "+ $K v = $value" check.log || fail "$1: want '$value'" check.log "$2"
}

echo "set([[$K]], \"v\", $(cell 'Lua, `set()`'))" > v.lua
asks Lua v.lua
printf 'Windows Registry Editor Version 5.00\r\n\r\n[%s]\r\n"v"=%s\r\n' "$K" "$(cell '`.reg` file')" > v.reg
expect 0 import.log slipway settings import v.reg
stored .reg
expect 0 reg.lua slipway script convert v.reg
asks '.reg, converted' reg.lua
# Under wine, windows.sh lets cmd.exe run the line.
printf 'reg add "%s" /v v /d %s /f\r\n' "$K" "$(cell '`.cmd` file, `reg add ... /d`')" > v.cmd
expect 0 cmd.lua slipway script convert v.cmd
asks '.cmd, converted' cmd.lua
expect 0 shell.log bash -c "slipway settings set '$K' v $(cell 'PowerShell, POSIX shell')"
stored 'POSIX shell'
mkdir -p "$STATION"
printf '[%s]\nv = %s\n' "$K" "$(cell 'key file')" >> "$STATION/machine.conf"
stored 'key file'

# The readers.
folder=$STATION/config
slipway settings set "$K" v "$value" > set.log
[ "$(slipway settings get --expand "$K" v)" = "$folder\\a b;$folder\\100%.crt" ] || fail "want both names expanded"
make_repo
mkdir -p release/app "$folder" kernel
: > release/app/x
publish release
# enrol STATUS DIR
enrol() {
	expect "$1" enroll.log slipway enroll "file://$REPO/served" --root "$REPO/served/metadata/1.root.json" \
		--installation "$INSTALLATION" --app "$APP" --install-dir "$WORK/installed" --app-dir "$2"
}
enrol 1 "$value"
want enroll.log "want a path in UTF-8 without ';'" 0
unix=${value/;%AppData%\\/,}
enrol 0 "${unix//\\//}"
[ "$(slipway settings get "HKLM\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP" AppDir)" = "${unix//\\//}" ] ||
	fail 'want AppDir kept as it was written'
expect 0 update.log slipway update
[ -f "$folder/a b,100%.crt/x" ] || fail "want AppDir '$folder/a b,100%.crt'" update.log

# Another certificate in the first file, the Kernel's in the second one.
expect 0 cert.log slipway-repo --repo "$REPO" cert new other
cp "$REPO/certs/other.crt" "$folder/a b"
cp "$REPO/certs/kernel.crt" "$folder/100%.crt"
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"
start_kernel
slipway settings set "$K" TLS_RequiredLevel TLSPeerAuth > set.log
slipway settings set "$K" TLS_TrustedCerts "$value" > set.log
expect 0 hi.log hi "/C$APP" --installation "$INSTALLATION" --kernel "$kernel"
want hi.log '[TCP/IP][TLSv1.3 VERIFIED]' 0
rm "$folder/a b"
expect 0 hi.log hi "/C$APP" --installation "$INSTALLATION" --kernel "$kernel"
want hi.log "TLS_TrustedCerts: $folder/a b: No such file" 0
