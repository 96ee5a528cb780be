/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_AUDIT_STATE_H
#define SERVER_REPO_AUDIT_STATE_H

/* Recording an action in the log (audit.h): who did it, and which metadata is live afterwards. */
#include <jansson.h>

#include "lib/os/file.h"

/*
 * Records that action was done to the repository at top.  Call it when the change is live.  details
 * is taken over in any case; NULL (json_pack() failed) is ERR_NOMEM.  0 once the line is durable,
 * or -1; the text then says that the change itself was made.
 */
int audit_append(struct dir *top, const char *action, json_t *details, struct err *e);

/* The same for a repository by its path. */
int audit_append_at(const char *repo, const char *action, json_t *details, struct err *e);

/* Returns the versions and hashes that are live now, as "state" has them (a new reference). */
json_t *audit_state(struct dir *top, struct err *e);

#endif
