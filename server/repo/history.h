/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_HISTORY_H
#define SERVER_REPO_HISTORY_H

/*
 * The releases of an application whose metadata is still here.  gc removes the metadata, and the
 * files that nothing else names, of those that no kept snapshot has.
 *
 * A release counts when the present keys of the application signed it, or the repository's log has
 * the hash of its metadata: others may have been put there.
 */
#include "server/repo/repo.h"

struct history_release {
	int64_t number, version; /* of the release, and of the newest metadata that has it */
	bool present;
	json_t *body; /* the "signed" part; NULL: it doesn't count */
	/* how it came, from the log: {"time", "who", "action", "details"}; NULL: not known */
	const json_t *line;
};

/*
 * Call each() for the releases, the oldest first, until it returns -1.  Returns 0, or -1 with
 * ERR_NOENT (no such application, or no release) and others.
 */
int history_each(const struct repo *r, const char *app,
    int (*each)(void *arg, const struct history_release *h, struct err *e), void *arg,
    struct err *e);

/*
 * Read a release (0: the one before the present one, with other files).  *body becomes a new
 * reference, and *number its number.  Returns 0, or -1 with ERR_NOENT, ERR_SIGNATURE and others.
 */
int
history_read(const struct repo *r, const char *app, int64_t *number, json_t **body, struct err *e);

#endif
