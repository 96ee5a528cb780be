/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_REGFILE_H
#define LIB_SETTINGS_REGFILE_H

/*
 * Registry export files (.reg, "Windows Registry Editor Version 5.00"), as regedit writes and reads
 * them: UTF-16LE with a byte order mark, or UTF-8 with or without one.  Grammar: docs/settings.md.
 */

#include <stdbool.h>

#include "lib/settings/changeset.h"

#define REG_FILE_MAX (32u * 1024 * 1024) /* bytes */
/* bytes of one entry as UTF-8, its continuation lines included */
#define REG_LINE_MAX (1024u * 1024)

/*
 * Append the changes of the file to c.  0, or -1 with c unchanged and ERR_SYNTAX or ERR_TOO_LARGE
 * (the text begins with "line N: "), or ERR_NOMEM.  Entries that settings can't hold are refused:
 * REG_NONE and other types without a counterpart, texts with control characters.  Default values of
 * keys (@), which regedit writes for many keys, are left out; reg_parse_counting() counts them in
 * *left_out.
 */
int reg_parse(const void *data, size_t len, struct changeset *c, struct err *e);
int reg_parse_counting(const void *data, size_t len, struct changeset *c, size_t *left_out,
    struct err *e);

/*
 * The same for a caller who goes on behind entries that settings can't hold.  Each function gets
 * the number of the line at which the entry begins; NULL: such entries are skipped.
 */
struct reg_visitor {
	int (*change)(void *arg, size_t line, const struct change *x, struct err *e);
	/* what stands in the file and is no change: why, made safe */
	int (*refused)(void *arg, size_t line, const char *why, struct err *e);
	int (*comment)(void *arg, size_t line, const char *text, struct err *e);
	void *arg;
};

/*
 * Visits the entries of a file in their order.  0, or -1 with the error of a function, or where the
 * whole file can't be read (another encoding, no head) as reg_parse().  An entry behind a key that
 * is refused is skipped without a word.
 */
int reg_visit(const void *data, size_t len, const struct reg_visitor *v, struct err *e);

/* Whether a file is meant to be one: its first line that isn't blank is a head or a key. */
bool reg_is_file(const void *data, size_t len);

/*
 * Write a file: the head, then for each key its line and its values.  Text is UTF-8 with CR LF;
 * reg_encode() makes the file.
 */
int reg_begin(struct buf *out, struct err *e);
int reg_key(struct buf *out, const char *key, struct err *e);
int reg_value(struct buf *out, const char *name, const struct value *v, struct err *e);

/* Append the text as it is stored: UTF-16LE with its mark, or UTF-8 without. */
int reg_encode(const struct buf *text, bool utf16, struct buf *out, struct err *e);

#endif
