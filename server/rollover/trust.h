/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_TRUST_H
#define SERVER_ROLLOVER_TRUST_H

/* The certificates of a replacement that stations with the present releases trust. */
#include "server/repo/change.h"
#include "server/rollover/bundle.h"
#include "server/rollover/state.h"

struct replace_trust {
	/* files that hold only the old certificate, both, only the new one */
	size_t old, both, fresh;
	struct buf where; /* "COV_PB release 7"; the caller sets the limit */
};

/* Looks for the two certificates in all present releases of r.  Returns 0 or -1. */
int replace_trust_look(struct replace_trust *t, const struct repo *r,
    const struct bundle_cert certs[REPLACE_COUNT], struct err *e);

/*
 * Reads the stored content of a target of t into out.  Returns 1, 0 when the target can't hold
 * certificates, or -1.
 */
int replace_trust_read_target(const struct repo *r, const struct tuf_targets *t, const char *path,
    struct buf *out, struct err *e);

/*
 * Checks that a change may be put live: when the present release of an application has a
 * certificate of a replacement, the next release must have it until the replacement gives it up;
 * and no release may bring back a certificate that a replacement has retired.  The change's files
 * are in the repository or, where it is about one release, in the directory dir that this is made
 * of (NULL: the repository).  Returns 0, or -1 with ERR_CONFLICT and, when a release can't be read,
 * others.
 */
int replace_trust_guard(const struct change *c, struct dir *dir, struct err *e);

#endif
