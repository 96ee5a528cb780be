# SPDX-License-Identifier: ISC
# The demo's steps with a station that runs Windows: its programs under wine, the settings in wine's registry, the
# update server a real sshd.  There is no Linux build here, so the release is published and the Kernel runs under wine,
# too.
#
# usage: windows.sh SLIPWAY_TLS.3 SETTINGS.MD FROM-D2000.MD, through scripts/as-user.sh with a build for Windows
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

# A separate wine prefix, which is removed afterwards.
export SLIPWAY_WINEPREFIX=$WORK/prefix
unset SLIPWAY_HOME
trap 'cleanup; tests/wine.sh --stop' EXIT
win() { tests/wine.sh "$@"; }
dos() { printf 'Z:%s' "${1//\//\\}"; }

# The functions that lib.sh calls by name.
mkdir bin
for program in slipway slipway-repo hi example-kernel; do
	printf '#!/bin/sh\nexec %s/tests/wine.sh %s/%s.exe "$@"\n' "$WORK" "$WORK" "$program" > "bin/$program"
	chmod +x "bin/$program"
done
hi=$(dos "$WORK/hi.exe")
settings="HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION"
client="$settings\\cfg_$APP\\TLS_Client"
server_settings="$settings\\cfg_$APP\\TLS_Server"

# wantreg KEY NAME TYPE TEXT: Windows' own tool prints exactly this line for a value.
wantreg() {
	local got
	win reg query "$1" /v "$2" > reg.log 2>&1 || fail "want $2 in $1" reg.log
	got=$(tr -d '\r' < reg.log | grep -F "    $2    ") || fail "want $2 in $1" reg.log
	[ "$got" = "    $2    $3    $4" ] || fail "want $2 of type $3 to be $4, got '$got'"
}

# setreg KEY NAME TEXT: somebody else changes a value.
setreg() {
	expect 0 reg.log win reg add "$1" /v "$2" /d "$3" /f
}

# shortcut STATUS TEXT WINDOW COMMAND...: slipwayw as a shortcut starts it, without console and streams, ends with this
# status. Wine prints what goes to the event log: this text ("" nothing); and that there is no display for a window,
# which "yes" wants of slipwayw.
shortcut() {
	local status=$1 text=$2 window=$3 thread
	shift 3
	expect "$status" shortcut.log env WINEDEBUG=-all,err+eventlog,warn+eventlog,err+winediag tests/wine.sh start.exe /wait \
		"$(dos "$WORK/slipwayw.exe")" "$@"
	thread=$(sed -nE 's/:(err|warn):eventlog:.*//p' shortcut.log | tail -n 1)
	if [ -n "$text" ]; then
		want shortcut.log "$text" 0
		[ "$window" = "$(grep -q "^$thread:err:winediag:.*CreateWindow" shortcut.log && echo yes || echo no)" ] ||
			fail "window: want $window" shortcut.log
	else
		wantno shortcut.log eventlog
	fi
}

# registered: how many clients the Kernel has had.
registered() {
	grep -c '^BACKEND - RegistrateProces' kernel.log
}

state() {
	{
		win reg query 'HKLM\SOFTWARE\Ipesoft' /s
		cd "$WORK"
		find "$appdata" installed -type f -exec sha256sum {} + | sort
	} | sha256sum
}

# serve on $port, or on a free one: sshd as slipway-repo serve starts it on Linux.
serve() {
	local try
	for try in 1 2 3 4 5 6; do
		port=${1:-$((20000 + RANDOM % 12000))}
		cat > sshd_config <<-CONF
			ListenAddress 127.0.0.1:$port
			HostKey $WORK/host
			AuthorizedKeysFile $REPO/ssh/authorized_keys
			PidFile none
			UsePAM no
			StrictModes no
			PasswordAuthentication no
			KbdInteractiveAuthentication no
			ForceCommand internal-sftp -R
			Subsystem sftp internal-sftp
		CONF
		background sshd.log /usr/sbin/sshd -D -e -f "$WORK/sshd_config"
		server=$job
		wantre sshd.log 'Server listening on|Bind to port .* failed' 15
		! grep -q 'Server listening on' sshd.log || break
		[ "$try" -lt 6 ] || fail "want a free port" sshd.log
		sleep 0.3
	done
	url="sftp://$(id -un)@127.0.0.1:$port$REPO/served"
}

