/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_TOLD_H
#define UPDATER_STATE_TOLD_H

/*
 * Warnings of lasting faults, which each start would repeat: a start tells one that is new, and all
 * of them at the day's first start.  A day is one of date_format(), UTC.
 *
 * What was told is noted in told.json, {"format": 1, "looked": DAY, "told": {NAME: {"day": DAY,
 * "sha256": of the text}}}, in the state of the machine's part, or of the user's where the user may
 * not write the machine's.  A note that can't be read or written, that is of another day, or that a
 * newer Slipway wrote silences nothing.
 */
#include <stdbool.h>

#include <jansson.h>

#include "lib/base/date.h"
#include "updater/station/station.h"

struct told {
	const struct station *st;
	char day[DATE_DAY_LENGTH + 1]; /* "": it isn't known */
	json_t *was, *now;	       /* NAME: {"day", "sha256"}, of the note, and of this start */
	bool looked;		       /* the note has "looked" of this day */
	bool newer;		       /* a newer Slipway wrote the note, which stays */
};

/*
 * Read the note.  now: seconds since 1970, or 0 where the clock is known to be wrong: then
 * everything is told.  st outlives t; one that wasn't loaded has no note.
 */
void told_begin(struct told *t, const struct station *st, int64_t now);

/* Whether the warning of this name has to be told now; what is told from here on is noted. */
bool told_is_due(struct told *t, const char *name, const char *text);

/* Whether the first look of this day at what isn't looked at by each start is due. */
bool told_look_is_due(const struct told *t);

/* What this start doesn't look at: what was told of it stays in the note. */
void told_keep(struct told *t, const char *name);

/*
 * Write the note, not durably, where it changed: a warning whose fault was mended is gone, and is
 * told at once when it comes back.  Failures are ignored.  Releases t.
 */
void told_end(struct told *t);

#endif
