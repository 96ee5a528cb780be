/* SPDX-License-Identifier: ISC */
/* slipway-repo init. */
#include <stdio.h>

#include "server/cmd/command.h"
#include "server/repo/repo.h"

struct options {
	struct passphrases p;
};

static int
run_repo_init(struct call *call, struct err *e)
{
	const struct passphrases *p = &((const struct options *)call->options)->p;
	const char *dir = call->argv[0];

	if (p->none && p->file != NULL)
		return err_setx(e, ERR_USAGE,
		    "init: --no-passphrase and --passphrase-file exclude each other");
	if (repo_init(dir, p, e) == -1)
		return -1;
	printf("repository %s: root, targets, snapshot and timestamp signed, version 1\n", dir);
	printf("private keys in %s/keys (%s); served files in %s/served\n", dir,
	    p->none ? "not encrypted" : "root and targets encrypted", dir);
	return CLI_OK;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	ROW_NO_PASSPHRASE(TO(p.none), "leave the root and targets keys unencrypted"),
	ROW_PASSPHRASE_FILE(TO(p.file)),
	OPTION_END,
};

const struct command cmd_init = { "init", run_repo_init, "[options] DIR", 1, 1,
	"make an empty repository with new keys", NULL, COMMAND_OPTIONS(options),
	.offers = OFFER_DIRECTORIES };
