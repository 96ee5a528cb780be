/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_CHANGE_COMMIT_H
#define SERVER_REPO_CHANGE_COMMIT_H

/*
 * The last part of a change (change.h): checks the signatures, signs snapshot and timestamp, and
 * puts the change live.
 */
#include "server/repo/change.h"

/*
 * Checks versions, expiry and thresholds, and makes snapshot and timestamp with the keys in ks.
 * Returns 0, or -1 with ERR_CONFLICT (the repository has changed meanwhile), ERR_EXPIRED,
 * ERR_SIGNATURE, ERR_NOENT and others.
 */
int change_ready(struct change *c, struct keystore *ks, const struct passphrases *p, struct err *e);

/*
 * Replaces change_ready() for a change without roles: signs timestamp again, and snapshot when
 * asked.
 */
int change_refresh(struct change *c, struct keystore *ks, const struct passphrases *p,
    bool snapshot, struct err *e);

/*
 * Puts the change live.  Returns 0, or -1; then the repository is as before, or the text says which
 * command completes the change.
 */
int change_write(struct change *c, struct err *e);

/* Whether an interrupted change_write() has to be completed.  Returns 1, 0 or -1 (unknown). */
int change_pending(struct dir *top);

/*
 * Completes an interrupted change_write().  Returns 1 after completing one, 0 when none was
 * interrupted, or -1.  The caller holds the repository's lock.
 */
int change_resume(struct dir *top, struct dir *metadata, struct err *e);

#endif
