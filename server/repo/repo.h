/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_REPO_H
#define SERVER_REPO_REPO_H

/*
 * A repository on the maintainer's disk and its current metadata.
 *
 *	served/metadata, served/targets	what update servers hand out
 *	keys				private keys, never served
 *	audit.log			what was done to it (audit.h)
 *	certs, ca			certificates made here; private CAs
 *	ssh				host key and authorized_keys of `serve`
 *
 * timestamp.json is what makes new metadata current and is replaced last: a crash before that
 * leaves files that nothing refers to, and the next attempt replaces them.
 */

#include "lib/os/file.h"
#include "server/keys/passphrase.h"
#include "lib/tuf/layout.h"
#include "lib/tuf/metadata.h"

#define REPO_SPEC_VERSION "1.0.31"

/* Days that metadata is valid from when it is signed. */
#define REPO_ROOT_DAYS	    365
#define REPO_TARGETS_DAYS   365
#define REPO_APP_DAYS	    90
#define REPO_SNAPSHOT_DAYS  30
#define REPO_TIMESTAMP_DAYS 30

/* Below the repository: the files of a change that has begun and must be completed. */
#define REPO_PENDING_FILE "pending.json"

/* Below the repository: there while a change that was recorded goes live (audit_change.h). */
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

/* Make a repository in a missing or empty directory.  0, or -1 with ERR_EXISTS and others. */
int repo_init(const char *path, const struct passphrases *p, struct err *e);

/*
 * Opens a repository (path must outlive the result) for reading, and reads its metadata, checking
 * signatures, lengths and hashes.  NULL with ERR_BUSY while a change is under way, and others.
 */
struct repo *repo_open(const char *path, struct err *e);

/*
 * The same without reading any metadata.  With lock, keeps other changes out until repo_close(), or
 * fails with ERR_BUSY when another change takes too long; the caller (session.h) completes a change
 * that was interrupted.
 */
struct repo *repo_open_unread(const char *path, bool lock, struct err *e);

/* Reads and checks the metadata of a repository that was opened without.  0 or -1. */
int repo_read(struct repo *r, struct err *e);
void repo_close(struct repo *r);

/* The newest root's version, by the files that are in the metadata directory.  0 or -1. */
int repo_root_version(struct dir *metadata, int64_t *version, struct err *e);

/*
 * Read a metadata file, check it against what a signed parent states (meta, or NULL), and split it;
 * signatures are not looked at.
 */
int repo_read_envelope(const struct repo *r, const char *file, const struct tuf_meta *meta,
    struct envelope *v, struct err *e);

/* The delegation to an application, or NULL. */
const struct tuf_delegation *repo_delegation(const struct repo *r, const char *app);

/*
 * The current metadata of an application, to be released with targets_free().  1, 0 when there is
 * none, -1.
 */
int repo_read_app(const struct repo *r, const char *app, struct tuf_targets **out, struct err *e);

/*
 * The whole present file of a role, signatures included; its length and hashes are what its parent
 * states. 1 with a new reference in *out, 0 when there is none, -1.
 */
int repo_read_signed(const struct repo *r, const char *role, json_t **out, struct err *e);

/*
 * Appends the stored content of a target to out, which is empty and whose max is the limit, and
 * checks its hashes.  0, or -1 with ERR_NOENT, ERR_TOO_LARGE, ERR_HASH and others.
 */
int repo_read_target(const struct repo *r, const char *path, const struct tuf_target *target,
    struct buf *out, struct err *e);

/* "DIR/name" of the repository. */
int repo_path(const char *repo, const char *name, struct buf *out, struct err *e);

/* What every role begins with, or NULL with ERR_NOMEM: valid for days from now. */
json_t *repo_new_body(const char *type, int64_t version, int days, struct err *e);

/* What becomes of an expiry date that would lie before the one that body has. */
enum repo_back {
	REPO_BACK_REFUSE, /* ERR_EXPIRED: the clock is wrong, or was */
	REPO_BACK_TAKE,	  /* somebody asked for it */
	REPO_BACK_KEEP	  /* the present date stays */
};

/* Make body the next version of itself, valid for days from now.  0 or -1. */
int repo_renew_body(json_t *body, int64_t version, int days, enum repo_back back, struct err *e);

/* {"version", "length", "hashes"} of a file's bytes, as snapshot and timestamp state it. */
json_t *repo_meta(int64_t version, const struct buf *file, struct err *e);

#endif
