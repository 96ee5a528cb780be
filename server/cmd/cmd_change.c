/* SPDX-License-Identifier: ISC */
/* The commands that change a repository: their options, and a session's result at the terminal. */
#include "server/cmd/cmd_change.h"

#include <stdio.h>

/* Bytes of a report: a version for each role and a line for each new key. */
#define REPORT_MAX (64u * 1024)

const struct option cmd_change_options[] = {
	CMD_CHANGE_ROWS_TO(OPTION_TO(struct session, request), OPTION_TO(struct session, p.file)),
	OPTION_END,
};

int
cmd_change_begin(const struct call *call, struct session *s, struct err *e)
{
	const char *repo = command_repo(call, e);

	return repo == NULL ? -1 : session_begin(s, repo, call->command->name, e);
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
