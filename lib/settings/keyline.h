/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_KEYLINE_H
#define LIB_SETTINGS_KEYLINE_H

/*
 * One line of a key file: what it is, and how the name of a value is written.  Grammar:
 * docs/settings.md.
 */

#include "lib/settings/changeset.h"

/* Bytes of one line, without its ending: room for the longest value in its longest text form. */
#define KEYLINE_MAX (256u * 1024)

enum keyline_kind { KEYLINE_BLANK, KEYLINE_COMMENT, KEYLINE_SECTION, KEYLINE_VALUE };

struct keyline {
	enum keyline_kind kind;
	const char *key; /* SECTION: what is between the brackets; points into the line */
	size_t key_len;
	char name[SETTING_NAME_MAX + 1]; /* VALUE: without its quotes */
	/* VALUE: where its text form begins in the line; it ends with the line */
	size_t value_at;
};

/*
 * Take a line apart.  Name and value are checked, the key is not (setting_key_normal() does).
 * 0, or -1 with *l undefined and ERR_SYNTAX or ERR_TOO_LARGE.
 */
int keyline_parse(const char *line, size_t len, struct keyline *l, struct err *e);

/* Append a name as it is written before the '=': in double quotes where it must be. */
int keyline_format_name(const char *name, struct buf *out, struct err *e);

#endif
