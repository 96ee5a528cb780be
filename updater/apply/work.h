/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_WORK_H
#define UPDATER_APPLY_WORK_H

/* A transaction at work: what transaction.c, stage.c, switch.c and keep.c share. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/os/file.h"
#include "updater/apply/journal.h"
#include "updater/apply/transaction.h"

/* From how many files on one sync of the file system is cheaper than one for each. */
#define WORK_SYNC_ALL_FROM 16

#define WORK_NAME_SIZE 48

/* A transaction with its directories open, as far as it uses them and they are there. */
struct work {
	const struct transaction *t;
	const struct journal *j;
	struct dir *roots[LAYOUT_ROOTS];
	struct dir *dirs[LAYOUT_ROOTS]; /* the private ones below them */
	/*
	 * Of a removed file the new one that is called so but for its case, and the other way
	 * round; WORK_NO_TWIN of others.  NULL: there are none.  Where case doesn't count, such
	 * two are one.
	 */
	size_t *twins;
	int64_t until; /* clock_mono_ms() at which loops end with ERR_TIMEOUT */
};

#define WORK_NO_TWIN SIZE_MAX

/*
 * Open roots and private directories; with make, missing ones are made.  0, or -1 with *w closed.
 */
int work_open(struct work *w, const struct transaction *t, const struct journal *j, bool make,
    struct err *e);
void work_close(struct work *w);

/* Write the name in the private directory: 'n' for the new content of file i, 'o' for the old. */
const char *work_name(char kind, size_t i, char out[WORK_NAME_SIZE]);

/*
 * Whether file i has a twin, and the twin has left the private directory for its place: the new
 * file of a removed one, the old one of a new one.
 */
bool work_twin_moved(const struct work *w, size_t i);

/* Whether there is a file in this state at all. */
bool work_has(const struct file_state *s);

/*
 * Whether the file is there with this content, of which no more is read than it should have.  1, 0,
 * or -1 with ERR_TIMEOUT.
 */
int work_is_there(const struct work *w, struct dir *d, const char *path,
    const struct file_state *want, struct err *e);

/*
 * Give from/name a second name, or a copy where that is impossible.  A file that has the new name
 * is replaced.  1, 0 it is a copy, which is durable after file_sync() or dir_sync_all(), or -1.
 */
int work_link(const struct work *w, struct dir *from, const char *name, struct dir *to,
    const char *newname, unsigned mode, struct err *e);

/*
 * Whether the roots are those that the journal was written for, as their private directories tell.
 * Returns 0, or -1 with ERR_TORN: a disk may not be mounted.
 */
int work_check_roots(const struct work *w, struct err *e);

/* For loops over files: 0, or -1 with ERR_TIMEOUT. */
int work_time(const struct work *w, struct err *e);

/* Stage new files, and give the old ones their second names, durably. */
int stage_files(const struct work *w, struct err *e);

/*
 * Keep a file that a person changed under the name that the plan chose, unless an earlier run did.
 */
int aside_planned(const struct work *w, size_t i, struct err *e);

/*
 * Before the file in file i's place is replaced or removed: what is there may be neither the old
 * content nor the new, because a person wrote it since the plan looked.  It is moved to a free name
 * beside.  Returns 0 or -1.
 */
int aside_foreign(const struct work *w, size_t i, struct err *e);

/*
 * The same of file i's second name 'o', which a person wrote to since the plan looked: it is moved
 * to a free name beside the file, durably.
 */
int aside_written(const struct work *w, size_t i, struct err *e);

/* Remove what aside_planned() kept. */
int aside_undo(const struct work *w, size_t i, struct err *e);

/* Keep users' scripts, which they read from kept/ afterwards, and old content for rollback. */
int keep_scripts(const struct work *w, struct err *e);
int keep_old(const struct work *w, struct err *e);

/* Put everything in place, or back.  Both can be repeated, and go on after a crash. */
int switch_redo(const struct work *w, struct err *e);
int switch_undo(const struct work *w, struct err *e);

#endif
