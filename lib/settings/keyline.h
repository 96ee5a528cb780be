/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_KEYLINE_H
#define LIB_SETTINGS_KEYLINE_H

/*
 * One line of a key file: its kind, and the written form of a value's name.  Grammar:
 * docs/settings.md.
 */

#include "lib/settings/changeset.h"

/* Bytes of one line, without its ending: room for the longest value in its longest text form. */
#define KEYLINE_MAX (256u * 1024)

enum keyline_kind { KEYLINE_BLANK, KEYLINE_COMMENT, KEYLINE_SECTION, KEYLINE_VALUE };

struct keyline {
	enum keyline_kind kind;
	const char *key; /* SECTION: the text between the brackets; points into the line */
	size_t key_len;
	char name[SETTING_NAME_MAX + 1]; /* VALUE: without its quotes */
	/* VALUE: where its text form begins in the line; it ends with the line */
	size_t value_at;
};

/*
 * Take a line apart.  Name and value are checked; setting_key_normal() checks the key. 0, or -1
 * with *l undefined and ERR_SYNTAX or ERR_TOO_LARGE.
 */
int keyline_parse(const char *line, size_t len, struct keyline *l, struct err *e);

/* Append a name in the form before the '=': in double quotes where the grammar wants them. */
int keyline_format_name(const char *name, struct buf *out, struct err *e);

#endif
