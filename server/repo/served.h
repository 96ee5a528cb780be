/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_SERVED_H
#define SERVER_REPO_SERVED_H

/*
 * The whole served tree: every file in it, and which of them the metadata names, checking
 * signatures, versions, lengths and hashes on the way.  `verify` tells what is wrong and what
 * nothing names; `gc` removes that.
 *
 *	served_open(), served_roots(), served_current(), served_snapshot() for older ones,
 *served_extra()
 *
 * Functions return -1 only when they can't go on (no memory); what is wrong with the tree goes to
 * fault().
 */

#include "server/repo/repo.h"

/* Files below served/, and how deep directories may nest there. */
#define SERVED_FILES_MAX 4000000
#define SERVED_DEPTH_MAX 16

/* Bytes of a path below served/, with the final NUL. */
#define SERVED_PATH_SIZE (LAYOUT_STORED_SIZE + 16)

struct served {
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
int served_open(struct served *t, struct err *e);
void served_close(struct served *t);

/*
 * Call each(arg, path, e) for every file that nothing named, in no certain order; -1 ends it.  0 or
 * -1.
 */
int served_extra(struct served *t, int (*each)(void *arg, const char *path, struct err *e),
    void *arg, struct err *e);

/*
 * Reports a fault of the tree and clears e.  0, or -1 when e is no fault of the tree (no memory).
 */
int served_blame(struct served *t, struct err *e);

/*
 * The version in the name of a metadata file of this role ("7.snapshot.json"), or 0 when it is
 * none.
 */
int64_t served_version(const char *path, const char *role);

/*
 * Checking what the served tree holds, from roots to targets.  Each function notes the files that
 * the metadata names (served_extra()), and reports faults of the tree to its fault().
 */

/* The chain of roots. */
int served_roots(struct served *t, struct err *e);

/* timestamp.json and all that hangs on it, as a station sees it now. */
int served_current(struct served *t, struct err *e);

/*
 * An older snapshot and all that hangs on it; signed by keys of any root of the chain, and no
 * matter whether it expired.
 */
int served_snapshot(struct served *t, int64_t version, struct err *e);

#endif
