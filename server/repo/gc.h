/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_GC_H
#define SERVER_REPO_GC_H

/*
 * Removing what stations don't ask for any more: old snapshots, and what neither a kept snapshot
 * nor the current metadata names.  Roots always stay: a station that slept for years needs the
 * whole chain.
 *
 * A station that is in the middle of an update reads what was current when it began; that is
 * among
 * the snapshots of the last day at least.  Snapshots go first, so that after a crash none is left
 * that names what is gone.
 */

#include "server/repo/repo.h"

#define GC_KEEP_DAYS_DEFAULT 30
#define GC_KEEP_DEFAULT	     3

struct gc {
	int64_t days,
	    keep; /* snapshots that were current within these days, and the newest ones, stay */
	bool dry; /* remove nothing */
	/* Called for each removed file, and (removed false) for each unknown file, which stays. */
	void (*each)(void *arg, const char *path, bool removed);
	void (*fault)(void *arg, const struct err *what);
	void *arg;

	size_t snapshots, metadata,
	    targets; /* out: how many went (or would go); snapshots count as metadata too */
	uint64_t bytes;
};

/*
 * r is locked.  0, or -1 with ERR_CONFLICT: a kept file has a fault, nothing was removed.
 * After another error the counts say what was removed.
 */
int gc_run(struct gc *g, struct repo *r, struct err *e);

/*
 * Removes in the copy of served/ at path, as an update server has it, the files of ours that
 * served/ no longer has.  r is locked; g is as for gc_run(), with counts of its own.  0, or -1 with
 * ERR_CONFLICT (it isn't a copy of the present tree; nothing was removed) and others.
 */
int gc_copy(struct gc *g, struct repo *r, const char *path, struct err *e);

#endif
