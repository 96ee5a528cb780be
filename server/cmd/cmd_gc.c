/* SPDX-License-Identifier: ISC */
/* slipway-repo gc. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/os/log.h"
#include "server/cmd/cmd_deploy.h"
#include "server/cmd/command.h"
#include "server/repo/gc.h"
#include "server/repo/session.h"

#define KEEP_MAX 1000000

static void
tell_fault(void *arg, const struct err *what)
{
	(void)arg;
	log_error("gc: %s", what->text);
}

static void
tell_file(void *arg, const char *path, bool goes)
{
	const struct gc *g = arg;

	if (!goes)
		log_warn("gc: %s: nothing names it, and it is not of slipway-repo; left alone",
		    path);
	else if (g->dry)
		printf("would remove %s\n", path);
}

struct options {
	int64_t days, keep;
	bool dry, now, no_deploy;
	struct option_list copies;
};

/* Collects in the repository, or in a copy of what it serves.  0 or -1. */
static int
collect_garbage(const struct options *o, struct repo *r, const char *copy, struct err *e)
{
	struct gc g = { .days = o->now ? 0 : o->days,
		.keep = o->now ? 1 : o->keep,
		.dry = o->dry,
		.each = tell_file,
		.fault = tell_fault,
		.arg = &g };
	int rc = copy == NULL ? gc_run(&g, r, e) : gc_copy(&g, r, copy, e);

	if (rc == 0)
		printf("%s %zu snapshot%s, %zu other metadata file%s, %zu targets' file%s; %" PRIu64
		       " bytes%s%s\n",
		    g.dry ? "would remove" : "removed", g.snapshots, cli_plural(g.snapshots),
		    g.metadata - g.snapshots, cli_plural(g.metadata - g.snapshots), g.targets,
		    cli_plural(g.targets), g.bytes, copy == NULL ? "" : " in ",
		    copy == NULL ? "" : copy);
	return rc;
}

static int
run_gc(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	const char *path = command_repo(call, e);
	struct repo *r = path == NULL ? NULL : session_lock(path, false, e);
	int rc;

	if (r == NULL)
		return -1;
	rc = collect_garbage(o, r, NULL, e);
	for (size_t i = 0; i < o->copies.n && rc == 0; i++)
		rc = collect_garbage(o, r, o->copies.values[i], e);
	repo_close(r);
	return rc == 0 && o->now && !o->dry ? cmd_deploy_now(call, o->no_deploy, e) : rc;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "keep-days", OPTION_NUMBER, TO(days), "N",
	    "keep snapshots that were current within N days (default 30)", .min = 0,
	    .max = KEEP_MAX },
	{ "keep", OPTION_NUMBER, TO(keep), "N",
	    "keep the N newest snapshots in any case (default 3)", .min = 1, .max = KEEP_MAX },
	{ "copy", OPTION_LIST, TO(copies), "DIR",
	    "remove the same files in this copy of served/, such as a server's; may be repeated",
	    .offers = OFFER_DIRECTORIES },
	{ "now", OPTION_FLAG, TO(now), NULL,
	    "keep only what is current, and remove the rest also there where 'deploy' goes" },
	ROW_NO_DEPLOY(TO(no_deploy)),
	{ "dry-run", OPTION_FLAG, TO(dry), NULL, "print what would be removed", .letter = 'n' },
	OPTION_END,
};

const struct command cmd_gc = { "gc", run_gc, "[options]", 0, 0,
	"remove the files that only old snapshots name, and those that nothing names", NULL,
	COMMAND_OPTIONS(options),
	.defaults =
	    &(const struct options){ .days = GC_KEEP_DAYS_DEFAULT, .keep = GC_KEEP_DEFAULT } };
