/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_GC_H
#define SERVER_REPO_GC_H

/*
 * Removing files that stations don't ask for any more: old snapshots, and files that neither a kept
 * snapshot nor the current metadata names.  Roots always stay: a station that was off for years
 * needs the whole chain.
 *
 * A station in the middle of an update reads the snapshot that was current when the update began;
 * the kept days cover this.  Snapshots are removed first, so that a crash leaves no snapshot that
 * names removed files.
 */

#include "server/repo/repo.h"

#define GC_KEEP_DAYS_DEFAULT 30
#define GC_KEEP_DEFAULT	     3

struct gc {
	int64_t days; /* snapshots that were current within these days stay */
	int64_t keep; /* and so many of the newest */
	bool dry;     /* remove nothing */
	/* Called for each file that is to go and, goes false, for each unknown one, which stays. */
	void (*each)(void *arg, const char *path, bool goes);
	void (*fault)(void *arg, const struct err *what);
	void *arg;

	/* Out: files that are to go; snapshots count as metadata too. */
	size_t snapshots, metadata, targets;
	uint64_t bytes;
};

/*
 * r is locked.  The removal is recorded before it begins.  Returns 0, or -1 with ERR_CONFLICT (a
 * kept file has a fault; nothing was removed) and others; the next run removes the rest.
 */
int gc_run(struct gc *g, struct repo *r, struct err *e);

/*
 * Removes from the copy of served/ at path, such as an update server's, those files of slipway-repo
 * that served/ no longer has.  r is locked; g is as for gc_run(), with counts of its own.  0, or -1
 * with ERR_CONFLICT (it isn't a copy of the present tree; nothing was removed) and others.
 */
int gc_copy(struct gc *g, struct repo *r, const char *path, struct err *e);

#endif
