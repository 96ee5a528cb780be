/* SPDX-License-Identifier: ISC */
/* Knowing a delegated role's file again. */
#include "lib/tuf/known.h"

#include <string.h>

#include "lib/tuf/client_state.h"

/* The snapshot's entry of a role, if it states a SHA-256. */
static bool
hashed_meta(const struct tuf_client *c, const char *role, struct tuf_meta *m)
{
	return c->snapshot != NULL && snapshot_meta(c->snapshot, role, m) && m->has_hashes &&
	    m->hashes.has_sha256;
}

bool
known_role(struct tuf_client *c, const char *name, struct tuf_known *k)
{
	struct tuf_meta targets, role;
	const struct tuf_targets *t;
	struct err ignored;

	/* Both files were compared with these hashes when they were taken. */
	if (c->targets == NULL || !hashed_meta(c, "targets", &targets) ||
	    !hashed_meta(c, name, &role) || (t = tuf_client_role(c, name, &ignored)) == NULL)
		return false;
	k->version = t->c.version;
	k->expires = t->c.expires;
	memcpy(k->targets, targets.hashes.sha256, SHA256_SIZE);
	memcpy(k->role, role.hashes.sha256, SHA256_SIZE);
	return true;
}

bool
known_still(const struct tuf_client *c, const char *name, const struct tuf_known *k,
    const uint8_t local[SHA256_SIZE])
{
	struct tuf_meta targets, role;

	return c->targets != NULL && tuf_client_delegation(c, name) != NULL &&
	    hashed_meta(c, "targets", &targets) && hashed_meta(c, name, &role) &&
	    memcmp(targets.hashes.sha256, k->targets, SHA256_SIZE) == 0 &&
	    memcmp(role.hashes.sha256, k->role, SHA256_SIZE) == 0 &&
	    memcmp(local, k->role, SHA256_SIZE) == 0 && role.version == k->version &&
	    (!c->check_expiry || k->expires > c->now);
}
