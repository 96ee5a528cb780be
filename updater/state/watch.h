/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_WATCH_H
#define UPDATER_STATE_WATCH_H

/*
 * What a start with nothing new looks for, in the state's watch: the files, scripts for users and
 * settings of the applied record, one a line, so that a part of them is read without parsing the
 * record, which has an entry for each file.  Lines behind "format 1" and "serial N":
 *
 *   f LENGTH TARGET          an installed file
 *   s SHA256 TARGET          a script for users, or a file that is kept for their parts
 *   v KEY TAB NAME TAB TEXT  a setting, in the text form of key files
 *
 * A lost or damaged file only costs time: then all of the record is looked at, and the file is
 * written again.
 */
#include "updater/state/record.h"

#define STATE_WATCH "watch"

/* Lines that one start looks at; more are looked at in turns. */
#define WATCH_LINES 1000

#define WATCH_MAX (64u * 1024 * 1024) /* bytes */

/*
 * Take up to WATCH_LINES lines into *part, a record whose files and set are these lines, from the
 * byte *turn of the lines on; *turn is then where the next part begins, 0 behind the last line.
 * Returns 0, or -1 with ERR_SYNTAX (also for another serial), ERR_VERSION or ERR_NOMEM, and *part
 * as RECORD_INIT.
 */
int watch_parse(const char *text, size_t len, int64_t serial, uint64_t *turn, struct record *part,
    struct err *e);

/* The same from the state's file.  Also -1 as file_read(). */
int
watch_load(struct dir *state, int64_t serial, uint64_t *turn, struct record *part, struct err *e);

/*
 * Write the files of a record and these settings, unless that was done already; not durably, and a
 * failure is ignored.
 */
void watch_save(struct dir *state, const struct record *r, const struct changeset *set);

#endif
