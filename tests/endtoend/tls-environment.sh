# An environment that somebody else prepared changes nothing about TLS: OpenSSL's configuration file would load his code and
# weaken the protocol, and his certificates would be trusted.
# shellcheck shell=bash source=tests/endtoend/lib.sh
. "$(dirname "$0")/lib.sh"

compiler=$1

make_repo
expect 0 cert2.log slipway-repo --repo "$REPO" cert new other
kernel_settings "$REPO/certs/kernel.pem" "$REPO/certs/kernel.crt"

# What leaves a mark where it is loaded.
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
[providers]
trap = trap
[trap]
module = $WORK/trap.so
activate = 1
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

start_kernel

# client_settings CERT: what HI trusts.
client_settings() {
	mkdir -p "$SLIPWAY_HOME"
	cat > "$SLIPWAY_HOME/machine.conf" <<CONF
[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION]
DefaultApplication = $APP
[HKLM\\SOFTWARE\\Ipesoft\\$INSTALLATION\\cfg_$APP\\TLS_Client]
TLS_RequiredLevel = TLSPeerAuth
TLS_TrustedCerts = $1
CONF
}
client_settings "$REPO/certs/kernel.crt"
expect 0 hi.log hi --kernel "$kernel"
want hi.log "[TCP/IP][TLSv1.3 VERIFIED]" 0
want kernel.log "[TCP/IP][TLSv1.3]"

# A certificate that only the environment vouches for.
client_settings "$REPO/certs/other.crt"
expect 1 refused.log hi --kernel "$kernel"
want refused.log "not trusted" 0
wantno refused.log VERIFIED
[ ! -e mark ] || fail "want the trap not loaded" kernel.log hi.log
