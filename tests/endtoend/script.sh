# SPDX-License-Identifier: ISC
# slipway script check, the scripts that people start from, and publish's check of scripts.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

scripts=$WORK/share/slipway/scripts	# as installed
T='HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB\cfg_COV_PB'

# Each script of the set, alone; the files of the release are facts.
echo '{"files": ["app/server.crt", "app/server-new.crt"]}' > facts.json
n=0
for f in "$scripts"/*.lua; do
	expect 0 "$(basename "$f").log" slipway script check "$f" --facts facts.json
	n=$((n + 1))
done
[ "$n" -eq 5 ] || fail "want five scripts, got $n"
want tls-client.lua.log "+ $T\\TLS_Client TLS_RequiredLevel = TLSPeerAuth" 0
want tls-client.lua.log "+ $T\\TLS_Client TLS_TrustedCerts = <AppDir>\\server.crt" 0
want tls-both-certificates.lua.log \
	"TLS_TrustedCerts = <AppDir>\\server.crt;<AppDir>\\server-new.crt" 0
want tls-remove.lua.log "- $T\\TLS_Client\\*" 0
want kernel-server.lua.log 'on windows:' 0
want kernel-server.lua.log "+ $T\\TLS_Server TLS_KeyFile = /etc/kernel/tls/kernel.pem" 0
want d2update-off.lua.log '+ HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB\Update Protocol = disabled' 0
expect 1 nofiles.log slipway script check "$scripts/tls-both-certificates.lua"
want nofiles.log 'tls-both-certificates.lua:22: app/server.crt is not in this release' 0

# Facts: present settings, and mistakes in the file of facts.
cat > facts.json <<'JSON'
{
	"station": {"os": "linux", "name": "ST9", "installation": "I", "application": "A"},
	"release": {"number": 12},
	"names": {"AppDir": "/srv/a"},
	"keys": ["hklm/software/ipesoft/I"],
	"settings": {"HKLM\\SOFTWARE\\Ipesoft\\I": {"same": "x", "other": "dword:3"}}
}
JSON
cat > facts.lua <<'LUA'
local key = [[HKLM\SOFTWARE\Ipesoft\I]]
set(key, "same", "x")
set(key, "other", get(key, "other") + 1)
set(key, "new", "%AppDir%/" .. station.name .. release.number)
log("a line")
LUA
expect 0 facts.log slipway script check facts.lua --facts facts.json
want facts.log '  HKLM\SOFTWARE\Ipesoft\I same = x' 0
want facts.log '- HKLM\SOFTWARE\Ipesoft\I other = dword:3' 0
want facts.log '+ HKLM\SOFTWARE\Ipesoft\I other = dword:4' 0
want facts.log '+ HKLM\SOFTWARE\Ipesoft\I new = /srv/a/ST912' 0
want facts.log 'facts.lua: a line' 0
while IFS='|' read -r json text; do
	echo "$json" > bad.json
	expect 1 bad.log slipway script check facts.lua --facts bad.json
	want bad.log "bad.json: $text" 0
done <<'BAD'
{"sttation": {}}|facts: file: unknown member 'sttation'
{"station": {"Name": "x"}}|facts: station: unknown member 'Name'
{"station": []}|facts: station: want an object
{"release": {"number": 0}}|facts: release: want a number
{"keys": ["HKXX/a"]}|facts: keys: key 'HKXX/a'
{"settings": {"HKLM/a": {"x": "dword:x"}}}|facts: settings: x
{"names": {"AppDir": 1}}|facts: AppDir: want a text
BAD
echo '{' > bad.json
expect 1 bad.log slipway script check facts.lua --facts bad.json
want bad.log 'bad.json: ' 0
expect 1 absent.log slipway script check nothing.lua
want absent.log 'nothing.lua' 0
expect 2 misuse.log slipway script
expect 2 misuse.log slipway script check
expect 2 misuse.log slipway script check a b
: > empty.lua
expect 0 empty.log slipway script check empty.lua
want empty.log 'nothing changes' 0

# The directory decides whether a script is for the machine or for a user.
mkdir -p rel/scripts/user rel/scripts/machine rel/app
echo 'set("HKCU/SOFTWARE/Ipesoft/I", "a", "x")' > rel/scripts/user/10.lua
expect 0 user.log slipway script check rel/scripts/user/10.lua
cp rel/scripts/user/10.lua rel/scripts/machine/10.lua
expect 1 user.log slipway script check rel/scripts/machine/10.lua
want user.log 'machine/10.lua:1: key HKCU\SOFTWARE\Ipesoft\I is not allowed' 0

# The hidden argument is of no use to people.
expect 2 child.log slipway --child script $$
expect 2 child.log slipway --child nothing $$

# publish runs them all, on each system, with the files of the release.
make_repo
expect 1 publish.log slipway-repo --repo "$REPO" publish --app "$APP" rel
want publish.log 'nothing published' 0
want publish.log 'scripts/machine/10.lua:1: key HKCU' 0
# shellcheck disable=SC2016
echo 'if station.os == "windows" then error("not here") end' > rel/scripts/machine/10.lua
expect 1 publish.log slipway-repo --repo "$REPO" publish --app "$APP" rel
want publish.log 'on windows: scripts/machine/10.lua:1: not here' 0
expect 0 publish.log slipway-repo --repo "$REPO" publish --app "$APP" rel --no-script-check
echo 'assert(file.exists("app/x") and not file.exists("app/y") and station.application == "COV_PB")' \
	> rel/scripts/machine/10.lua
: > rel/app/x
expect 0 publish.log slipway-repo --repo "$REPO" publish --app "$APP" rel

# reg add, reg delete and .reg files as scripts.
cat > tls.cmd <<'CMD'
@echo off
reg add "HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB\cfg_COV_PB\TLS_Client" /v TLS_RequiredLevel /t REG_SZ /d TLSPeerAuth /f
reg add HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB\cfg_COV_PB\TLS_Client /v TLS_TrustedCerts /d "%%AppData%%\a b.crt" /f >nul
CMD
expect 0 tls.lua slipway script convert tls.cmd
want tls.lua 'TLS_Client]], "TLS_TrustedCerts", "%%AppData%%\\a b.crt")' 0
expect 0 tls.log slipway script check tls.lua
want tls.log "+ $T\\TLS_Client TLS_TrustedCerts = %AppData%\\a b.crt" 0
expect 0 tls.log slipway script convert tls.cmd --out new.lua
cmp -s new.lua tls.lua || fail '--out writes another script'
echo mine > new.lua
expect 1 tls.log slipway script convert --out new.lua tls.cmd
[ "$(cat new.lua)" = mine ] || fail '--out replaced a file'
rm new.lua
printf '\r\nreg add HKLM\\SOFTWARE\\WOW6432Node\\Ipesoft\\I /v a /d b\r\n' >> tls.cmd
expect 3 tls.log slipway script convert tls.cmd --out new.lua
want tls.log 'tls.cmd:5: key ' 0
want tls.log 'write it as HKLM\SOFTWARE\Ipesoft\I' 0
want new.lua "-- line 5 isn't turned" 0
expect 0 tls.log slipway script check new.lua
expect 1 tls.log slipway script convert facts.lua
want tls.log 'facts.lua: want a .reg file' 0
expect 2 tls.log slipway script convert
slipway settings set "$T" a '%AppData%;100%'
slipway settings export "$T" a.reg
expect 0 a.lua slipway script convert a.reg
want a.lua '"%%AppData%%;100%%"' 0
expect 0 a.log slipway script check a.lua
want a.log "+ $T a = %AppData%;100%" 0
slipway settings delete "$T" a
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Ipesoft\\I]\n"a"="b"\n' > b.reg
expect 1 b.log slipway settings import b.reg
want b.log 'line 3: key ' 0
want b.log 'write it as HKLM\SOFTWARE\Ipesoft\I' 0

# Such a file as a script.
expect 1 tls.log slipway script check tls.cmd
want tls.log "tls.cmd:1: this is no Lua; 'slipway script convert' turns" 0
want tls.log 'line 2 is in Lua: set([[HKLM\SOFTWARE\Ipesoft\D2EXE_COV_PB\cfg_COV_PB\TLS_Client]], "TLS_RequiredLevel", "TLSPeerAuth")' 0
expect 1 a.log slipway script check a.reg
want a.log 'a.reg:1: this is no Lua' 0
want a.log "line 4 is in Lua: set([[$T]], \"a\", \"%%AppData%%;100%%\")" 0
cp tls.cmd rel/scripts/machine/10.lua
expect 1 publish.log slipway-repo --repo "$REPO" publish --app "$APP" rel
want publish.log 'scripts/machine/10.lua:1: this is no Lua' 0

# A TLS setting in each user's folder, for a file of the release: publish tells each time, with the line that is right.
mkdir -p user/scripts/machine user/app/tls
cp "$REPO/certs/kernel.crt" user/app/tls/server.crt
cp "$REPO/certs/kernel.crt" user/app/ca.crt
: > user/app/tls/ca.crt
cat > user/scripts/machine/10.lua <<LUA
set([[$T\\TLS_Client]], "TLS_TrustedCerts", "%AppDir%\\\\ca.crt;%%AppData%%\\\\$APP\\\\server.crt;%%Temp%%\\\\other.crt")
LUA
for number in 1 2; do
	echo "$number" > user/app/x
	expect 0 publish.log slipway-repo --repo "$REPO" publish --app "$APP" user
	want publish.log "publish: scripts/machine/10.lua: TLS_TrustedCerts: %AppData%\\$APP\\server.crt is in each user's own folder, and app/tls/server.crt goes to AppDir, one folder for all users of a station, unless the station has one for each; the right line is set([[" 0
	[ "$(grep -c ' warn: ' publish.log)" = 1 ] || fail 'want one warning' publish.log
	[ "$(grep -c 'each user' publish.log)" = 1 ] || fail 'want it told once' publish.log
done
# A station tells, too, where AppDir is another folder.
expect 0 enroll.log slipway enroll "file://$REPO/served" --root "$REPO/served/metadata/1.root.json" \
	--installation "$INSTALLATION" --app "$APP" --app-dir "$WORK/shared"
expect 0 update.log slipway update
want update.log "$WORK/shared: TLS_TrustedCerts: %AppData%\\$APP\\server.crt is in each user's own folder, and app/tls/server.crt goes to AppDir; the right line" 0
want update.log 'the right line is set([[' 0
sed -n 's/.*the right line is //p' publish.log > user/scripts/machine/10.lua
[ -s user/scripts/machine/10.lua ] || fail 'want the right line' publish.log
expect 0 publish.log slipway-repo --repo "$REPO" publish --app "$APP" user
wantno publish.log ' warn: '
expect 0 check.log slipway script check user/scripts/machine/10.lua
want check.log 'TLS_TrustedCerts = <AppDir>\ca.crt;<AppDir>\tls\server.crt;%Temp%\other.crt' 0