verified() {
	want "$1" "CLIENT - Connection established to Slipway Kernel V"
	want "$1" "[TCP/IP][TLSv1.3 VERIFIED]."
}

run_hi() {
	expect 0 "$1" slipway run -- "$hi" "/C$APP" --kernel "$kernel"
	verified "$1"
}

# A repository and a server, both reached with paths of Linux; the station's key is one of its own.
make_repo
expect 1 no-server.log slipway-repo --repo "$REPO" serve
want no-server.log "an update server is OpenSSH on Linux"
make_login
ssh-keygen -q -t ed25519 -N '' -C '' -f host
hostkey=$(ssh-keygen -l -f host.pub | cut -d' ' -f2)
fingerprint_1=$(fingerprint "$REPO/certs/kernel.crt")
make_release release-1 server.crt="$REPO/certs/kernel.crt"
mkdir -p release-1/install/notes release-1/scripts/user installed
echo one > release-1/install/hi.ini
echo one > release-1/install/notes/one.txt
echo one > release-1/app/words.txt
cat > release-1/scripts/user/10-facts.lua <<LUA
set([[HKCU\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP]], "Facts", station.os .. " %InstallDir%")
LUA
publish release-1
serve

# 5. A station is enrolled.
enroll_windows() {
	slipway enroll "$url" --host-key "$hostkey" --root "$REPO/served/metadata/1.root.json" --key "$(dos "$WORK/login")" \
		--installation "$INSTALLATION" --app "$APP" --install-dir "$(dos "$WORK/installed")" \
		--app-dir "%AppData%\\$APP" --deadline 60 "$@"
}
expect 0 enroll.log enroll_windows
wantreg "HKLM\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP" AppDir REG_SZ "%AppData%\\$APP"
expect 1 again.log enroll_windows
want again.log "--force"
events='HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\slipway'
wantreg "$events" EventMessageFile REG_EXPAND_SZ '%SystemRoot%\System32\EventCreate.exe'
wantreg "$events" TypesSupported REG_DWORD 0x7

# 6. The Kernel.
mkdir kernel
cp "$REPO/certs/kernel.pem" kernel/server.pem
cp "$REPO/certs/kernel.crt" kernel/server.crt
setreg "$server_settings" TLS_KeyFile "$(dos "$WORK/kernel/server.pem")"
setreg "$server_settings" TLS_CertFile "$(dos "$WORK/kernel/server.crt")"
setreg "$server_settings" TLS_RequiredLevel TLSNoPeerAuth
start_kernel

# 7. The main job: fetch over SFTP, verify, run the script, apply, and start HI.
run_hi run-1.log
want run-1.log "applied release 1"
wantre kernel.log 'BACKEND - RegistrateProces request from [^ ]+\.HIP V.* \[TCP/IP\]\[TLSv1\.3\]\. ClientName: [^ ]+\.HIP'
wantreg "$client" TLS_RequiredLevel REG_SZ TLSPeerAuth
wantreg "$client" TLS_TrustedCerts REG_SZ "%AppData%\\$APP\\server.crt"
wantreg "$settings" DefaultApplication REG_SZ "$APP"
wantreg "HKCU\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP" Facts REG_SZ "windows $(dos "$WORK/installed")"
appdata=$(find prefix/drive_c/users -type d -path "*/AppData/Roaming/$APP")
cmp "$appdata/server.crt" "$REPO/certs/kernel.crt"
cmp installed/hi.ini release-1/install/hi.ini

# An administrator lets others write in a directory, which hands that down: a file made anew would be theirs to change,
# too.  Where the directory doesn't, the file is a fault.
chmod 777 installed/notes installed/notes/one.txt
expect 0 verify.log slipway verify
chmod 755 installed/notes
expect 3 verify.log slipway verify
want verify.log 'one.txt: another user owns it or may change it' 0
expect 0 verify.log slipway update --repair
expect 0 verify.log slipway verify

# The shortcuts that users click: made, read back, started by the shell, mended and taken back.
expect 0 wrap.log slipway wrap "$hi" --name 'COV HI' -- "/C$APP" --kernel "$kernel"
want wrap.log 'hi starts through '"'slipway run'"' for all users' 0
for place in 'ProgramData/Microsoft/Windows/Start Menu/Programs' users/Public/Desktop; do
	link="prefix/drive_c/$place/COV HI.lnk"
	tr -d '\0' < "$link" | grep -qaF "run -- $hi /C$APP --kernel $kernel" || fail "want the arguments in $link" wrap.log
