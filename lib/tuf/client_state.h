/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_CLIENT_STATE_H
#define LIB_TUF_CLIENT_STATE_H

/* The inside of a client, for the sources of the client alone. */
#include "lib/tuf/client.h"

/* A delegated role that was verified under one delegator. */
struct loaded {
	char *name, *delegator;
	struct tuf_targets *targets;
};

struct tuf_client {
	struct tuf_source source; /* fetch is NULL when only local files count */
	struct tuf_store store;
	int64_t now;
	bool check_expiry;
	int64_t accept, accepted; /* seconds, as tuf_client_accept() */
	struct tuf_root *root;
	struct tuf_timestamp *timestamp;
	struct tuf_snapshot *snapshot;
	struct tuf_targets *targets;
	struct loaded *roles;
	size_t n;
};

/* 0, or -1 with ERR_EXPIRED where expiry is checked; what names the file in the text. */
int client_expired(struct tuf_client *c, const struct tuf_common *common, const char *what,
    struct err *e);

/*
 * The targets role called role, signed by keys of ring: the local copy where the snapshot names
 * that version, else the fetched and saved file.  The caller owns the result.  NULL with the errors
 * of tuf_client_refresh().
 */
struct tuf_targets *client_obtain(struct tuf_client *c, const char *role,
    const struct tuf_keyring *ring, const struct tuf_role *keys, struct err *e);

/* Load the trusted root from the store.  0, or -1 with ERR_NOENT when there is none, and others. */
int roots_load(struct tuf_client *c, struct err *e);

/*
 * Fetch, check and save each newer root (5.3).  0, or -1 with the errors of tuf_client_refresh().
 */
int roots_update(struct tuf_client *c, struct err *e);

#endif
