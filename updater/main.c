/* SPDX-License-Identifier: ISC */
/* slipway: all of it is in a library, so that tests link what ships. */
#include <openssl/crypto.h>

#include "lib/os/process.h"
#include "lib/sftp/child.h"
#include "updater/cmd/command.h"
#include "lib/script/runner.h"

static int
run_updater(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &sftp_child_role, &script_child_role,
		NULL };

	/*
	 * A configuration of OpenSSL's, which the environment may name, would load code and weaken
	 * what we rely on.
	 */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	child_main(roles, argc, argv);
	process_keep_secrets();
	return slipway_main(argc, argv);
}

int
main(int argc, char **argv)
{
	return process_main(run_updater, argc, argv);
}
