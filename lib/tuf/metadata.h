/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_METADATA_H
#define LIB_TUF_METADATA_H

/*
 * The four kinds of contents of TUF metadata files (specification 4.3 to 4.6).
 *
 * Signatures are checked before contents are read: envelope_parse(), envelope_verify(), then one of
 * root_parse(), timestamp_parse(), snapshot_parse(), targets_parse().  Pure: no I/O and no clock.
 * Unknown fields are ignored; signatures cover them like all others.
 */

#include "lib/tuf/delegation.h"

#define TUF_VERSION_MAX	    (INT64_MAX - 1) /* of any role: one more still fits */
/* delegated roles in one targets file, entries of a snapshot */
#define TUF_ROLES_MAX	    4096
#define TUF_ROLE_NAME_MAX   200		 /* bytes of a role's name */
#define TUF_TARGETS_MAX	    1000000	 /* targets in one file */
#define TUF_TARGET_SIZE_MAX (1ull << 40) /* bytes of one target */

/* Lengths and hashes that a signed parent states for a file. */
struct tuf_hashes {
	bool has_sha256, has_sha512;
	uint8_t sha256[SHA256_SIZE], sha512[SHA512_SIZE];
};

struct tuf_meta {
	int64_t version;
	bool has_length, has_hashes;
	uint64_t length;
	struct tuf_hashes hashes;
};

/* The fields that the contents of all roles begin with. */
struct tuf_common {
	json_t *json; /* owned: the "signed" object */
	int64_t version;
	int64_t expires; /* seconds since 1970 */
};

enum tuf_top { TUF_ROOT, TUF_TIMESTAMP, TUF_SNAPSHOT, TUF_TARGETS, TUF_TOP_COUNT };

struct tuf_root {
	struct tuf_common c;
	bool consistent;
	struct tuf_keyring ring;
	struct tuf_role roles[TUF_TOP_COUNT];
};

struct tuf_timestamp {
	struct tuf_common c;
	struct tuf_meta snapshot;
};

struct tuf_snapshot {
	struct tuf_common c; /* entries are looked up with snapshot_meta() */
};

struct tuf_targets {
	struct tuf_common c;
	const json_t *targets;
	struct tuf_keyring ring;	    /* of the delegations */
	struct tuf_delegation *delegations; /* owned */
	size_t n;
};

/* One target, as its role states it. */
struct tuf_target {
	uint64_t length;
	struct tuf_hashes hashes;
	const json_t *custom; /* or NULL; belongs to the role */
};

/* "root", "timestamp", "snapshot", "targets". */
const char *tuf_top_name(enum tuf_top which);

/* Contents, read from a verified envelope.  NULL with ERR_SYNTAX, ERR_TOO_LARGE or ERR_NOMEM. */
struct tuf_root *root_parse(const struct envelope *v, struct err *e);
struct tuf_timestamp *timestamp_parse(const struct envelope *v, struct err *e);
struct tuf_snapshot *snapshot_parse(const struct envelope *v, struct err *e);
struct tuf_targets *targets_parse(const struct envelope *v, struct err *e);

void root_free(struct tuf_root *r);
void timestamp_free(struct tuf_timestamp *t);
void snapshot_free(struct tuf_snapshot *s);
void targets_free(struct tuf_targets *t);

/* The entry of "ROLE.json".  1 found, 0 not there. */
int snapshot_meta(const struct tuf_snapshot *s, const char *role, struct tuf_meta *m);

/*
 * Whether every entry of old is in new with a version at least as high.  0, or -1 with
 * ERR_ROLLBACK.
 */
int snapshot_check_rollback(const struct tuf_snapshot *old, const struct tuf_snapshot *new,
    struct err *e);

/* The target called path in this role.  1 found, 0 not there, -1 malformed (ERR_SYNTAX). */
int
targets_get(const struct tuf_targets *t, const char *path, struct tuf_target *out, struct err *e);

/*
 * Whether len bytes at data have the hashes of h; each hash in h must fit.  0 or -1 with ERR_HASH.
 */
int tuf_hashes_check(const struct tuf_hashes *h, const uint8_t *data, size_t len, const char *what,
    struct err *e);

#endif
