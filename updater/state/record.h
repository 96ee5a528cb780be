/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_RECORD_H
#define UPDATER_STATE_RECORD_H

/*
 * The record of what is applied, in applied.json, and the records before it, in history/: the
 * newest ones whole, for rollback, the others as a summary.
 *
 * A record is a JSON object:
 *   serial      of the transaction that wrote it; grows by one
 *   time        when, as in clock.h
 *   action      "update" or "rollback"
 *   release, version   of the release and its metadata
 *   newest      the newest release number that was ever applied; a release that was left by a
 * rollback is not taken again
 *   from        the release before
 *   machine     (a user's record) serial of the machine's record that it followed
 *   files       {target: {"sha256", "length", "mode"}}
 *   dirs        {"install": [PATH...], "app": [...]}: directories that Slipway made
 *   roots       {"install": PATH, "app": PATH}: where these two are
 *   set, undo   what the scripts asked for, and what leads back to the record before
 * (changes_json.h)
 *   changed     {"files": N, "settings": N}
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/os/file.h"

#define STORE_RECORD_MAX (64u * 1024 * 1024) /* bytes of a record */

/* How many records before the one that is applied are kept whole, and how many at all. */
#define STORE_WHOLE_MAX	  10
#define STORE_HISTORY_MAX 1000

/* The record in applied.json; an empty one (serial and release 0) when there is none. */
json_t *store_applied(struct dir *state, struct err *e);

/*
 * Write applied.json, durably; the record that was there goes to the history if it has another
 * serial.
 */
int store_set_applied(struct dir *state, const json_t *record, struct err *e);

/* Members of a record; 0 where it hasn't got them. */
int64_t store_serial(const json_t *record);
int64_t store_release(const json_t *record);
int64_t store_newest(const json_t *record);

/*
 * Call each(arg, record) for the records of the history, newest first; the applied one is not among
 * them.  1 from it ends the walk.  0 or 1, or -1: an unreadable record, or what each() gave.
 */
int store_history(struct dir *state, int (*each)(void *arg, json_t *record, struct err *e),
    void *arg, struct err *e);

/* Whether a record of the history can still be returned to. */
bool store_is_whole(const json_t *record);

/*
 * Shorten records that are too old, remove content that none needs.  What fails costs only room and
 * is tried again the next time.
 */
void store_prune(struct dir *state);

#endif
