/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_REGFILE_H
#define LIB_SETTINGS_REGFILE_H

/*
 * Registry export files (.reg, "Windows Registry Editor Version 5.00"), as regedit writes and reads
 * them: UTF-16LE with a byte order mark, or UTF-8 with or without one.  Grammar: docs/settings.md.
 */

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
 * Write a file: the head, then for each key its line and its values.  Text is UTF-8 with CR LF;
 * reg_encode() makes the file.
 */
int reg_begin(struct buf *out, struct err *e);
int reg_key(struct buf *out, const char *key, struct err *e);
int reg_value(struct buf *out, const char *name, const struct value *v, struct err *e);

/* Append the text as it is stored: UTF-16LE with its mark, or UTF-8 without. */
int reg_encode(const struct buf *text, bool utf16, struct buf *out, struct err *e);

#endif
