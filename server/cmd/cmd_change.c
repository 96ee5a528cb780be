/* SPDX-License-Identifier: ISC */
/* The commands that change a repository: their options, and a session's result at the terminal. */
#include "server/cmd/cmd_change.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/log.h"

/* Bytes of a report: a version for each role and a line for each new key. */
#define REPORT_MAX (64u * 1024)

/* A role that people renew is warned of when it has fewer days left. */
#define WARN_DAYS 30

const struct option cmd_change_options[] = {
	CMD_CHANGE_ROWS_TO(OPTION_TO(struct session, request), OPTION_TO(struct session, days),
	    OPTION_TO(struct session, p.file)),
	ROW_NO_DEPLOY(OPTION_TO(struct session, no_deploy)),
	OPTION_END,
};

static void
warn_expiry(const char *role, const struct tuf_common *c)
{
	int64_t left = c->expires - clock_wall();

	if (left <= 0)
		log_warn("%s has expired; stations refuse updates until its keys' holders renew it "
			 "(slipway-repo renew %s)",
		    role, role);
	else if (left < WARN_DAYS * DATE_DAY_SECONDS)
		log_warn("%s expires in %" PRId64
			 " days; its keys' holders must renew it (slipway-repo renew %s)",
		    role, left / DATE_DAY_SECONDS, role);
}

int
cmd_change_warn(const struct repo *r, struct err *e)
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

int
cmd_change_begin(const struct call *call, struct session *s, struct err *e)
{
	const char *repo = command_repo(call, e);

	s->r = NULL;
	s->ks = NULL;
	s->c = NULL;
	return repo == NULL || cmd_deploy_check(repo, s->no_deploy || s->request != NULL, e) == -1
	    ? -1
	    : session_begin(s, repo, call->command->name, e);
}

int
cmd_change_end(const struct call *call, struct session *s, int rc, const char *done, struct err *e)
{
	bool live = rc == 0 && s->done && s->request == NULL;

	session_end(s);
	return live ? cmd_deploy_after(call, done, s->no_deploy, e) : rc;
}

int
cmd_change_report(const struct session *s, const char *done, struct err *e)
{
	struct buf text = BUF_INIT(REPORT_MAX);
	int rc = session_report(s, done, &text, e);

	fputs(buf_text(&text), stdout);
	buf_free(&text);
	return rc;
}

int
cmd_change_finish(struct session *s, const char *done, struct err *e)
{
	return change_seal(s->c, true, e) == -1 || session_sign(s, e) == -1 ||
		session_write(s, e) == -1
	    ? -1
	    : cmd_change_report(s, done, e);
}
