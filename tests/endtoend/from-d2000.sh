# SPDX-License-Identifier: ISC
# docs/from-d2000.md as it is written: its commands, scripts and files in their order.
#
# usage: from-d2000.sh FROM-D2000.MD, through scripts/as-user.sh
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

page=$1
REPO=$HOME/repo
opt=$WORK/opt

# The page's blocks, one file each, in their order: NN.admin, .kernel, .station (a command), .shown (what it prints),
# .cmd, .lua, .ini.
mkdir blocks
python3 - "$page" <<'PY'
import re
import sys

n = 0


def put(kind, text):
    global n
    n += 1
    open(f"blocks/{n:02}.{kind}", "w").write(text)


for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", open(sys.argv[1]).read(), re.MULTILINE | re.DOTALL):
    if language:
        put(language, block)
    elif block.startswith("reg add "):
        put("cmd", block)
    else:
        for where, command, shown in re.findall(r"^(admin|kernel|station)[$#] ((?:.*\\\n)*.*\n)((?:(?!admin|kernel|station).*\n)*)",
                                                block, re.MULTILINE):
            put(where, command)
            if shown:
                put("shown", shown)
PY
[ "$(find blocks -name '*.admin' | wc -l)" = 21 ] || fail "want 21 commands of the administrator in the page, got $(ls blocks)"

# What is another machine in the page.
mkdir -p shims admin kernel "$opt/config/tls" station
cat > shims/scp <<SH
#!/bin/sh
for to; do :; done
[ "\$to" = root@kernel.example:/opt/cov_pb/config/tls/ ] && exec cp "\$1" "\$2" "$opt/config/tls/"
SH
printf '#!/bin/sh\n[ "$1" = d2000 ]\n' > shims/chown
chmod +x shims/*
export PATH=$WORK/shims:$PATH

# run STATUS FILE: the command, with the names of this test's machines.
run() {
	local command home=$STATION
	command=$(sed "s|kernel\\.example:3119|${kernel:-}|; s|sftp://slipway-sftp@updates\\.example/|$url|; s|SHA256:\\.\\.\\.|$hostkey|
		s|1\\.root\\.json|$REPO/served/metadata/1.root.json|; s|/etc/slipway/login|$WORK/login|
		s|/usr/share|$WORK/share|; s,^slipway-repo \\(init\\|app add\\).*,& --no-passphrase," "$2")
	[[ $2 != *.kernel ]] || home=$WORK/kernel
	# The shim of scp knows the path of the page.
	[[ $2 == *.admin ]] || command=${command//\/opt\/cov_pb/$opt}
	case $command in
	'openssl req '*) command="yes '' | $command" ;; # any answers will do
	slipway-repo\ serve)
		make_login
		start_server
		return
		;;
	export*)
		eval "$command"
		return
		;;
	esac
	(cd admin && SLIPWAY_HOME=$home expect "$1" ../run.log bash -euc "$command")
}

# connects TEXT: HI connects, and its log has this.
connects() {
	expect 0 hi.log slipway run -- hi "/C$APP" --kernel "$kernel"
	want hi.log "$1" 0
}

# same CMD LUA: both change the same settings.
same() {
	expect 0 converted.lua slipway script convert "$1"
	expect 0 converted.log slipway script check converted.lua
	expect 0 own.log slipway script check "$2"
	diff converted.log own.log > diff.log || fail "want $1 and $2 to change the same settings" diff.log
}

# A client as it was before, and D2Update, which is configured at the station.
mkdir plain
printf '[HKLM\\SOFTWARE\\Ipesoft\\%s\\cfg_%s\\TLS_Client]\nTLS_RequiredLevel = None\n' "$INSTALLATION" "$APP" > plain/machine.conf
expect 0 set.log slipway settings set "HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\Update" FTPServer ftp.example
for block in blocks/*; do
	case $block in
	*.cmd) cp "$block" admin/tls.cmd ;;
	*.ini)
		sed "s|/opt/cov_pb|$opt|" "$block" > kernel/machine.conf
		start_kernel
		;;
	*.lua)
		if grep -q TLS_Server "$block"; then
			same admin/tls.cmd "$block"
		else
			cp "$block" admin/release/scripts/machine/10-tls.lua
		fi
		;;
	*.shown) diff "$block" run.log > diff.log || fail "want the page to show what is printed" diff.log ;;
	*)
		status=0
		! grep -q 'cert status' "$block" || status=3
		run "$status" "$block"
		if grep -q 'slipway enroll' "$block"; then
			# At level None the Kernel takes clients without TLS.
			expect 0 plain.log env SLIPWAY_HOME="$WORK/plain" hi "/C$APP" --installation "$INSTALLATION" --kernel "$kernel"
			want plain.log '[TCP/IP].' 0
			expect 0 status.log slipway status
			want status.log 'D2Update is on' 0
		elif grep -q 'slipway run' "$block"; then
			cp run.log client.log
			cmp admin/server.crt "$STATION/config/$APP/server.crt"
			expect 0 status.log slipway status
			wantno status.log 'D2Update is on'
		elif grep -q 'cert replace' "$block"; then
			connects '[TCP/IP][TLSv1.3 VERIFIED].'
		fi
		;;
	esac
done
want "$STATION/machine.conf" 'Protocol = disabled' 0

# The lines of the logs, and no client without TLS any more.
grep -E '^    (CLIENT|BACKEND) - ' "$page" > lines
while read -r line; do
	log=client.log
	[[ $line == CLIENT* ]] || log=kernel.log
	wantre "$log" "^$(sed 's/[][().]/\\&/g; s/V…/V[^ ]+/; s/MyComp/[^ ]+/g' <<< "$line")\$"
done < lines
[ "$(wc -l < lines)" = 2 ] || fail "want two lines of logs in the page" lines
expect 1 plain.log env SLIPWAY_HOME="$WORK/plain" hi "/C$APP" --installation "$INSTALLATION" --kernel "$kernel"

# Two Kernels with a pair each.
two=$(sed -n 's/^- Two Kernels with a pair each: `\(.*\)`, and both.*/\1/p' "$page")
sed "s|\"%AppDir%.*\"|${two//\\/\\\\}|" admin/release/scripts/machine/10-tls.lua > two.lua
expect 0 two.log slipway script check two.lua
want two.log 'TLS_TrustedCerts = <AppDir>\server1.crt;<AppDir>\server2.crt' 0
