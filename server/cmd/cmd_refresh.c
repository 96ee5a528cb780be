/* SPDX-License-Identifier: ISC */
/* slipway-repo refresh: for a timer, with the online keys only. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "server/cmd/cmd_change.h"
#include "server/repo/change_commit.h"

/* Days that a snapshot keeps at least: half of its term, so that a timer may fail for two weeks. */
#define SNAPSHOT_DAYS_DEFAULT (REPO_SNAPSHOT_DAYS / 2)

struct options {
	int64_t left; /* days; a snapshot that has fewer left is renewed */
	int64_t days;
	bool no_deploy;
};

static int
refresh_repo(struct session *s, const struct options *o, struct err *e)
{
	bool due =
	    o->days != 0 || s->r->snapshot->c.expires <= clock_wall() + o->left * DATE_DAY_SECONDS;

	s->c->online_days = o->days;
	if (cmd_change_warn(s->r, e) == -1 || change_refresh(s->c, s->ks, &s->p, due, e) == -1 ||
	    session_write(s, e) == -1)
		return -1;
	printf("refreshed: timestamp version %" PRId64, s->r->timestamp->c.version + 1);
	if (due)
		printf(", snapshot version %" PRId64, s->c->snapshot_version);
	printf("; good for %" PRId64 " days\n", o->days != 0 ? o->days : REPO_TIMESTAMP_DAYS);
	return 0;
}

static int
run_repo_refresh(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct session s = { .p = { NULL, false }, .no_deploy = o->no_deploy };
	int rc = -1;

	if (cmd_change_begin(call, &s, e) == 0)
		rc = refresh_repo(&s, o, e);
	return cmd_change_end(call, &s, rc, "refreshed", e);
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "snapshot-days", OPTION_NUMBER, TO(left), "N",
	    "snapshot is due with fewer than N days left (default 15)", .min = 0,
	    .max = REPO_SNAPSHOT_DAYS },
	ROW_ROLE_DAYS(TO(days), "both are signed, valid from now on (default 30)"),
	ROW_NO_DEPLOY(TO(no_deploy)),
	OPTION_END,
};

const struct command cmd_refresh = { "refresh", run_repo_refresh, "[options]", 0, 0,
	"sign timestamp again, and snapshot when it is due", NULL, COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ .left = SNAPSHOT_DAYS_DEFAULT } };
