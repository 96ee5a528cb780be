/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_PUBLISH_H
#define SERVER_REPO_PUBLISH_H

/*
 * Publishing a release of an application: the next version of its role, and its files, which are
 * stored before the change is written.
 */

#include "server/repo/change.h"
#include "server/repo/release.h"

/*
 * Adds the release to the change; *number becomes its number.  Returns 0, or -1 with ERR_NOENT (no
 * such application), ERR_CONFLICT (the current release is the same) and others.
 */
int publish_draft(struct change *c, const char *app, const struct release *rel, int64_t *number,
    struct err *e);

/* Stores the files that the repository doesn't have yet; *stored counts them. */
int publish_store(struct repo *r, const char *app, const struct release *rel, size_t *stored,
    struct err *e);

/*
 * Stores one file, the content of the target path ("COV_PB/app/server.crt"), whose SHA-256 is sha.
 * Returns 0 or -1.
 */
int publish_put(struct repo *r, const char *path, const uint8_t sha[SHA256_SIZE],
    const struct buf *content, struct err *e);

/*
 * Checks that the repository has the content of all of a role's "targets".  Returns 0, or -1 with
 * ERR_NOENT, ERR_HASH and others.
 */
int publish_check(struct repo *r, const json_t *targets, struct err *e);

#endif
