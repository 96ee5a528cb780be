/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_SERVED_H
#define SERVER_REPO_SERVED_H

/*
 * The whole served tree: every file in it, and whether metadata names the file, checking
 * signatures, versions, lengths and hashes on the way.  `verify` reports faults and files that no
 * metadata names; `gc` removes such files.
 *
 *	served_open(), served_roots(), served_current(), served_snapshot() for older ones,
 *	served_extra()
 *
 * Functions return -1 only when they can't go on (no memory); they report faults of the tree to
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
	int64_t now;  /* for expiry, seconds since 1970; 0: don't check expiry */

	json_t *files;		 /* owned: "metadata/1.root.json": its size */
	json_t *named;		 /* owned: the same of the files that metadata has named so far */
	json_t *done;		 /* owned: the pairs of parent and role that were checked */
	struct tuf_root **roots; /* owned: the chain, from version 1 */
	int64_t nroots;
	int64_t snapshot;		  /* version of the current one, or 0 */
	size_t faults, metadata, targets; /* how many */
	uint64_t bytes;			  /* of targets */
};

/* Lists the files.  The caller sets fault, arg, content, now and r; the other members are zero. */
int served_open(struct served *t, struct err *e);
void served_close(struct served *t);

/*
 * Calls each(arg, path, e) for every file that no metadata named, in any order, until each()
 * returns -1.  Returns 0 or -1.
 */
int served_extra(struct served *t, int (*each)(void *arg, const char *path, struct err *e),
    void *arg, struct err *e);

/*
 * Reports e as a fault of the tree and clears e.  Returns 0, or -1 when e isn't a fault of the tree
 * (no memory).
 */
int served_blame(struct served *t, struct err *e);

/*
 * Returns the version in the name of a metadata file of this role ("7.snapshot.json"), or 0 for
 * another file.
 */
int64_t served_version(const char *path, const char *role);

/*
 * Check the served tree, from roots to targets.  Each function notes the files that the metadata
 * names (served_extra()), and reports faults of the tree to fault().
 */

/* The chain of roots. */
int served_roots(struct served *t, struct err *e);

/* timestamp.json and all metadata and targets below it, as a station sees them now. */
int served_current(struct served *t, struct err *e);

/*
 * An older snapshot and all metadata and targets below it.  Keys of any root of the chain may have
 * signed them, and they may have expired.
 */
int served_snapshot(struct served *t, int64_t version, struct err *e);

#endif
