/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_NOTES_H
#define UPDATER_STATE_NOTES_H

/*
 * Notes beside the record of what is applied, for people and for the next start: the time of the
 * last good refresh, why a release could not be applied, and old files that are still in use.
 */

#include <jansson.h>

#include "lib/base/date.h"
#include "lib/os/file.h"

/*
 * 2026-01-01T00:00:00Z, in seconds since 1970: no right clock has shown an earlier time to Slipway.
 */
#define NOTES_FIRST_TIME 1767225600

/*
 * Note that a release can't be applied now, and why.  serial: of the applied record.  The note is
 * valid until another record is applied.  A failed write is ignored.
 */
void notes_set_waiting(struct dir *state, int64_t serial, int64_t release, const struct err *why);

/* That note. */
struct waiting {
	int64_t release; /* 0: there is none */
	char time[DATE_TEXT_SIZE];
	char code[32], text[ERR_TEXT_SIZE]; /* of the error */
};

/* Read the note into *w, while it is valid. */
void notes_waiting(struct dir *state, int64_t serial, struct waiting *w);

/* An update from another place than the servers, or with metadata that had ended. */
struct brought {
	char time[DATE_TEXT_SIZE]; /* empty: there was none */
	char place[256];	   /* empty: the servers */
	int64_t expired;	   /* days that metadata had ended before */
};

/* Note it, now; a failed write is ignored.  place may be NULL. */
void notes_set_brought(struct dir *state, const char *place, int64_t expired);

/* Read that note. */
void notes_brought(struct dir *state, struct brought *b);

/*
 * [{"root", "work", "name", "path"}] of the files in use (leftover.h); an empty array where there
 * are none, NULL when out of memory.  The caller calls json_decref().
 */
json_t *notes_leftovers(struct dir *state);

/* Replace that list, durably; an empty one removes the file.  0 or -1. */
int notes_set_leftovers(struct dir *state, const json_t *list, struct err *e);

/*
 * Seconds since 1970 of the last good refresh, or, where the note is lost, of one that wasn't
 * later; 0 when there was none.  A
 * refresh at a time that was surely wrong (a computer that starts in 1970 until it asks for the
 * time) counts from the first call at a right time on, which is noted where this user may.
 */
int64_t notes_refreshed(struct dir *state);

/* Not durably; what a newer Slipway noted stays.  0 or -1. */
int notes_set_refreshed(struct dir *state, int64_t now, struct err *e);

/* Whether the note can be read.  0, or -1 with ERR_SYNTAX, ERR_VERSION or as file_read(). */
int notes_check_refreshed(struct dir *state, struct err *e);

#endif
