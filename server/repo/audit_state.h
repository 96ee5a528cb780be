/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_AUDIT_STATE_H
#define SERVER_REPO_AUDIT_STATE_H

/* Recording an action in the log (audit.h): who did it, and which metadata is live afterwards. */
#include <jansson.h>

#include "lib/os/file.h"

/*
 * Whether a line can follow the last one: the record is there (only a repository without history
 * may begin one), whole and this user's to write, and the clock doesn't stand before its last line.
 *  Ask before doing anything.  0, or -1 with ERR_CONFLICT and others, whose text names the way out.
 */
int audit_ready(struct dir *top, struct err *e);

/* The same for a repository by its path, and whether what is live isn't older than the record. */
int audit_ready_at(const char *repo, struct err *e);

/*
 * Whether now, a state, is the state want or what came after it.  0, or -1 with ERR_CONFLICT: older
 * files were restored.
 */
int audit_check_newer(const json_t *now, const json_t *want, struct err *e);

/* Whether the clock stands at this line of the record or after it.  0, or -1 with ERR_CONFLICT. */
int audit_check_clock(const json_t *last, struct err *e);

/*
 * Records that action was done to the repository at top.  Call it when the change is live.  details
 * is taken over in any case; NULL (json_pack() failed) is ERR_NOMEM.  0 once the line is durable,
 * or -1; the text then says that the change itself was made.  ERR_CONFLICT where what is live is
 * older than the last line says.
 */
int audit_append(struct dir *top, const char *action, json_t *details, struct err *e);

/* The same for a repository by its path. */
int audit_append_at(const char *repo, const char *action, json_t *details, struct err *e);

/*
 * audit_append() before the action: the text of an error says that nothing was done.  state is what
 * will be live, taken over in any case; NULL: what is live now.
 */
int
audit_before(struct dir *top, const char *action, json_t *details, json_t *state, struct err *e);
int audit_before_at(const char *repo, const char *action, json_t *details, struct err *e);

/* audit_append() that asks nothing of the lines before: what is live now counts from here on. */
int audit_accept(struct dir *top, struct err *e);

/* Returns the versions and hashes that are live now, as "state" has them (a new reference). */
json_t *audit_state(struct dir *top, struct err *e);

#endif
