/* SPDX-License-Identifier: ISC */
/* slipway-repo init. */
#include <stdio.h>

#include "lib/base/path.h"
#include "server/cmd/cmd_change.h"
#include "server/repo/repo.h"
#include "server/repo/share.h"

struct options {
	struct passphrases p;
	const char *group, *app;
};

static int
print_shared(const char *dir, const char *group, struct err *e)
{
	if (share_repo(dir, group, e) == -1)
		return err_context(e, "'slipway-repo init --shared %s %s' goes on", group, dir);
	printf("%s is shared with the group '%s': its members change it, each with private keys of "
	       "their own in %s/keys/ACCOUNT\n",
	    dir, group, dir);
	return CLI_OK;
}

static int
run_repo_init(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	const struct passphrases *p = &o->p;
	const char *dir = call->argv[0];
	uint32_t gid;

	if (p->none && p->file != NULL)
		return err_setx(e, ERR_USAGE,
		    "init: --no-passphrase and --passphrase-file exclude each other");
	if (o->group != NULL && share_check_group(o->group, &gid, e) == -1)
		return err_context(e, "--shared");
	if (o->app != NULL && application_check(o->app, e) == -1)
		return err_context(e, "--app");
	if (o->group != NULL && repo_is_here(dir)) {
		if (p->none || p->file != NULL || o->app != NULL)
			return err_setx(e, ERR_USAGE,
			    "init: %s has its keys already; --shared alone shares it", dir);
		return print_shared(dir, o->group, e);
	}
	if (repo_init(dir, p, e) == -1)
		return -1;
	printf("repository %s: root, targets, snapshot and timestamp signed, version 1\n", dir);
	printf("private keys in %s/keys (%s); served files in %s/served\n", dir,
	    p->none ? "not encrypted" : "root and targets encrypted", dir);
	((struct server_options *)call->global)->repo = dir;
	if (o->app != NULL && cmd_app_create(call, o->app, p, e) == -1)
		return err_context(e, "the repository is made; 'slipway-repo app add %s' goes on",
		    o->app);
	return o->group == NULL ? CLI_OK : print_shared(dir, o->group, e);
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	ROW_NO_PASSPHRASE(TO(p.none), "leave the root and targets keys unencrypted"),
	ROW_PASSPHRASE_FILE(TO(p.file)),
	{ "app", OPTION_TEXT, TO(app), "NAME", "with this application, as by 'app add'",
	    .offers = OFFER_NOTHING },
	{ "shared", OPTION_TEXT, TO(group), "GROUP",
	    "let the members of a group change it; also for a repository that is there",
	    .offers = OFFER_NOTHING },
	OPTION_END,
};

const struct command cmd_init = { "init", run_repo_init, "[options] DIR", 1, 1,
	"make an empty repository with new keys", NULL, COMMAND_OPTIONS(options),
	.offers = OFFER_DIRECTORIES };
