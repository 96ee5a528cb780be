/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_AUDIT_STATE_H
#define SERVER_REPO_AUDIT_STATE_H

/*
 * Recording an action in the log (audit.h): its author, and the metadata that is live afterwards.
 */
#include <jansson.h>

#include "lib/os/file.h"

/*
 * Checks that a line can be added: the record exists (only a repository without changes may begin
 * one), is whole, this user may write it, and the clock isn't earlier than its last line.  Call it
 * before any action.  Returns 0, or -1 with ERR_CONFLICT and others, whose text says what to do.
 */
int audit_ready(struct dir *top, struct err *e);

/*
 * The same for a repository by its path; the live metadata mustn't be older than the record either.
 */
int audit_ready_at(const char *repo, struct err *e);

/*
 * Checks that the state now is the state want or a later one.  Returns 0, or -1 with ERR_CONFLICT:
 * older files were restored.
 */
int audit_check_newer(const json_t *now, const json_t *want, struct err *e);

/* Checks that the clock isn't earlier than this line.  Returns 0, or -1 with ERR_CONFLICT. */
int audit_check_clock(const json_t *last, struct err *e);

/*
 * Records an action on the repository at top, after the action.  Takes details over in any case;
 * NULL (json_pack() failed) is ERR_NOMEM.  Returns 0 once the line is durable, or -1; the text then
 * says that the action itself was done.  ERR_CONFLICT when the live metadata is older than the last
 * line says.
 */
int audit_append(struct dir *top, const char *action, json_t *details, struct err *e);

/*
 * audit_append() before the action: the text of an error says that nothing was done.  Takes state
 * over in any case: the metadata after the action, or NULL for the present metadata.
 */
int
audit_before(struct dir *top, const char *action, json_t *details, json_t *state, struct err *e);
int audit_before_at(const char *repo, const char *action, json_t *details, struct err *e);

/* audit_append() without a check of the lines before: the live metadata counts from here on. */
int audit_accept(struct dir *top, struct err *e);

/* Returns the versions and hashes of the live metadata in the form of "state" (a new reference). */
json_t *audit_state(struct dir *top, struct err *e);

#endif
