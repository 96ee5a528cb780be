/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_KNOWN_H
#define LIB_TUF_KNOWN_H

/*
 * Knowing a delegated role's file again, whose content was verified and acted on earlier: a role
 * has an entry for each file of a release, and equal bytes need no second parse.
 *
 * Root, timestamp, snapshot and targets aren't remembered: their signatures, versions and expiry
 * are looked at each time, and they say which bytes the role has.
 */
#include "lib/tuf/client.h"

struct tuf_known {
	int64_t version, expires;     /* of the role; seconds since 1970 */
	uint8_t targets[SHA256_SIZE]; /* of the targets file, whose keys signed the role */
	uint8_t role[SHA256_SIZE];    /* of the role's file */
};

/*
 * What is known of a role that tuf_client_role() gave.  false, and *k unchanged, where the snapshot
 * doesn't state the SHA-256 of both files.
 */
bool known_role(struct tuf_client *c, const char *name, struct tuf_known *k);

/*
 * After tuf_client_refresh() or tuf_client_load(), whether the role is the one of k, as
 * known_role() of this version of Slipway gave it: the snapshot names these very files, local is
 * the SHA-256 of the role's copy in the store, and (after a refresh) the role hasn't expired.  In
 * all other cases tuf_client_role() says what the matter is.
 */
bool known_still(const struct tuf_client *c, const char *name, const struct tuf_known *k,
    const uint8_t local[SHA256_SIZE]);

#endif
