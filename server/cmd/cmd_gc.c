/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo gc.
 */
#include <inttypes.h>
#include <stdio.h>

#include "server/repo/audit_state.h"
#include "lib/os/log.h"
#include "server/cmd/command.h"
#include "server/repo/gc.h"
#include "server/repo/session.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define KEEP_MAX 1000000

static void
tell_fault(void *arg, const struct err *what)
{
	(void)arg;
	log_error("gc: %s", what->text);
}

static void
tell_file(void *arg, const char *path, bool removed)
{
	const struct gc *g = arg;

	if (!removed)
		log_warn("gc: %s: nothing names it, and it is not of slipway-repo; left alone",
		    path);
	else if (g->dry)
		printf("would remove %s\n", path);
}

/* Also when it was cut short: what is gone is gone. */
static int
record(const struct gc *g, struct repo *r, struct err *e)
{
	if (g->dry || g->metadata + g->targets == 0)
		return 0;
	return audit_append(r->top, "gc",
	    json_pack("{s:I,s:I,s:I,s:I,s:I}", "keep", (json_int_t)g->keep, "keep-days",
		(json_int_t)g->days, "metadata", (json_int_t)g->metadata, "targets",
		(json_int_t)g->targets, "bytes", (json_int_t)g->bytes),
	    e);
}

int
cmd_gc(struct context *cx, int argc, char **argv)
{
	struct gc g = { .days = GC_KEEP_DAYS_DEFAULT,
		.keep = GC_KEEP_DEFAULT,
		.each = tell_file,
		.fault = tell_fault,
		.arg = &g };
	const struct option options[] = {
		{ "keep-days", OPTION_NUMBER, &g.days, 1, KEEP_MAX },
		{ "keep", OPTION_NUMBER, &g.keep, 1, KEEP_MAX },
		{ "dry-run", OPTION_FLAG, &g.dry, 0, 0 },
	};
	struct err e, unrecorded;
	const char *path;
	struct repo *r;
	int status, rc;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if ((path = command_repo(cx, &e)) == NULL || (r = session_lock(path, false, &e)) == NULL)
		return command_failed(&e);
	rc = gc_run(&g, r, &e);
	if (record(&g, r, &unrecorded) == -1) {
		if (rc == -1)
			command_failed(&e);
		e = unrecorded;
		rc = -1;
	}
	repo_close(r);
	if (rc == -1)
		return command_failed(&e);
	printf("%s %zu snapshots, %zu other metadata files, %zu targets' files; %" PRIu64
	       " bytes\n",
	    g.dry ? "would remove" : "removed", g.snapshots, g.metadata - g.snapshots, g.targets,
	    g.bytes);
	return command_done(STATUS_OK);
}
