/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_SERVED_H
#define SERVER_REPO_SERVED_H

/*
 * The whole served tree: every file in it, and which of them the metadata names, checking
 * signatures, versions, lengths and hashes on the way.  `verify` tells what is wrong and what
 * nothing names; `gc` removes that.
 *
 *	tree_open(), tree_roots(), tree_current(), tree_snapshot() for older ones, tree_extra()
 *
 * Functions return -1 only when they can't go on (no memory); what is wrong with the tree goes to
 * fault().
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/base/path.h"
#include "server/repo/repo.h"

/* Files below served/, and how deep directories may nest there. */
#define TREE_FILES_MAX 4000000
#define TREE_DEPTH_MAX 16

/* Bytes of a path below served/, with the final NUL. */
#define TREE_PATH_SIZE (PATH_REL_MAX + SHA256_HEX_SIZE + 16)

struct tree {
	struct repo *r; /* the caller's, from repo_open_unread() */
	void (*fault)(void *arg, const struct err *what);
	void *arg;
	bool content; /* whether to read the targets' files */
	int64_t now;  /* for expiry, seconds since 1970; 0: no matter */

	json_t *files;		 /* owned: "metadata/1.root.json": its size */
	json_t *named;		 /* owned: the same of what has been named, by now */
	json_t *done;		 /* owned: which roles were checked below which parents */
	struct tuf_root **roots; /* owned: the chain, from version 1 */
	int64_t nroots;
	int64_t snapshot;		  /* version of the current one, or 0 */
	size_t faults, metadata, targets; /* how many */
	uint64_t bytes;			  /* of targets */
};

/* List the files.  fault, arg, content, now and r are set by the caller, the rest is zero. */
int tree_open(struct tree *t, struct err *e);
void tree_close(struct tree *t);

/* The chain of roots. */
int tree_roots(struct tree *t, struct err *e);

/* timestamp.json and all that hangs on it, as a station sees it now. */
int tree_current(struct tree *t, struct err *e);

/*
 * An older snapshot and all that hangs on it; signed by keys of any root of the chain, and no
 * matter whether it expired.
 */
int tree_snapshot(struct tree *t, int64_t version, struct err *e);

/*
 * Call each(arg, path, e) for every file that nothing named, in no certain order; -1 ends it.  0 or
 * -1.
 */
int tree_extra(struct tree *t, int (*each)(void *arg, const char *path, struct err *e), void *arg,
    struct err *e);

/*
 * "targets/DIR/SHA256.NAME", where a target that has a SHA-256 is stored below served/.  0, or -1
 * with ERR_TOO_LARGE.
 */
int tree_target_path(const char *name, const struct tuf_target *target, char out[TREE_PATH_SIZE],
    struct err *e);

/*
 * The version in the name of a metadata file of this role ("7.snapshot.json"), or 0 when it is
 * none.
 */
int64_t tree_version(const char *path, const char *role);

#endif
