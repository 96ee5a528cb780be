/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_AUDIT_CHANGE_H
#define SERVER_REPO_AUDIT_CHANGE_H

/*
 * The line of a change of the metadata, which is durable before the change goes live.
 *
 * REPO_BEGUN_FILE is there from before the line is written until the change is live:
 *
 *	{"before": {"root", "snapshot", "timestamp"}, "seq": 8, "slipway_begun": 1}
 *
 * with what was live before and the number of the line.
 * After a failure or a crash audit_change_end() compares the line with what is live, and adds
 * another line where the change didn't come live as promised.  The caller holds the repository's
 * lock.
 */
#include <jansson.h>

#include "lib/os/file.h"

/*
 * Records action before the change goes live; state is what will be live.  details and state are
 * taken over in any case, and NULL is ERR_NOMEM.  0 once the line is durable, or -1; nothing may
 * go live then.
 */
int audit_change_begin(struct dir *top, const char *action, json_t *details, json_t *state,
    struct err *e);

/* Ends what audit_change_begin() began, now or in a process that was cut.  0 or -1. */
int audit_change_end(struct dir *top, struct err *e);

/*
 * Whether what is live is what the last line says, or newer.  0, or -1 with ERR_CONFLICT: older
 * files were restored, and the next change would give numbers again that stations have seen.
 */
int audit_change_check(struct dir *top, struct err *e);

/*
 * For those who only read, without the lock: whether the clock and what is live stand at the last
 * line or after it, as far as this user can read the record.  0 or -1 as audit_change_check().
 */
int audit_change_look(struct dir *top, struct err *e);

#endif
