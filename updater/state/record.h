/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_RECORD_H
#define UPDATER_STATE_RECORD_H

/*
 * The record of what is applied, in applied.json, and the records before it, in
 * history/SERIAL.json: the newest ones whole, for rollback, the others as a summary.
 *
 * A record is a JSON object:
 *   format      1 (damage.h)
 *   serial      of the transaction that wrote it; grows by one
 *   time        when, as in date.h
 *   action      "update", "repair" or "rollback"; in a journal also "restore": files and settings
 *               that were lost are put back, and the record before goes on under the next serial
 *   release, version   of the release and its metadata
 *   newest      the newest release number that was ever applied; a release that was left by a
 *               rollback is not taken again
 *   from        the release before
 *   machine     (a user's record) serial of the machine's record that it followed (the machine's)
 *               serial that users' records follow, where that isn't its own
 *   changed     {"files": N, "settings": N}
 *   place       where the release came from, if not from the servers
 *   expired     days that its metadata had ended before an administrator accepted it
 * and, in a whole one,
 *   files       {target: {"sha256", "length", "mode"}}
 *   dirs        {"install": [PATH...], "app": [...]}: directories that Slipway made
 *   roots       {"install": PATH, "app": PATH}: where these two are
 *   set, undo   the changes that the scripts asked for, and those that lead back to the record
 *               before (changes_json.h)
 *   back        of a record that has none of these any more, the same as undo: the way back over
 *               it to another release
 */

#include <jansson.h>

#include "lib/base/date.h"
#include "lib/base/list.h"
#include "lib/os/file.h"
#include "lib/settings/changeset.h"
#include "lib/tuf/layout.h"
#include "updater/state/damage.h"

#define RECORD_MAX	   (64u * 1024 * 1024) /* bytes of a record */
#define RECORD_ACTION_SIZE 16
#define RECORD_PLACE_SIZE  256
#define RECORD_RESTORE	   "restore"

/*
 * How many records before the applied one are kept whole, and how many at all.  Of a release that
 * was put in place several times without another in between, only the last record is kept whole:
 * repairs don't push out the releases that can be returned to.
 */
#define RECORD_WHOLE_MAX   10
#define RECORD_HISTORY_MAX 1000

/* A length that isn't known: journals of 0.1.0 have none. */
#define FILE_LENGTH_UNKNOWN UINT64_MAX

/*
 * What a file is; sha256 is empty where there is none, and FILE_UNREAD where the length tells that
 * it is a file that a person changed, which is too large to be read for more.
 */
#define FILE_UNREAD "unread"
struct file_state {
	char sha256[SHA256_HEX_SIZE];
	unsigned mode;
	uint64_t length; /* bytes */
};

struct record_file {
	char *target;
	struct file_state state;
	uint64_t length;
};

/*
 * Start with RECORD_INIT, which stands for "nothing was ever applied"; release with record_free().
 */
struct record {
	int64_t serial, release, version, newest, from, machine;
	char time[DATE_TEXT_SIZE], action[RECORD_ACTION_SIZE]; /* may be empty */
	char place[RECORD_PLACE_SIZE];			       /* may be empty */
	int64_t expired;				       /* days */
	int64_t changed_files, changed_settings;
	/* applied.json is damaged: this is the newest of the history, or a serial that is free */
	bool damaged;
	/*
	 * Not whole, but undo is known: the record after it is of the same release, to which only
	 * that one is returned to.
	 */
	bool passed;
	bool whole;		   /* the members below are known */
	struct record_file *files; /* in order of their targets (strcmp()) */
	size_t n;
	struct strings dirs[LAYOUT_ROOTS]; /* in order, so parents come first */
	char *roots[LAYOUT_ROOTS];	   /* NULL where the station has none */
	struct changeset set, undo;
	json_t *json; /* owned: of a record that was read; it holds the targets */
};

#define RECORD_INIT \
	{ \
		.serial = 0 \
	}

/*
 * Read a record.  Returns 0, or -1 with ERR_SYNTAX or ERR_NOMEM and *r as RECORD_INIT.
 * A member that is missing counts as 0 or empty, but a whole record has "set" and "undo".
 */
int record_read(const json_t *j, struct record *r, struct err *e);

/* The same as JSON.  The caller calls json_decref().  NULL with ERR_NOMEM or ERR_TOO_LARGE. */
json_t *record_json(const struct record *r, struct err *e);

void record_free(struct record *r);

/* Sort files and dirs, once they have been filled in; directories that are named twice go. */
void record_sort(struct record *r);

/* Whether it is of a journal that puts back what was lost. */
bool record_restores(const struct record *r);

/* The serial that users' records follow: putting back what was lost changes nothing for users. */
int64_t record_followed(const struct record *machine);

/* The file of a target, or NULL.  Owned by r. */
const struct record_file *record_file(const struct record *r, const char *target);

/* Whether a file is below a directory: length bytes of target, the '/' not among them. */
bool record_has_below(const struct record *r, const char *target, size_t length);

/* Whether Slipway made this directory, a path below a root. */
bool record_has_dir(const struct record *r, enum layout_place root, const char *path);

/* Whether the record's root is this very directory; path may be NULL. */
bool record_same_root(const struct record *r, enum layout_place root, const char *path);

/*
 * Read applied.json.  Returns 0 (with RECORD_INIT where there is no such file), or -1 with what
 * file_read(), json_text_parse() and record_read() give.
 */
int record_applied(struct dir *state, struct record *r, struct err *e);

/*
 * The same where applied.json may be damaged: 1 with *why, and *r with r->damaged as the newest
 * record of the history says, which was applied as well; where there is none that is whole, only
 * with a serial that no record of the history has.
 */
int record_known(struct dir *state, struct record *r, struct err *why, struct err *e);

/* Set a damaged applied.json aside and write r, of record_known(), in its place.  0 or -1. */
int record_heal(struct dir *state, struct record *r, const struct err *why,
    const struct damage_told *told, struct err *e);

/*
 * Write applied.json, durably, and first the same into the history, which the record that is there,
 * old, is in already, or goes to.  Where r restores, old is written again with r's serial, machine
 * and dirs, and its place in the history is taken: what is put back each day doesn't push releases
 * out of it.  Returns 0 or -1.
 */
int record_set_applied(struct dir *state, const struct record *old, const struct record *r,
    struct err *e);

/* Put the applied record into the history, unless it is there; a failure is ignored. */
void record_keep(struct dir *state, const struct record *applied);

/* Whether the history has a file of this serial. */
bool record_is_kept(struct dir *state, int64_t serial);

/*
 * Call each(arg, record) for the records of the history before the applied one, newest first.
 * each() may take the record over by leaving RECORD_INIT there, and ends the walk by returning 1.
 * One that is damaged, or that a newer Slipway wrote, is not whole, and has only a serial.
 * Returns 0 or 1, or -1: reading failed, or -1 from each().
 */
int record_history(struct dir *state, const struct record *applied,
    int (*each)(void *arg, struct record *r, struct err *e), void *arg, struct err *e);

/*
 * Shorten records of the history that are too old, set damaged ones aside, and remove content from
 * kept/ that neither they nor the applied record need.  A failure costs only room, and is tried
 * again the next time.
 */
void record_prune(struct dir *state, const struct record *applied);

#endif
