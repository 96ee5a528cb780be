# SPDX-License-Identifier: ISC
# An environment that an attacker prepared has no effect on TLS or on our programs.  OpenSSL's configuration file would
# load the attacker's code and weaken the protocol, and the attacker's certificates would be trusted.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

compiler=$1

make_all
expect 0 cert2.log slipway-repo --repo "$REPO" cert new other
served=$(fingerprint "$REPO/certs/kernel.crt")
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"

# A library that leaves a mark when it is loaded.
cat > trap.c <<'C'
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void
mark(void)
{
	const char *name = getenv("TRAP_MARK");

	if (name != NULL)
		close(open(name, O_WRONLY | O_CREAT, 0600));
}
C
expect 0 cc.log "$compiler" -shared -fPIC -o trap.so trap.c
cat > openssl.cnf <<CONF
openssl_conf = init
[init]
providers = providers
ssl_conf = ssl
alg_section = algorithms
[providers]
trap = trap
[trap]
module = $WORK/trap.so
activate = 1
[algorithms]
default_properties = fips=yes
[ssl]
system_default = system
[system]
MinProtocol = TLSv1
MaxProtocol = TLSv1.2
CipherString = ALL:@SECLEVEL=0
Groups = P-384
CONF
export OPENSSL_CONF=$WORK/openssl.cnf OPENSSL_MODULES=$WORK OPENSSL_ENGINES=$WORK TRAP_MARK=$WORK/mark
export SSL_CERT_FILE=$REPO/certs/kernel.crt SSL_CERT_DIR=$REPO/certs

# The trap works.
openssl list -providers > trap.log 2>&1 || true
[ -f mark ] || fail "want OpenSSL's own program to load the trap" trap.log
rm mark

# unmarked PROGRAM FILE...: the program didn't load the library.
unmarked() {
	[ ! -e mark ] || fail "want the trap not loaded by $1" "${@:2}"
}

start_kernel

# client_settings CERT: what HI trusts, on a station that nobody enrolled.
client_settings() {
	mkdir -p client
	cat > client/machine.conf <<CONF
[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION]
DefaultApplication = $APP
[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client]
TLS_RequiredLevel = TLSPeerAuth
TLS_TrustedCerts = $1
CONF
}
client_settings "$REPO/certs/kernel.crt"
expect 0 hi.log env SLIPWAY_HOME="$WORK/client" hi --kernel "$kernel"
want hi.log "[TCP/IP][TLSv1.3 VERIFIED]" 0
want kernel.log "[TCP/IP][TLSv1.3]"

# A certificate that only the environment vouches for.
client_settings "$REPO/certs/other.crt"
expect 1 refused.log env SLIPWAY_HOME="$WORK/client" hi --kernel "$kernel"
want refused.log "not trusted" 0
wantno refused.log VERIFIED
unmarked "example-kernel or hi" kernel.log hi.log

# A file that the working directory chooses, which is in it: nobody is trusted, also not at a level without trust.
cp "$REPO/certs/kernel.crt" server.crt
client_settings "$REPO/certs/kernel.crt;server.crt"
expect 1 relative.log env SLIPWAY_HOME="$WORK/client" hi --kernel "$kernel"
want relative.log "TLS_TrustedCerts = $REPO/certs/kernel.crt;server.crt: want whole paths, got 'server.crt'" 0
wantno relative.log VERIFIED

# The other programs that work with keys and signatures.  The server was started before the trap: sshd is a program of
# the system and follows the configuration of the system's OpenSSL.
make_release "$WORK/release2" server.crt="$REPO/certs/kernel.crt" other.crt="$REPO/certs/other.crt"
expect 0 repo.log slipway-repo --repo "$REPO" publish --app "$APP" "$WORK/release2"
expect 0 new.log slipway-repo --repo "$REPO" cert new third
expect 0 check.log slipway-repo --repo "$REPO" cert check "$REPO/certs/third.pem" "$REPO/certs/third.crt"
expect 0 list.log slipway-repo cert list --connect "$kernel"
want list.log "$served" 0
expect 0 verify.log slipway-repo --repo "$REPO" verify
unmarked slipway-repo repo.log new.log check.log list.log verify.log
expect 0 run.log slipway run -- hi "/C$APP" --kernel "$kernel"
want run.log "applied release 2" 0
want run.log "[TCP/IP][TLSv1.3 VERIFIED]" 0
expect 0 whole.log slipway verify

# The station says what its programs will say.
K="HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client"
expect 0 set.log slipway settings set "$K" TLS_TrustedCerts server.crt
expect 0 set.log slipway settings set "$K" TLS_KeyFiles x
expect 0 status.log slipway status
want status.log "trusts        nothing from TLS_TrustedCerts: TLS_TrustedCerts = server.crt: want whole paths" 0
wantno status.log "TLS           $K: TLS_TrustedCerts"
rm "$STATION/state/$INSTALLATION/$APP/told.json"	# another day's first start
expect 0 again.log slipway run -- true
want again.log "$K: TLS_TrustedCerts = server.crt: want whole paths" 0
expect 0 again.log slipway run -- true
wantno again.log "want whole paths"	# once a day
expect 0 set.log slipway settings set "$K" TLS_KeyFile hi.pem
expect 0 status.log slipway status
want status.log "TLS           $K: TLS_KeyFile = hi.pem: want whole paths" 0
want status.log "TLS           no TLS setting is called TLS_KeyFiles ($K, $STATION/machine.conf)" 0
expect 0 set.log slipway settings delete "$K" TLS_RequiredLevel
expect 0 status.json slipway status --json
want status.json "TLS_RequiredLevel is not set in" 0
unmarked slipway run.log whole.log
expect 0 init.log slipway-tuf --metadata-dir "$WORK/trusted" init "$REPO/served/metadata/1.root.json"
expect 0 tuf.log slipway-tuf --metadata-dir "$WORK/trusted" --metadata-url "file://$REPO/served/metadata" refresh
unmarked slipway-tuf init.log tuf.log