done
before=$(registered)
expect 0 link.log win start.exe /wait 'C:\users\Public\Desktop\COV HI.lnk'
for _ in $(seq 100); do
	[ "$(registered)" -gt "$before" ] && break
	sleep 0.1
done
[ "$(registered)" -gt "$before" ] || fail "want HI started by the shortcut" link.log kernel.log
rm "$link"
expect 3 list.log slipway wrap --list
want list.log 'MISSING     C:\users\Public\Desktop\COV HI.lnk' 0
expect 0 wrap.log slipway wrap
[ -f "$link" ] || fail "want the shortcut again" wrap.log
expect 0 wrap.log slipway wrap --undo hi
[ -z "$(find prefix/drive_c -name 'COV HI.lnk*')" ] || fail "want no shortcut left" wrap.log
# What no start would hand to a batch file, no shortcut does.
echo 'exit /b 5' > kernel.bat
expect 1 wrap.log slipway wrap "$(dos "$WORK/kernel.bat")" -- 'a&b'
want wrap.log "got 'a&b'"
[ -z "$(find prefix/drive_c -name 'kernel.lnk')" ] || fail "want no shortcut that can't start" wrap.log
# Files are staged for this user alone, and have what their directory gives in their place: another user of this
# computer reads them, and the scripts for users.  (wine makes access lists of modes, and modes of access lists.)
kept=$(find prefix/drive_c -path '*/kept/*' -type f)
for file in "$appdata/server.crt" installed/hi.ini $kept; do
	[ $((0$(stat -c %a "$file") & 4)) -ne 0 ] || fail "want others to read $file, got mode $(stat -c %a "$file")"
done
[ -n "$kept" ] || fail "want the user's script kept"
# The program's arguments and exit code are its own.
expect 7 exit.log slipway run -- cmd.exe /c exit 7
expect 127 missing.log slipway run --app "$APP" --offline -- 'C:\nowhere\program.exe'
want missing.log "no such program"
# The same from a shortcut.  The user sees only a window when the program can't be started.
before=$(registered)
shortcut 0 "" no run -- "$hi" "/C$APP" --kernel "$kernel"
[ "$(registered)" -eq $((before + 1)) ] || fail "want HI registered" kernel.log
shortcut 7 "" no run -- cmd.exe /c exit 7
shortcut 127 "no such program" yes run --app "$APP" --offline -- 'C:\nowhere\program.exe'
# A line that was mistyped, and none: the window says so, whatever the command.
shortcut 2 "unknown option --ofline" yes run --ofline -- "$hi"
shortcut 2 "unknown option --ap" yes --ap "$APP" run -- "$hi"
shortcut 2 "there is no command 'rnu'" yes rnu -- "$hi"
shortcut 2 "want a command, got none" yes
# What it prints goes nowhere, which is no reason to crash.
shortcut 1 "standard output: " no --version

# A person's change of a setting stays.  Settings of another release, which came with the profile from another computer,
# make way, and so do those of a profile whose record stayed elsewhere.
user="HKCU\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP"
facts="windows $(dos "$WORK/installed")"
setreg "$user" Facts "a person's"
expect 0 roam.log slipway update
wantreg "$user" Facts REG_SZ "a person's"
setreg "HKCU\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP" Applied "ELSEWHERE 1"
expect 0 roam.log slipway update
wantreg "$user" Facts REG_SZ "$facts"
setreg "$user" Facts "another release's"
expect 0 roam.log slipway update
wantreg "$user" Facts REG_SZ "another release's"
rm -r "$(find prefix/drive_c/users -type d -path "*/AppData/Local/Slipway/$INSTALLATION/$APP/user")"
expect 0 roam.log slipway update
wantreg "$user" Facts REG_SZ "$facts"

# 8. Nothing new: HI starts without any target fetched.
mv "$REPO/served/targets" targets.away
run_hi run-2.log
want run-2.log "nothing new"
mv targets.away "$REPO/served/targets"

