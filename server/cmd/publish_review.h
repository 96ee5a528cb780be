/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_PUBLISH_REVIEW_H
#define SERVER_CMD_PUBLISH_REVIEW_H

/* What publish shows, asks and refuses before a release goes live. */
#include "server/cmd/command.h"
#include "server/repo/session.h"

struct publish_review {
	struct option_list allow;   /* words of guards */
	struct option_list kernels; /* to be judged: "HOST:PORT" */
	bool no_check;		    /* don't run scripts */
	bool no_guard;		    /* allow what "replacement" allows */
	bool yes, dry;
};

/* Checks the words.  Returns 0, or -1 with ERR_USAGE. */
int publish_review_check(const struct publish_review *o, struct err *e);

/*
 * Prints the difference of the next version of an application's role (its "signed" part; its files
 * are in dir, or NULL: in the repository) to the present one, refuses mistakes that aren't allowed,
 * and asks where a person is at the terminal.  Notes in s what was allowed.  Returns 0 or -1.
 */
int publish_review(const struct publish_review *o, struct session *s, const char *app,
    const json_t *body, struct dir *dir, struct err *e);

/* replace_trust_guard() of the change, whose files are in the repository.  Returns 0 or -1. */
int publish_review_trust(const struct publish_review *o, struct session *s, struct err *e);

#endif
