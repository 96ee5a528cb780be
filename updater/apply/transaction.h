/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_TRANSACTION_H
#define UPDATER_APPLY_TRANSACTION_H

/*
 * Files and settings changed as a whole, whatever fails in between: SIGKILL, a full disk, the loss
 * of power.
 *
 *   1. journal.new    The journal is written.  New files are staged in a private directory beside
 *                     their places (<root>/<work>/n0, n1, ...), the old ones get a second name
 *                     there (o0, o1, ...), and users' scripts are kept.
 *   2. journal        Everything is on the disk, and a rename says so: from here on the change is
 *                     redone after a crash.  Files in the way are removed, directories are made,
 *                     new files are renamed into place, settings are changed, obsolete files and
 *                     directories are removed, and the record is written.
 *      journal.undo   A step of that failed: everything is put back, also after a crash.
 *   3. no journal     Old content is kept for rollback; the private directories are removed.
 *
 * What can't be moved is found before (movable.h).  The private directories hold the number of the
 * journal: where one of them doesn't, a disk isn't mounted, and the journal stays.  While they are
 * removed in the end, the journal is called journal.new again.
 *
 * Stations of several users or computers may share a root: one at a time works there (claim.h).
 *
 * Each step can be repeated.  Names below a root are opened as lib/os/dir.h says, so that somebody
 * who may write there can't lead us elsewhere.
 */
#include "lib/base/err.h"
#include "lib/os/file.h"
#include "updater/apply/journal.h"
#include "lib/settings/settings.h"
#include "updater/station/station.h"

/* Why a transaction with ERR_BUSY didn't begin, if that was because of others. */
enum transaction_others { OTHERS_NONE, OTHERS_CHANGED, OTHERS_AT_WORK };

struct transaction {
	const struct station *st; /* bounds.h: a journal is carried out only within it */
	bool user;		  /* of a user's part: settings below HKCU alone, no files */
	struct dir *state;	  /* state.h: of the machine or of a user */
	/* new content by hash; may be NULL where no journal file has any */
	struct dir *source;
	/* nobody else could have written there: files may be linked, not only copied */
	bool source_is_ours;
	struct settings *settings;
	const char *work; /* name of the private directory below each root */
	/*
	 * clock_mono_ms() at which staging ends, and what recovery does; a change that was
	 * committed here goes to its end
	 */
	int64_t deadline;
	/* times of the last changes of the roots when the plan looked, or NULL; 0: unknown */
	const int64_t *looked;
	bool take_over; /* private directories in which another station was at work */
	enum transaction_others *others; /* or NULL: what became of others there */
};

/*
 * Apply a journal; applied: the record before.  Returns 0 once the change is in place, also when
 * cleaning up failed: the next start does it.  Returns -1 when everything is as it was, or, with
 * ERR_TORN, when putting everything back failed: transaction_recover() tries that again.
 */
int transaction_run(const struct transaction *t, const struct record *applied,
    const struct journal *j, struct err *e);

enum transaction_end { TRANSACTION_NONE, TRANSACTION_FINISHED, TRANSACTION_UNDONE };

/*
 * Finish or take back the transaction that a crash interrupted.  Returns 0 with *end, or -1 with
 * ERR_TORN (also when the deadline passed meanwhile: the next call goes on) or another fault; no
 * transaction can begin then.  A journal that goes beyond what the station allows (bounds.h) isn't
 * carried out: ERR_TORN.
 */
int transaction_recover(const struct transaction *t, enum transaction_end *end, struct err *e);

/*
 * Abandon a transaction that can be neither finished nor taken back, because somebody removed the
 * staged files or a disk isn't mounted.  Its journal is kept as journal.torn.  The caller then
 * brings everything into a known state.  Returns 0, with what that leaves in left (or NULL) for
 * people, or -1.
 */
int transaction_abandon(struct dir *state, struct buf *left, struct err *e);

#endif
