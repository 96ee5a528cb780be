/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_AUDIT_CHANGE_H
#define SERVER_REPO_AUDIT_CHANGE_H

/*
 * The line of a change of the metadata, which is durable before the change goes live.
 *
 * REPO_BEGUN_FILE is written before the line and removed when the change is live:
 *
 *	{"before": {"root", "snapshot", "timestamp"}, "seq": 8, "slipway_begun": 1}
 *
 * "before" is the state that was live before, and "seq" the number of the line.  After a failure or
 * a crash audit_change_end() compares the line with the live metadata, and adds another line when
 * the change didn't go live.  The caller holds the repository's lock.
 */
#include <jansson.h>

#include "lib/os/file.h"

/*
 * Records action before the change goes live; state describes the metadata after the change.  Takes
 * details and state over in any case; NULL is ERR_NOMEM.  Returns 0 once the line is durable, or
 * -1; then nothing may go live.
 */
int audit_change_begin(struct dir *top, const char *action, json_t *details, json_t *state,
    struct err *e);

/* Ends a change of audit_change_begin(), of this process or of a crashed one.  Returns 0 or -1. */
int audit_change_end(struct dir *top, struct err *e);

/*
 * Checks that the live metadata is that of the last line, or newer.  Returns 0, or -1 with
 * ERR_CONFLICT: older files were restored, and the next change would repeat version numbers that
 * stations have seen.
 */
int audit_change_check(struct dir *top, struct err *e);

/*
 * For readers without the lock: checks that neither the clock nor the live metadata is older than
 * the last line, as far as this user can read the record.  Returns 0 or -1 as audit_change_check().
 */
int audit_change_look(struct dir *top, struct err *e);

#endif
