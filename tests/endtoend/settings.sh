# SPDX-License-Identifier: ISC
# slipway settings: the commands, and files of registries.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

s() {
	slipway settings "$@"
}
K='HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB'
conf=$STATION/machine.conf
mkdir -p "$STATION"
printf '# ours\n[HKLM\\SOFTWARE\\other]\nkept = 1\n' > "$conf"

expect 0 set.log s set "$K" TLS_TrustedCerts '%AppData%\COV_PB\server.crt'
want set.log "set $K TLS_TrustedCerts = %AppData%\\COV_PB\\server.crt" 0
expect 0 same.log s set 'hklm/software/ipesoft/d2exe_cov_pb' tls_trustedcerts '%AppData%\COV_PB\server.crt'
want same.log 'nothing changes' 0
expect 0 n.log s set "$K" Number --type dword 15
expect 0 m.log s set "$K" List --type multi one 'two|x'
expect 0 b.log s set "$K" Bytes --type binary 00ff
expect 0 e.log s set "$K\\Sub" Path --type expand '%AppData%\x'
expect 0 u.log s set HKCU/Software/x Mine -- --dashes

expect 0 get.log s get "$K" TLS_TrustedCerts
[ "$(cat get.log)" = '%AppData%\COV_PB\server.crt' ] || fail "want the raw text" get.log
expect 0 get.log s get --expand "$K\\Sub" Path
[ "$(cat get.log)" = "$STATION/config\\x" ] || fail "want the text expanded" get.log
expect 0 get.log s get "$K" List
[ "$(cat get.log)" = $'one\ntwo|x' ] || fail "want a line each" get.log
expect 1 absent.log s get "$K" Nothing
want absent.log Nothing 0
expect 0 list.log s list "$K"
want list.log "[$K\\Sub]" 0
want list.log 'Path = expand:%AppData%\x' 0
expect 1 nokey.log s list 'HKLM\SOFTWARE\nothing'
want nokey.log 'no such key' 0
expect 0 all.json s list --json
python3 - "$K" <<'PY' || fail "want JSON" all.json
import json, sys
j = json.load(open("all.json"))
assert j[sys.argv[1]]["Number"] == {"type": "dword", "value": 15}
assert j[sys.argv[1]]["List"]["value"] == ["one", "two|x"]
assert j["HKCU\\Software\\x"]["Mine"]["value"] == "--dashes"
PY

# Out to a .reg file and back.
cp "$conf" before.conf
expect 0 export.log s export "$K" out.reg
[ "$(head -c 2 out.reg | od -An -tx1 | tr -d ' ')" = fffe ] || fail "want UTF-16LE" out.reg
expect 0 utf8.reg s export --utf8 "$K"
want utf8.reg '[HKEY_LOCAL_MACHINE\SOFTWARE\Ipesoft\D2EXE_COV_PB]' 0
want utf8.reg '"Number"=dword:0000000f' 0
expect 0 delete.log s delete --tree "$K"
wantno "$conf" Number
want "$conf" '# ours' 0
expect 0 dry.log s import --dry-run out.reg
want dry.log "set $K Number = dword:15" 0
wantno "$conf" Number
expect 0 import.log s import out.reg
cmp before.conf "$conf" || fail "want the file as it was" "$conf" before.conf
expect 0 again.log s import utf8.reg
want again.log 'nothing changes' 0

# Bad input changes nothing.
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\y]\n"a"="1"\n"b"=hex(0):\n' > bad.reg
expect 1 bad.log s import bad.reg
want bad.log 'bad.reg: line 5: hex(0)' 0
expect 1 badtype.log s set "$K" x --type dword 4294967296
expect 2 badtype.log s set "$K" x --type float 1
want badtype.log float 0
expect 2 many.log s set "$K" x 1 2
expect 1 root.log s set HKCR/x y z
want root.log HKCR 0
expect 2 usage.log s
expect 2 usage.log s frobnicate
expect 2 usage.log s get "$K"
expect 2 usage.log s get --json "$K" x
expect 2 usage.log s delete "$K"
cmp before.conf "$conf" || fail "want nothing changed" "$conf"
echo rubbish >> "$conf"
expect 1 rubbish.log s set "$K" x 1
wantre rubbish.log 'machine\.conf.*line [0-9]+' 0
