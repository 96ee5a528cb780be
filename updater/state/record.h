/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_RECORD_H
#define UPDATER_STATE_RECORD_H

/*
 * What a station keeps on disk about one application, for the machine and, in a directory of its
 * own, for each user.
 *
 *   metadata/ROLE.json    trusted metadata, byte for byte
 *   staging/<sha256>      verified downloads that are not applied yet
 *   applied.json          the record of what is applied
 *   history/SERIAL.json   the records before it; the newest ones whole, for rollback, the others as
 * a summary
 *   kept/<sha256>         content that those records need and that is installed nowhere, and users'
 * scripts
 *   journal...            a transaction that is under way (transaction.h)
 *   refreshed             time of the last good refresh
 *   waiting.json          why the newest release isn't applied
 *   leftovers.json        old files that are still in use (leftover.h)
 *   lock                  held by whoever updates
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
#include "lib/tuf/client.h"

#define STORE_RECORD_MAX (64u * 1024 * 1024) /* bytes of a record */

/* Fill in load, save, forget and arg of io, for this metadata directory. */
void store_io(struct dir *metadata, struct tuf_io *io);

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

/*
 * Write down that a release can't be applied now, and why.  It counts until anything else is
 * applied, and needs no removing; what fails is only not told.
 */
void
store_set_waiting(struct dir *state, const json_t *applied, int64_t release, const struct err *why);
/* {"release", "time", "error": {"code", "text"}} as long as that counts, or NULL. */
json_t *store_waiting(struct dir *state, const json_t *applied);

/*
 * [{"root", "work", "name", "path"}]; an empty array where there are none, NULL when out of memory.
 */
json_t *store_leftovers(struct dir *state);
/* An empty list removes the file.  0 or -1. */
int store_set_leftovers(struct dir *state, const json_t *list, struct err *e);

/* Seconds since 1970 of the last good refresh; 0 when there was none or it can't be read. */
int64_t store_refreshed(struct dir *state);
int store_set_refreshed(struct dir *state, int64_t now, struct err *e);

#endif