# 9. The certificate is replaced without one refused start.
background stay.log slipway run -- "$hi" "/C$APP" --kernel "$kernel" --stay
stay=$job
verified stay.log
expect 0 cert-2.log slipway-repo --repo "$REPO" cert new kernel-2
chmod 600 "$appdata/words.txt"	# somebody restricted it
make_release release-2 server.crt="$REPO/certs/kernel.crt" server-2.crt="$REPO/certs/kernel-2.crt"
echo two > release-2/app/words.txt
publish release-2
run_hi run-3.log
want run-3.log "applied release 2"
wantreg "$client" TLS_TrustedCerts REG_SZ "%AppData%\\$APP\\server.crt;%AppData%\\$APP\\server-2.crt"
[ ! -e installed/hi.ini ] || fail "want what release 2 hasn't removed"
cmp "$appdata/words.txt" release-2/app/words.txt
[ $((0$(stat -c %a "$appdata/words.txt") & 7)) -eq 0 ] || fail "want a replaced file's own access list kept"
cp "$REPO/certs/kernel-2.pem" kernel/server.pem.new
cp "$REPO/certs/kernel-2.crt" kernel/server.crt.new
mv kernel/server.pem.new kernel/server.pem
mv kernel/server.crt.new kernel/server.crt
run_hi run-4.log
make_release release-3 server-2.crt="$REPO/certs/kernel-2.crt"
publish release-3
run_hi run-5.log
want run-5.log "applied release 3"
[ ! -e "$appdata/server.crt" ] || fail "want the old certificate removed"
kill -0 "$stay" 2>/dev/null || fail "want the first connection to go on" stay.log
# A HI that trusts only the old certificate; verify finds the changed value.
cp "$REPO/certs/kernel.crt" old.crt
setreg "$client" TLS_TrustedCerts "$(dos "$WORK/old.crt")"
expect 1 refused.log hi "/C$APP" --kernel "$kernel"
wantno refused.log VERIFIED
flat refused.log > refused.flat
want refused.flat "$fingerprint_1"
want refused.flat "$(fingerprint "$REPO/certs/kernel-2.crt")"
expect 3 verify.log slipway verify
want verify.log TLS_TrustedCerts
expect 0 repair.log slipway update --repair
wantreg "$client" TLS_TrustedCerts REG_SZ "%AppData%\\$APP\\server-2.crt"
expect 0 verify.log slipway verify

# A directory instead of the server, once.
cp -R "$REPO/served" stick
expect 0 stick.log slipway update --from "$(dos "$WORK/stick")"
want stick.log 'nothing new' 0
expect 0 status.log slipway status
wantre status.log 'brought +at .* from file:///[A-Z]:/.*/stick' 0
expect 1 stick.log slipway update --from "$(dos "$WORK/nosuch")"
want stick.log nosuch 0

# 10. No update server: HI starts, and the message says why; then a tampered target.
before=$(state)
stop_server
begin=$SECONDS
run_hi run-6.log
[ $((SECONDS - begin)) -le 20 ] || fail "want HI at once when nothing listens there" run-6.log
wantre run-6.log 'slipway\[[0-9]+\]: (warn|error): '
[ "$(state)" = "$before" ] || fail "want the state as before" run-6.log
shortcut 0 "with release 3, applied earlier" no run -- "$hi" "/C$APP" --kernel "$kernel"
cp -R release-3 release-4
echo "the signed text" > release-4/app/note.txt
publish release-4
file=$(find "$REPO/served/targets" -name '*.note.txt')
good=$(sha256sum < "$file" | cut -c1-64)
sed -i s/signed/forged/ "$file"
bad=$(sha256sum < "$file" | cut -c1-64)
serve "$port"
run_hi run-7.log
want run-7.log note.txt
want run-7.log "$good"
want run-7.log "$bad"
[ "$(state)" = "$before" ] || fail "want nothing applied" run-7.log

# Rollback, and the station's status.
expect 0 rollback.log slipway rollback 2
wantreg "$client" TLS_TrustedCerts REG_SZ "%AppData%\\$APP\\server.crt;%AppData%\\$APP\\server-2.crt"
expect 0 status.log slipway status
want status.log "release       2, 4 files"
want status.log "files below   C:\\users\\$(id -un)\\AppData\\Roaming\\$APP"
expect 0 history.log slipway history

