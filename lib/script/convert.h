/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_CONVERT_H
#define LIB_SCRIPT_CONVERT_H

/*
 * Changes of settings as Windows' own tools take them, as a configuration script: registry export
 * files (regfile.h), and the commands "reg add" and "reg delete" of batch files (batch.h).
 *
 * In a batch file "%NAME%" and "%%" stay as they are: both are read when the script runs.  Nobody
 * expands the texts of a registry export file, so there each '%' becomes "%%".
 */
#include "lib/settings/changeset.h"

/* Bytes of a file that is turned. */
#define CONVERT_FILE_MAX (32u * 1024 * 1024)

/* What a caller gets to know, each with the number of its line, in the order of the lines. */
struct convert_told {
	/* a line that isn't turned, and why; made safe */
	int (*lost)(void *arg, size_t line, const char *why, struct err *e);
	/* a line that is turned and needs a person's look */
	int (*look)(void *arg, size_t line, const char *why, struct err *e);
	void *arg;
};

/* The changes of a script, by the part of a release that it has to be in. */
struct convert_count {
	size_t machine, user; /* of HKLM, of HKCU */
};

/*
 * Append the script of a file to out, with the comments of the file; told may be NULL.  0 with the
 * changes counted in *n, or -1 with out unchanged: the error of a function, ERR_SYNTAX where the
 * whole file can't be read, ERR_TOO_LARGE (over CONVERT_FILE_MAX, or the script over
 * SCRIPT_SIZE_MAX) or ERR_NOMEM.
 */
int convert(const void *data, size_t len, const struct convert_told *told, struct buf *out,
    struct convert_count *n, struct err *e);

/*
 * Append the line of a script that makes a change, without a line end.  Texts of its value are as a
 * script writes them: "%%" for one '%'.  0, or -1 with ERR_TOO_LARGE or ERR_NOMEM.
 */
int convert_change(const struct change *x, struct buf *out, struct err *e);

/*
 * The first change of a file: append its line of Lua to out, without a line end, and set *line to
 * the number of its line.  1, 0 there is none, -1 with ERR_NOMEM or ERR_TOO_LARGE.
 */
int convert_first(const void *data, size_t len, size_t *line, struct buf *out, struct err *e);

#endif
