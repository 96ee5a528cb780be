/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_SERVER_HEALTH_H
#define UPDATER_STATE_SERVER_HEALTH_H

/*
 * What each update server of an application last said, in the state's servers.json: {"format": 1, URL:
 * {"time", "said", "confined"}}, where "said" is missing for a server that answered, and "confined" says
 * which rights the fetch child had given up.  A server that failed is tried last for a while, so
 * that a start doesn't wait for it again and again.
 */

#include <jansson.h>

#include "updater/state/learned.h"

/* How long a server that failed is tried after the others, seconds. */
#define SERVER_HEALTH_LAST_S 600

struct server_health {
	json_t *known;
	const char *urls[LEARNED_ALL]; /* in the order to try them */
	size_t n;
	int64_t now;
	bool changed;
	bool newer; /* a newer Slipway wrote the file, which stays */
};

/*
 * Read it, for n addresses (at most LEARNED_ALL), which must outlive s; a file that can't be read
 * counts as empty.  Returns 0, or -1 with ERR_NOMEM.
 */
int server_health_load(struct dir *state, const char *const *urls, size_t n, int64_t now,
    struct server_health *s, struct err *e);

/*
 * Note that url failed (why) or answered (NULL).  confined: the text of its child, or NULL to keep
 * the earlier text.
 */
void server_health_note(struct server_health *s, const char *url, const struct err *why,
    const char *confined);

/* Note whether url, which was noted before, sends small packets at once (TCP_NODELAY). */
void server_health_note_nodelay(struct server_health *s, const char *url, bool nodelay);

/* What a server said last; texts are owned by s. */
struct server_said {
	bool known;
	const char *time;     /* "" where it is missing */
	const char *fault;    /* NULL: it answered */
	const char *confined; /* or NULL */
	int nodelay;	      /* 1, 0, or -1: not known */
};
struct server_said server_health_said(const struct server_health *s, const char *url);

/*
 * Write it down if something changed, not durably; a failure is ignored, and so are changes where
 * state is NULL.  Releases s.
 */
void server_health_end(struct server_health *s, struct dir *state);

#endif
