/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_TRUST_H
#define SERVER_ROLLOVER_TRUST_H

/* Which certificates of a replacement stations trust that have the present releases. */
#include "server/repo/change.h"
#include "server/rollover/bundle.h"
#include "server/rollover/state.h"

struct replace_trust {
	/* files that hold the old certificate alone, both, the new one alone */
	size_t old, both, fresh;
	struct buf where; /* "COV_PB release 7"; the limit is the caller's */
};

/* Looks into all present releases of r for the two certificates.  0 or -1. */
int replace_trust_look(struct replace_trust *t, const struct repo *r,
    const struct bundle_cert certs[REPLACE_COUNT], struct err *e);

/*
 * Reads the stored content of a target of t into out.  1, 0 when it can't hold certificates, or -1.
 */
int replace_trust_read_target(const struct repo *r, const struct tuf_targets *t, const char *path,
    struct buf *out, struct err *e);

/*
 * Whether a change may be put live: where the present release of an application trusts a
 * certificate of a replacement that still counts, the next release must too; and no release may
 * bring back a certificate that a replacement has retired.  The change's files
 * are in the repository.  0, or -1 with ERR_CONFLICT and, when a release can't be read, others.
 */
int replace_trust_guard(const struct change *c, struct err *e);

#endif
