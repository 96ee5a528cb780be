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
	bool older; /* an older release comes back: it may have fewer files */
};

/* Rows of options that show, ask and refuse; each argument is OPTION_TO(). */
#define PUBLISH_REVIEW_ROWS(allow, kernels, yes, dry) \
	OPTION_ROW("allow", OPTION_LIST, allow, "WORD", \
	    "publish in spite of a mistake, and record it; may be repeated; the words are above", \
	    .max = 32, .offers = OFFER_NOTHING), \
	    ROW_CONNECT(kernels, \
		"refuse the release where stations would refuse this Kernel; may be repeated"), \
	    OPTION_ROW("yes", OPTION_FLAG, yes, NULL, "show the difference, but don't ask", \
		.letter = 'y'), \
	    OPTION_ROW("dry-run", OPTION_FLAG, dry, NULL, \
		"show the difference to the release before, and publish nothing", .letter = 'n')

/* Checks the words.  Returns 0, or -1 with ERR_USAGE. */
int publish_review_check(const struct publish_review *o, struct err *e);

/*
 * Prints the difference of the next version of an application's role (its "signed" part; its files
 * are in dir, or NULL: in the repository) to the present one, and refuses mistakes that aren't
 * allowed.  Notes in s what was allowed.  Returns 0 or -1.
 */
int publish_review(const struct publish_review *o, struct session *s, const char *app,
    const json_t *body, struct dir *dir, struct err *e);

/* replace_trust_guard() of the change, whose files are in dir, as above.  Returns 0 or -1. */
int publish_review_trust(const struct publish_review *o, struct session *s, struct dir *dir,
    struct err *e);

/* Asks where a person is at the terminal, after what was shown.  Returns 0 or -1. */
int publish_review_ask(const struct publish_review *o, const struct session *s, struct err *e);

#endif
