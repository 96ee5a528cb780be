/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_TRANSACTION_H
#define UPDATER_APPLY_TRANSACTION_H

/*
 * Files and settings changed as a whole, whatever fails in between: SIGKILL, a full disk, the loss
 * of power.
 *
 *   1. journal.new    the journal is written.  New files are staged in a private directory beside
 * where they go
 *                     (<root>/<work>/n0, n1, ...), the old ones get a second name there (o0, o1,
 * ...); users' scripts
 *                     are kept.
 *   2. journal        everything is on the disk, and a rename says so: from here on the change is
 * redone after a crash.
 *                     Files in the way go, directories are made, new files are renamed into place,
 * settings are
 *                     changed, files and directories that are over are removed, and the record is
 * written.
 *      journal.undo   something of that failed: everything is put back, also after a crash.
 *   3. no journal     old content is kept for rollback; the private directories are gone.
 *
 * Each step can be repeated.  Names below a root are opened as lib/os/dir.h says, so that somebody
 * who may write there can't lead us elsewhere.
 */
#include "lib/base/err.h"
#include "lib/os/file.h"
#include "updater/apply/journal.h"
#include "lib/settings/settings.h"

struct transaction {
	struct dir *state; /* of store.h, for the machine or for a user */
	/* new content by hash; may be NULL where no journal file has any */
	struct dir *source;
	/* nobody else could have written there: files may be linked, not only copied */
	bool source_is_ours;
	struct settings *settings;
	const char *work; /* name of the private directory below each root */
};

/*
 * Apply a journal; applied: the record before.  0: it is done.  -1: everything is as it was; with ERR_TORN, that will be tried again by
 * transaction_recover(). A fault after the last step that matters gives 0, because the next start
 * cleans up.
 */
int transaction_run(const struct transaction *t, const struct record *applied,
    const struct journal *j, struct err *e);

enum transaction_end { TRANSACTION_NONE, TRANSACTION_FINISHED, TRANSACTION_UNDONE };

/*
 * Finish or take back what a crash left.  0 with what was done, or -1: ERR_TORN, or what kept it
 * from being completed; no transaction can begin then.
 */
int transaction_recover(const struct transaction *t, enum transaction_end *end, struct err *e);

/*
 * Give up one that can be neither finished nor taken back, because somebody took away what was
 * staged: its journal is kept as journal.torn.  The caller then brings everything into a known
 * state.  0 or -1.
 */
int transaction_abandon(struct dir *state, struct err *e);

#endif
