/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_CHANGE_COMMIT_H
#define SERVER_REPO_CHANGE_COMMIT_H

/*
 * The last part of a change (change.h): checks what was signed, signs snapshot and timestamp, and
 * puts all of it live.
 */
#include "server/repo/change.h"

/*
 * Check versions, expiry and thresholds, and make snapshot and timestamp with the keys in ks.  0,
 * or -1 with ERR_CONFLICT (the repository has moved on), ERR_EXPIRED, ERR_SIGNATURE, ERR_NOENT and
 * others.
 */
int change_ready(struct change *c, struct keystore *ks, const struct passphrases *p, struct err *e);

/*
 * For a change without roles, instead of it: sign timestamp again, and snapshot when that is said.
 */
int change_refresh(struct change *c, struct keystore *ks, const struct passphrases *p,
    bool snapshot, struct err *e);

/*
 * Put it live.  0, or -1; the repository is then as before, or the text says who ends the change.
 */
int change_write(struct change *c, struct err *e);

/* Whether a change_write() that has begun is to be completed.  1, 0 or -1 (can't tell). */
int change_pending(struct dir *top);

/*
 * Completes a change_write() that was interrupted, if there is one.  Returns 1 when it did, 0 when
 * there was none, or -1.  The caller holds the repository's lock.
 */
int change_resume(struct dir *top, struct dir *metadata, struct err *e);

#endif
