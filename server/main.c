/* SPDX-License-Identifier: ISC */
/* slipway-repo: the maintainer's side of Slipway. */
#include <openssl/crypto.h>

#include "server/cmd/command.h"
#include "lib/os/process.h"
#include "lib/script/runner.h"
#include "lib/sftp/child.h"

static int
run_server(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &script_child_role, &sftp_child_role,
		NULL };

	/*
	 * A configuration file of OpenSSL, which the environment may name, could load code and
	 * weaken OpenSSL's checks.
	 */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	child_main(roles, argc, argv);
	process_keep_secrets();
	return server_main(argc, argv);
}

int
main(int argc, char **argv)
{
	return process_main(run_server, argc, argv);
}
