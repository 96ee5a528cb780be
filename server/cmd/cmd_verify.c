/* SPDX-License-Identifier: ISC */
/* slipway-repo verify. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "server/cmd/command.h"
#include "server/repo/audit_change.h"
#include "server/repo/served.h"

/* Bytes of timestamp.json that are compared. */
#define STAMP_MAX (64u * 1024)

static void
log_fault(void *arg, const struct err *what)
{
	(void)arg;
	log_error("verify: %s", what->text);
}

static int
tell_extra(void *arg, const char *path, struct err *e)
{
	struct served *t = arg;

	err_setx(e, ERR_CONFLICT, "%s: nothing names it%s", path,
	    strncmp(path, "metadata/", 9) == 0 && strstr(path, ".root.json") != NULL
		? ", because the chain of roots ends before it"
		: " ('slipway-repo gc' removes what it knows)");
	t->faults++;
	log_fault(NULL, e);
	err_clear(e);
	return 0;
}

/* Checks the older snapshots. */
static int
older(struct served *t, struct err *e)
{
	const char *path;
	json_t *size;

	json_object_foreach (t->files, path, size) {
		int64_t version = served_version(path, "snapshot");

		/*
		 * A snapshot that is newer than the timestamp's was never published;
		 * served_extra() reports it.
		 */
		if (version != 0 && version < t->snapshot && served_snapshot(t, version, e) == -1)
			return -1;
	}
	return 0;
}

static int
walk_served(struct served *t, struct err *e)
{
	if (served_open(t, e) == -1 || served_roots(t, e) == -1)
		return -1;
	if (t->nroots == 0)
		return 0;
	if (served_current(t, e) == -1 || older(t, e) == -1)
		return -1;
	return served_extra(t, tell_extra, t, e);
}

/* Reads timestamp.json without a lock, so that a read-only repository can be verified. */
static int
read_stamp(struct repo *r, struct buf *out, struct err *e)
{
	return file_read(r->metadata, "timestamp.json", out, e);
}

static int
verify_repo(struct repo *r, struct served *t, struct err *e)
{
	struct buf before = BUF_INIT(STAMP_MAX), after = BUF_INIT(STAMP_MAX);
	int rc = -1;

	if (read_stamp(r, &before, e) == -1 || walk_served(t, e) == -1 ||
	    read_stamp(r, &after, e) == -1)
		goto out;
	if (before.len != after.len || memcmp(before.data, after.data, after.len) != 0)
		err_setx(e, ERR_BUSY,
		    "verify: the repository was changed meanwhile; verify it again");
	else
		rc = 0;
out:
	buf_free(&before);
	buf_free(&after);
	return rc;
}

static int
run_repo_verify(struct call *call, struct err *e)
{
	struct served t = { .fault = log_fault, .content = true, .now = clock_wall() };
	const char *path = command_repo(call, e);
	int rc = -1;

	if (path != NULL && (t.r = repo_open_unread(path, false, e)) != NULL &&
	    verify_repo(t.r, &t, e) == 0)
		rc = t.faults > 0 ? 0 : audit_change_look(t.r->top, e);
	if (rc == 0)
		printf("checked %" PRId64 " root%s, %zu metadata file%s with them, "
		       "%zu targets' file%s of %" PRIu64 " bytes: %zu fault%s\n",
		    t.nroots, cli_plural((uint64_t)t.nroots), t.metadata, cli_plural(t.metadata),
		    t.targets, cli_plural(t.targets), t.bytes, t.faults, cli_plural(t.faults));
	if (rc == 0 && t.faults > 0)
		rc = CLI_FAILED;
	served_close(&t);
	repo_close(t.r);
	return rc;
}

const struct command cmd_verify = { "verify", .run = run_repo_verify, "", 0, 0,
	"check every signature, hash and file of the repository" };