# The Kernel reads its level at each connection, and HI its own.
# level KERNEL HI STATUS FILE
level() {
	setreg "$server_settings" TLS_RequiredLevel "$1"
	setreg "$client" TLS_RequiredLevel "$2"
	expect "$3" "$4" hi "/C$APP" --kernel "$kernel"
}
level None None 0 level.log
want level.log "[TCP/IP]."
level TLSNoPeerAuth None 1 level.log
level None TLSNoPeerAuth 0 level.log
want level.log "[TCP/IP][TLSv1.3]."
level TLSPeerAuth TLSPeerAuth 1 level.log	# nobody is trusted yet
want kernel.log "Client refused: TLS_TrustedCerts is not set"
setreg "$server_settings" TLS_TrustedCerts "$(dos "$REPO/certs/kernel.crt")"
level TLSPeerAuth TLSPeerAuth 1 level.log
want kernel.log "the peer showed no certificate"
setreg "$client" TLS_KeyFile "$(dos "$REPO/certs/kernel.pem")"
setreg "$client" TLS_CertFile "$(dos "$REPO/certs/kernel.crt")"
level TLSPeerAuth TLSPeerAuth 0 level.log
verified level.log
want kernel.log "[TCP/IP][TLSv1.3 VERIFIED]"
level TLSPeerAut TLSPeerAuth 1 level.log
want kernel.log "TLSPeerAut'"

# The line of a batch file that the page on settings shows, and what the converter makes of it.
line=$(sed -n 's/^| `\.cmd` file.*| `\(.*\)` |$/\1/p' "$2")
stored=$(sed -n "s/^| key file .*| \`\(.*\)\` |\$/\1/p" "$2")
printf 'reg add "%s" /v Percent /t REG_SZ /d %s /f\r\n' "$client" "$line" > percent.cmd
expect 0 percent.log win cmd.exe /c "$(dos "$WORK/percent.cmd")"
wantreg "$client" Percent REG_SZ "$stored"
expect 0 percent.lua slipway script convert "$(dos "$WORK/percent.cmd")"
tr -d '\r' < percent.lua > unix.lua
expect 0 check.log slipway script check "$(dos "$WORK/unix.lua")"
want check.log "+ $client Percent = $stored" 0
expect 0 reg.log win reg delete "$client" /v Percent /f

# The reg add lines of the page for D2000's administrators, by Windows' own tools, with this Kernel's places.
sed -n '/^reg add/p' "$3" | sed "s|C:.COV_PB.config.tls.server.pem|\"$(dos "$WORK/kernel/server.pem" | sed 's/\\/&&/g')\"|
	s|C:.COV_PB.config.tls.server.crt|\"$(dos "$WORK/kernel/server.crt" | sed 's/\\/&&/g')\"|; s/\$/\r/" > page.cmd
[ "$(wc -l < page.cmd)" = 6 ] || fail "want 6 lines of reg add in the page" page.cmd
expect 0 reg.log win reg delete "$client" /f
expect 0 reg.log win reg delete "$server_settings" /f
expect 0 page.log win cmd.exe /c "$(dos "$WORK/page.cmd")"
wantreg "$client" TLS_TrustedCerts REG_SZ '%AppData%\server.crt'
cp kernel/server.crt "$(dirname "$appdata")/server.crt"
level None TLSPeerAuth 0 level.log
verified level.log

# A program of somebody else: the manual's example, built with what is in the zip for developers.
sed -n '/^#include <stdio/,/^\.Ed/p' "$1" | sed '/^\.Ed/d; s/\\e/\\/g' > example.c
expect 0 cc.log x86_64-w64-mingw32-gcc -Wall -Werror -Iinclude -o example.exe example.c -Llib -lslipway-tls
setreg "$server_settings" TLS_RequiredLevel TLSNoPeerAuth
expect 53 example.log win example.exe "$kernel"	# there is no DLL beside it
cp lib/libslipway-tls.dll .
expect 0 example.log win example.exe 127.0.0.1:1 "$kernel"
want example.log "[TCP/IP][TLSv1.3 VERIFIED] WELCOME Slipway Kernel"

# Names that programs of Windows may not open are told when they are published, and exactly on the station.
long=$(printf 'n%.0s' {1..120})
mkdir -p "release-4/install/$long"
echo long > "release-4/install/$long/$long"
expect 0 long.log slipway-repo --repo "$REPO" publish --app "$APP" release-4
want long.log "publish: 1 file with a path of over 200 characters, such as install/nnn"
expect 3 long.log slipway plan
want long.log "1 file with a path of over 259 characters"

