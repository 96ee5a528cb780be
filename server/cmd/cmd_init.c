/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo init.
 */
#include <stdio.h>

#include "server/repo/audit_state.h"
#include "server/cmd/command.h"
#include "server/repo/repo.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

int
cmd_init(struct context *cx, int argc, char **argv)
{
	struct passphrases p = { NULL, false };
	const struct option options[] = {
		{ "passphrase-file", OPTION_TEXT, &p.file, 0, 0 },
		{ "no-passphrase", OPTION_FLAG, &p.none, 0, 0 },
	};
	struct err e;
	int status;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (p.none && p.file != NULL) {
		err_setx(&e, ERR_USAGE,
		    "init: --no-passphrase and --passphrase-file exclude each other");
		return command_failed(&e);
	}
	if (repo_init(argv[1], &p, &e) == -1 ||
	    audit_append_at(argv[1], "init", json_object(), &e) == -1)
		return command_failed(&e);
	printf("repository %s: root, targets, snapshot and timestamp signed, version 1\n", argv[1]);
	printf("private keys in %s/keys (%s); served files in %s/served\n", argv[1],
	    p.none ? "not encrypted" : "root and targets encrypted", argv[1]);
	return command_done(STATUS_OK);
}
