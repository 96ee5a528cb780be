/* SPDX-License-Identifier: ISC */
/* slipway-tuf: a thin face on lib/tuf and the transport. */
#include <openssl/crypto.h>

#include "lib/os/process.h"
#include "lib/sftp/child.h"
#include "updater/cmd/command.h"

static int
run_tuf(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &sftp_child_role, NULL };

	/* As in main.c: a configuration of OpenSSL's would load code. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	child_main(roles, argc, argv);
	return tuf_main(argc, argv);
}

int
main(int argc, char **argv)
{
	return process_main(run_tuf, argc, argv);
}
