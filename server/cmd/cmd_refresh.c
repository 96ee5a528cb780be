/* SPDX-License-Identifier: ISC */
/* slipway-repo refresh: what a timer runs, with the online keys only. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "server/cmd/cmd_change.h"
#include "server/repo/change_commit.h"

/* Days that a snapshot must have left; half of its term, so that a timer may fail for two weeks. */
#define SNAPSHOT_DAYS_DEFAULT (REPO_SNAPSHOT_DAYS / 2)

static void
warn_expiry(const char *role, const struct tuf_common *c)
{
	int64_t left = c->expires - clock_wall();

	if (left <= 0)
		log_warn(
		    "refresh: %s has expired; stations refuse updates until its keys' holders renew it",
		    role);
	else if (left < REPO_SNAPSHOT_DAYS * DATE_DAY_SECONDS)
		log_warn("refresh: %s expires in %" PRId64 " days; its keys' holders must renew it",
		    role, left / DATE_DAY_SECONDS);
}

/* Warns of roles that expire soon and that this command can't renew. */
static int
warn_others(const struct repo *r, struct err *e)
{
	warn_expiry(tuf_top_name(TUF_ROOT), &r->root->c);
	warn_expiry(tuf_top_name(TUF_TARGETS), &r->roles->c);
	for (size_t i = 0; i < r->roles->n; i++) {
		struct tuf_targets *t;
		int rc = repo_read_app(r, r->roles->delegations[i].name, &t, e);

		if (rc == -1)
			return -1;
		if (rc == 1)
			warn_expiry(r->roles->delegations[i].name, &t->c);
		targets_free(t);
	}
	return 0;
}

static int
refresh(struct session *s, int64_t days, struct err *e)
{
	bool due = s->r->snapshot->c.expires <= clock_wall() + days * DATE_DAY_SECONDS;

	if (warn_others(s->r, e) == -1 || change_refresh(s->c, s->ks, &s->p, due, e) == -1 ||
	    session_write(s, e) == -1)
		return -1;
	printf("refreshed: timestamp version %" PRId64, s->r->timestamp->c.version + 1);
	if (due)
		printf(", snapshot version %" PRId64, s->c->snapshot_version);
	printf("; good for %d days\n", REPO_TIMESTAMP_DAYS);
	return 0;
}

struct options {
	int64_t days;
};

static int
run(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct session s = { .p = { NULL, false } };
	int rc = -1;

	if (cmd_change_begin(call, &s, e) == 0)
		rc = refresh(&s, o->days, e);
	session_end(&s);
	return rc;
}

static const struct option options[] = {
	{ "snapshot-days", OPTION_NUMBER, OPTION_TO(struct options, days), "N",
	    "snapshot is due with fewer than N days left (default 15)", .min = 0,
	    .max = REPO_SNAPSHOT_DAYS },
	OPTION_END,
};

const struct command cmd_refresh = { "refresh", run, "[options]", 0, 0,
	"sign timestamp again, and snapshot when it is due", NULL, COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ SNAPSHOT_DAYS_DEFAULT } };
