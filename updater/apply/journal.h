/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_JOURNAL_H
#define UPDATER_APPLY_JOURNAL_H

/*
 * A transaction as a value: every file and setting that it changes, with what was there before; and
 * its text on disk.
 *
 * The text is one line "slipway-journal 1 LENGTH SHA256" and LENGTH bytes of JSON, so that a torn
 * write is noticed.  Everything is checked on reading: names by path_check(), numbers and counts
 * by their limits.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/settings/changeset.h"
#include "updater/state/record.h"

#define JOURNAL_MAX	    (64u * 1024 * 1024) /* bytes of a journal */
#define JOURNAL_FILES_MAX   100000		/* files, and directories, in one */
#define JOURNAL_NUMBER_SIZE 33			/* with its NUL */

struct journal_file {
	enum layout_place root;
	char *path; /* below the root */
	struct file_state old, new;
	char *aside; /* name beside it under which the old file is kept, or NULL */
	bool early;  /* removed before anything is put in place, because it stands in the way */
	bool only;   /* no other file has this new content (not in the text) */
};

struct journal_dir {
	enum layout_place root;
	char *path;
	bool made;  /* by this transaction; else it is removed once it is empty */
	bool early; /* removed early */
};

struct journal {
	/*
	 * 32 random hexadecimal digits, which the private directories hold as well; empty in
	 * journals of 0.1.0
	 */
	char number[JOURNAL_NUMBER_SIZE];
	/* absolute paths; NULL where nothing is changed below one */
	char *roots[LAYOUT_ROOTS];
	/* the number of parts at the end of the root's path that the transaction makes */
	unsigned made[LAYOUT_ROOTS];
	struct journal_file *files;
	size_t nfiles;
	struct journal_dir *dirs; /* parents before what is in them */
	size_t ndirs;
	struct changeset set; /* the settings that change */
	/* what applied.json holds afterwards; its undo leads the settings back */
	struct record record;
};

/* Append an empty entry, for the caller to fill in.  NULL with ERR_NOMEM or ERR_TOO_LARGE. */
struct journal_file *journal_add_file(struct journal *j, struct err *e);
struct journal_dir *journal_add_dir(struct journal *j, struct err *e);

/* Append the text to out.  0 or -1. */
int journal_write(const struct journal *j, struct buf *out, struct err *e);

/* Read a text.  0, or -1 with ERR_SYNTAX, ERR_HASH, ERR_UNSAFE or ERR_TOO_LARGE and *j empty. */
int journal_read(const uint8_t *data, size_t len, struct journal *j, struct err *e);

/* Release and leave it empty. */
void journal_free(struct journal *j);

#endif
