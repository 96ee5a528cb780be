# SPDX-License-Identifier: ISC
# Two applications of one installation at one station: the key of one doesn't reach the settings of the other.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

root="HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION"
slipway="HKLM\\SOFTWARE\\Slipway\\$INSTALLATION"
make_repo
expect 0 add.log slipway-repo --repo "$REPO" app add OTHER --no-passphrase
url=file://$REPO/served

# release APPLICATION LINE...: published with a script of these lines.
release() {
	local app=$1
	rm -rf r && mkdir -p r/scripts/machine
	shift
	printf '%s\n' "$@" > r/scripts/machine/10.lua
	expect 0 publish.log slipway-repo --repo "$REPO" publish --app "$app" r --allow no-trust
}

enroll() {
	expect 0 enroll.log slipway enroll "$url" --root "$REPO/served/metadata/1.root.json" \
		--installation "$INSTALLATION" --app "$1" "${@:2}"
}

# The only application may make itself the default, as releases of Slipway 0.1.0 did.
enroll "$APP" --on-error block
release "$APP" "set([[$root\\cfg_$APP\\TLS_Client]], 'TLS_RequiredLevel', 'TLSPeerAuth')" \
	"set([[$root]], 'DefaultApplication', '$APP')"
expect 0 update.log slipway update
enroll OTHER
before=$(cat station/machine.conf)

# The other reaches neither its settings nor the default, and a refusal names the setting that allows more.
for line in "set([[$root\\cfg_$APP\\TLS_Client]], 'TLS_RequiredLevel', 'None')" \
	"delete([[$root\\cfg_$APP]])" "delete([[$root]])" "set([[$root]], 'X', 1)" \
	"get([[$root\\cfg_$APP\\TLS_Client]], 'TLS_RequiredLevel')"; do
	release OTHER "$line"
	expect 1 refused.log slipway update --app OTHER
	want refused.log "ScriptKeys of $slipway\\OTHER can allow more" 0
done
release OTHER "set([[$root]], 'DefaultApplication', 'OTHER')"
expect 1 refused.log slipway update --app OTHER
want refused.log "DefaultApplication is for the application that the station has as its default" 0
release OTHER "set([[$root\\Update]], 'Protocol', 'disabled')"
expect 1 refused.log slipway update --app OTHER
want refused.log "Protocol is for the application that the station has as its default, to disabled" 0
[ "$(cat station/machine.conf)" = "$before" ] || fail "want the settings as they were" station/machine.conf
# The default switches D2Update off and on again, and "status" tells.
expect 0 status.log slipway status --app "$APP"
wantno status.log D2Update
expect 0 set.log slipway settings set "$root\\Update" FTPServer ftp.example
expect 0 status.log slipway status --app "$APP"
want status.log "D2Update is on ($root\\Update: Protocol is not set, which is FTP)" 0
expect 0 set.log slipway settings set "$root\\Update" Protocol SFTP
expect 0 status.log slipway status --app OTHER
want status.log "$root\\Update: Protocol is SFTP)" 0
level="set([[$root\\cfg_$APP\\TLS_Client]], 'TLS_RequiredLevel', 'TLSPeerAuth')"
release "$APP" "$level" "set([[$root\\Update]], 'Protocol', 'disabled')"
expect 0 update.log slipway update --app "$APP"
expect 0 status.log slipway status --app "$APP"
wantno status.log D2Update
expect 0 rollback.log slipway rollback --app "$APP"
want station/machine.conf 'Protocol = SFTP' 0
expect 0 set.log bash -c "$(sed -n 's/.*switch it off: //p' <(slipway status --app "$APP" 2>&1 >status.log))"
expect 0 status.log slipway status --app "$APP"
wantno status.log D2Update
# HI starts, with the first application as the default, whose OnError counts.
expect 0 run.log slipway run --app OTHER true
release "$APP" "set([[$root\\cfg_$APP\\TLS_Client]], 'TLS_RequiredLevel', 'TLSPeerAuth')" \
	"set([[$root]], 'DefaultApplication', 'OTHER')"
expect 1 run.log slipway run true
want run.log "OnError to block" 0
# The administrator allows more.
release OTHER "set([[$root\\cfg_$APP\\TLS_Client]], 'Extra', 'yes')"
expect 0 set.log slipway settings set "$slipway\\OTHER" ScriptKeys --type multi "$root"
expect 0 update.log slipway update --app OTHER
want station/machine.conf 'Extra = yes' 0

# A journal that somebody planted is not carried out, and the way out is named.
expect 0 enroll.log slipway settings delete "$slipway\\OTHER" ScriptKeys
expect 1 plant.log python3 - station/state/"$INSTALLATION"/OTHER <<'PY'
import hashlib, json, subprocess, sys
state = sys.argv[1]
record = json.load(open(f"{state}/applied.json"))
record["serial"] += 1
body = json.dumps({"roots": {}, "files": [], "dirs": [], "record": record,
                   "set": [{"key": "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "name": "x", "value": "evil"}]}).encode()
with open(f"{state}/journal", "wb") as f:
    f.write(b"slipway-journal 1 %d %s\n" % (len(body), hashlib.sha256(body).hexdigest().encode()) + body)
sys.exit(subprocess.run(["slipway", "update", "--app", "OTHER"], check=False).returncode)
PY
want plant.log "journal is not carried out" 0
want plant.log "'slipway update --repair' gives it up" 0
wantno station/machine.conf evil
expect 0 run.log slipway run --app OTHER true
release OTHER "set([[$root\\cfg_OTHER]], 'Own', 'yes')"
expect 0 repair.log slipway update --app OTHER --repair
wantno station/machine.conf evil
want station/machine.conf 'Own = yes' 0
echo "one application can't reach another"
