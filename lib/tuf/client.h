/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_CLIENT_H
#define LIB_TUF_CLIENT_H

/*
 * The client's workflow (TUF specification 1.0, section 5): which metadata is fetched, in which
 * order, and when it may replace trusted metadata.
 *
 * No I/O and no clock of its own: files come from struct tuf_source and go to struct tuf_store, so
 * that SFTP, a directory and a fuzzer serve equally.  save() never gets bytes that failed a check.
 */

#include "lib/base/buf.h"
#include "lib/tuf/metadata.h"

/* Most bytes to read of a file whose length no signed parent states. */
#define TUF_ROOT_SIZE_MAX      (512u * 1024)
#define TUF_TIMESTAMP_SIZE_MAX (16u * 1024)
#define TUF_SNAPSHOT_SIZE      (2u * 1024 * 1024)
#define TUF_TARGETS_SIZE       (5u * 1024 * 1024)

/*
 * Most bytes that a signed parent may state: a snapshot of TUF_ROLES_MAX roles, and targets of
 * about 100,000 files.
 */
#define TUF_SNAPSHOT_SIZE_MAX (4u * 1024 * 1024)
#define TUF_TARGETS_SIZE_MAX  (40u * 1024 * 1024)

#define TUF_ROOTS_MAX  1024 /* new roots in one refresh */
#define TUF_VISITS_MAX 32   /* delegated roles visited in one search */

/* The repository's metadata. */
struct tuf_source {
	/*
	 * Fetch the metadata file called name ("3.root.json"), appending to out, whose max is the
	 * limit.  1 fetched, 0 the repository reports that there is no such file, -1 any other
	 * fault.
	 */
	int (*fetch)(void *arg, const char *name, struct buf *out, struct err *e);
	/*
	 * name will probably be asked for next, with this limit: requests may overlap.  May be
	 * NULL.
	 */
	void (*hint)(void *arg, const char *name, size_t max);
	void *arg;
};

/* Local trusted metadata by role, byte for byte as it was received. */
struct tuf_store {
	/* Append the role's file to out.  1, 0 there is none, -1. */
	int (*load)(void *arg, const char *role, struct buf *out, struct err *e);
	int (*save)(void *arg, const char *role, const uint8_t *data, size_t len, struct err *e);
	int (*forget)(void *arg, const char *role, struct err *e);
	void *arg;
	/*
	 * The note of a file that was refused (refused.h): append it to out (1, 0 there is none,
	 * -1), and replace it.  Both may be NULL.
	 */
	int (*recall)(void *arg, struct buf *out, struct err *e);
	int (*remember)(void *arg, const uint8_t *data, size_t len, struct err *e);
};

struct tuf_client;

/*
 * source and store are copied; the targets of their arg must outlive the client.  source may be
 * NULL for tuf_client_load().  now: seconds since 1970, the one time that every expiry is checked
 * against.  NULL with ERR_NOMEM.
 */
struct tuf_client *tuf_client_new(const struct tuf_source *source, const struct tuf_store *store,
    int64_t now, struct err *e);
void tuf_client_free(struct tuf_client *c);

/*
 * Take timestamp, snapshot and targets metadata, of delegated roles, too, for so many seconds past
 * its end, in tuf_client_refresh() and tuf_client_role(); never root.
 */
void tuf_client_accept(struct tuf_client *c, int64_t seconds);

/* How long past its end was the oldest that was taken so, seconds; 0: nothing was. */
int64_t tuf_client_accepted(const struct tuf_client *c);

/*
 * Check an initial root: well formed and signed by a threshold of its own keys.  0, or -1 with
 * ERR_SYNTAX, ERR_SIGNATURE, ERR_TOO_LARGE or ERR_NOMEM.  *version is set on success.
 */
int tuf_root_check(const uint8_t *data, size_t len, int64_t *version, struct err *e);

/*
 * Bring root, timestamp, snapshot and targets up to date.  wanted names a delegated role that the
 * caller will ask for next (for the hint), or is NULL.  0, or -1 with ERR_NOENT (no local root),
 * ERR_SIGNATURE, ERR_VERSION, ERR_ROLLBACK, ERR_EXPIRED, ERR_HASH, ERR_SYNTAX, ERR_TOO_LARGE, or
 * the errors of source and store.
 */
int tuf_client_refresh(struct tuf_client *c, const char *wanted, struct err *e);

/*
 * The same from local metadata alone, without regard to expiry: to show and verify the metadata
 * that was trusted at the last refresh.
 */
int tuf_client_load(struct tuf_client *c, struct err *e);

/*
 * A role delegated directly by the top-level targets role, verified; owned by c.  NULL with
 * ERR_NOENT where there is no such delegation, ERR_ENDED where there is none any more, or what
 * tuf_client_refresh() lists.
 */
const struct tuf_targets *tuf_client_role(struct tuf_client *c, const char *name, struct err *e);

/* The delegation to role in the top-level targets role; NULL if there is none. */
const struct tuf_delegation *tuf_client_delegation(const struct tuf_client *c, const char *name);

/*
 * Whether the application has ended: the snapshot keeps its entry for ever, and the targets role,
 * whose keys are offline, delegates to it no more.
 */
bool tuf_client_ended(const struct tuf_client *c, const char *name);

/* Find a target by the pre-order walk of the delegations.  1 found, 0 no such target, -1 error. */
int tuf_client_find(struct tuf_client *c, const char *path, struct tuf_target *out, struct err *e);

/* The trusted roles, owned by the client; NULL where there is none yet. */
struct tuf_trusted {
	const struct tuf_root *root;
	const struct tuf_timestamp *timestamp;
	const struct tuf_snapshot *snapshot;
	const struct tuf_targets *targets;
};
struct tuf_trusted tuf_client_trusted(const struct tuf_client *c);

/*
 * The earliest expiry of the metadata that a start relies on: timestamp, snapshot, targets and the
 * delegated role.
 */
int64_t tuf_client_expires(const struct tuf_client *c);

/*
 * Append the path of a target below LAYOUT_TARGETS: layout_stored(), or path itself when the root
 * has no consistent snapshots.  0, or -1 with what layout_stored() and buf_adds() list.
 */
int tuf_client_target_path(const struct tuf_client *c, const char *path, const struct tuf_target *t,
    struct buf *out, struct err *e);

#endif