# From here on wine has windows, which its null driver shows to nobody, and a drive that a person mapped: it takes the
# link for a share, and a drive for one of the network where its key says so.
win reg add 'HKCU\Software\Wine\Drivers' /v Graphics /d null /f > reg.log
mkdir -p prefix/dosdevices/unc/files.example/kept
ln -s unc/files.example/kept prefix/dosdevices/x:
win reg add 'HKLM\Software\Wine\Drives' /v x: /d network /f > reg.log
tests/wine.sh --end

# What the system has instead of the drive is written, and said.
enroll_drive() {
	slipway enroll file:///X:/repo --root "$REPO/served/metadata/1.root.json" --installation "$INSTALLATION" --app DRIVE \
		--allow-writable --no-check "$@"
}
expect 0 drive.log enroll_drive --install-dir 'X:\DRIVE' --app-dir 'C:\DRIVE'
want drive.log 'note: X:\DRIVE is written as \\files.example\kept\DRIVE'
drive="HKLM\\SOFTWARE\\Slipway\\$INSTALLATION\\DRIVE"
wantreg "$drive" InstallDir REG_SZ '\\files.example\kept\DRIVE'
wantreg "$drive" AppDir REG_SZ 'C:\DRIVE'
wantreg "$drive" Server REG_MULTI_SZ 'file://files.example/kept/repo'
expect 1 drive.log enroll_drive --force --install-dir 'Q:\DRIVE'
want drive.log 'Q:\DRIVE: want a drive that is there for the system'
wantreg "$drive" InstallDir REG_SZ '\\files.example\kept\DRIVE'

# The task of the guide.  (wine's scheduler runs once the prefix was started anew, and a little later.)
for try in 1 2 3 4 5 6 7 8; do
	expect 0 status.log slipway status --app "$APP"
	! grep -q '^task ' status.log || break
	sleep 0.5
done
want status.log "task          none"
want status.log "there is no task 'Slipway': only a start by an administrator updates this station"
want status.log "schtasks /create /f /tn Slipway /xml"
expect 0 task.log win schtasks /create /tn Slipway /xml "$(dos "$WORK/slipway-update.xml")"
expect 0 status.log slipway status --app "$APP"
want status.log "task          for the system, also on battery"
wantno status.log "the task 'Slipway'"
expect 0 status.log slipway status --app "$APP" --json
want status.log '"as_system": true'
slipway doctor --app "$APP" --offline > doctor.log 2>&1 || true
wantre doctor.log 'ok +task +for the system, also on battery'

# The window of a shortcut whose server doesn't answer: there after two seconds, and gone when the program starts.
expect 0 window.log win tests/test_window_windows.exe
want window.log "[       OK ] shown_and_gone"
stop_server
background silent.log python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listens", flush=True)
time.sleep(60)' "$port"
silent=$job
want silent.log listens
background waits.log tests/wine.sh start.exe /wait "$(dos "$WORK/slipwayw.exe")" run --app "$APP" --deadline 8 -- \
	"$(dos "$WORK/tests/test_window_windows.exe")" --none
waits=$job
expect 0 window.log win tests/test_window_windows.exe --find
want window.log "Slipway looks for a new release"
wait "$waits" || fail "want no window when the program starts, got status $?" waits.log window.log
kill "$silent"

# The console's code page is given back at the end and by Ctrl-C.
expect 0 page.log win tests/test_cmdline_windows.exe --console restore
[ "$(tr -d '\r' < page.log | tr '\n' ' ')" = "65001 852 " ] || fail "want the code page given back" page.log
expect 0 page.log win tests/test_cmdline_windows.exe --console again
[ "$(tr -d '\r' < page.log | tr '\n' ' ')" = "65001 852 65001 " ] || fail "want UTF-8 once more" page.log
expect 7 page.log win tests/test_cmdline_windows.exe --console break
want page.log "0: 852"

# The last enrolment takes away what all of them share, and the note beside this user's settings.
note="HKCU\\SOFTWARE\\Slipway\\$INSTALLATION\\$APP"
expect 0 unenroll.log slipway unenroll --app DRIVE --yes
expect 0 reg.log win reg query "$events"
expect 0 reg.log win reg query "$note" /v Applied
expect 0 unenroll.log slipway unenroll --app "$APP" --yes
expect 1 reg.log win reg query "$events"
expect 1 reg.log win reg query "$note"
