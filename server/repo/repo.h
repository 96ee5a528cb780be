/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_REPO_H
#define SERVER_REPO_REPO_H

/*
 * A repository on the maintainer's disk and its current metadata.
 *
 *	served/metadata, served/targets	the files of update servers
 *	keys				private keys, never served
 *	audit.log			the record of changes (audit.h)
 *	certs, ca			certificates made here; private CAs
 *	ssh				host key and authorized_keys of `serve`
 *
 * timestamp.json makes new metadata current and is replaced last: a crash before that leaves files
 * to which no metadata refers, and the next attempt replaces them.
 */

#include "lib/os/file.h"
#include "server/keys/passphrase.h"
#include "lib/tuf/layout.h"
#include "lib/tuf/metadata.h"

#define REPO_SPEC_VERSION "1.0.31"

/* Days that metadata is valid from its signature on. */
#define REPO_ROOT_DAYS	    365
#define REPO_TARGETS_DAYS   365
#define REPO_APP_DAYS	    90
#define REPO_SNAPSHOT_DAYS  30
#define REPO_TIMESTAMP_DAYS 30

/* Below the repository: the files of a change that has begun and must be completed. */
#define REPO_PENDING_FILE "pending.json"

/* Below the repository: held by the change that is under way. */
#define REPO_LOCK_FILE "lock"

/* Below the repository: exists while a recorded change goes live (audit_change.h). */
#define REPO_BEGUN_FILE "begun.json"

/* Bytes of a path on this computer. */
#define REPO_PATH_MAX 4096

/* Bytes of one metadata file. */
#define REPO_METADATA_MAX (64u * 1024 * 1024)

struct repo {
	const char *path; /* the caller's */
	struct dir *top, *metadata, *targets;
	struct file_lock *lock; /* or NULL */
	struct tuf_root *root;
	struct tuf_timestamp *timestamp;
	struct tuf_snapshot *snapshot;
	/* the top-level targets, which delegate to the applications */
	struct tuf_targets *roles;
};

/* Whether path is the directory of a repository. */
bool repo_is_here(const char *path);

/*
 * Makes a repository in a missing or empty directory.  Returns 0, or -1 with ERR_EXISTS and others.
 */
int repo_init(const char *path, const struct passphrases *p, struct err *e);

/*
 * Opens a repository (path must outlive the result) for reading, and reads its metadata, checking
 * signatures, lengths and hashes.  NULL with ERR_BUSY while a change is under way, and others.
 */
struct repo *repo_open(const char *path, struct err *e);

/*
 * The same without reading any metadata.  With lock, keeps other changes out until repo_close(), or
 * fails with ERR_BUSY when another change takes too long; the caller (session.h) completes an
 * interrupted change.
 */
struct repo *repo_open_unread(const char *path, bool lock, struct err *e);

/* Reads and checks the metadata after repo_open_unread().  Returns 0 or -1. */
int repo_read(struct repo *r, struct err *e);
void repo_close(struct repo *r);

/* Finds the newest root's version by the files in the metadata directory.  Returns 0 or -1. */
int repo_root_version(struct dir *metadata, int64_t *version, struct err *e);

/*
 * Reads a metadata file, checks it against the statement of a signed parent (meta, or NULL), and
 * splits it; doesn't check signatures.
 */
int repo_read_envelope(const struct repo *r, const char *file, const struct tuf_meta *meta,
    struct envelope *v, struct err *e);

/* Returns the delegation to an application, or NULL. */
const struct tuf_delegation *repo_delegation(const struct repo *r, const char *app);

/*
 * Reads the current metadata of an application, to be freed with targets_free().  Returns 1, 0 when
 * the application has no release, or -1.
 */
int repo_read_app(const struct repo *r, const char *app, struct tuf_targets **out, struct err *e);

/*
 * Reads the whole present file of a role with its signatures, and checks the length and hashes that
 * its parent states.  Returns 1 with a new reference in *out, 0 when there is no file, or -1.
 */
int repo_read_signed(const struct repo *r, const char *role, json_t **out, struct err *e);

/*
 * Appends the stored content of a target to out, which is empty and whose max is the limit, and
 * checks its hashes.  0, or -1 with ERR_NOENT, ERR_TOO_LARGE, ERR_HASH and others.
 */
int repo_read_target(const struct repo *r, const char *path, const struct tuf_target *target,
    struct buf *out, struct err *e);

/* Returns the members that every role has, valid for days from now, or NULL with ERR_NOMEM. */
json_t *repo_new_body(const char *type, int64_t version, int days, struct err *e);

/* The rule for an expiry date that would be earlier than the present date of body. */
enum repo_back {
	REPO_BACK_REFUSE, /* refuse it with ERR_EXPIRED: the clock is wrong, or was */
	REPO_BACK_TAKE,	  /* take it: --days asked for it */
	REPO_BACK_KEEP	  /* keep the present date */
};

/* Turns body into its next version, valid for days from now.  Returns 0 or -1. */
int repo_renew_body(json_t *body, int64_t version, int days, enum repo_back back, struct err *e);

/* Returns {"version", "length", "hashes"} of a file's bytes, as in snapshot and timestamp. */
json_t *repo_meta(int64_t version, const struct buf *file, struct err *e);

#endif
