/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_VALUE_H
#define LIB_SETTINGS_VALUE_H

/*
 * One typed value of a setting, with the types of the Windows registry.
 *
 *   type     data                                                          number
 *   string   text and a final NUL; len counts the text                     0
 *   expand   the same; holds %NAME%, expanded by whoever reads it          0
 *   multi    texts, each with its NUL, one after the other; len counts all 0
 *   binary   len bytes                                                     0
 *   dword    NULL, len 0                                                   up to 2^32 - 1
 *   qword    NULL, len 0                                                   up to 2^64 - 1
 */

#include "lib/base/buf.h"

enum value_type {
	VALUE_STRING,
	VALUE_EXPAND,
	VALUE_DWORD,
	VALUE_QWORD,
	VALUE_MULTI,
	VALUE_BINARY,
	VALUE_TYPE_COUNT, /* types of settings */
	/*
	 * None of them: bytes of the registry as another program wrote them, under its type in
	 * number.  Such a value is replaced, removed and brought back, and never read.
	 */
	VALUE_RAW
};

/* Most bytes of one value's data. */
#define VALUE_SIZE_MAX (64u * 1024)

struct value {
	enum value_type type;
	uint8_t *data; /* owned */
	size_t len;
	uint64_t number;
};

#define VALUE_INIT \
	{ \
		VALUE_STRING, NULL, 0, 0 \
	}

/*
 * Make a value in *v (which holds nothing that must be freed).  Data is copied.  0, or -1 with *v
 * unchanged.
 */
int value_text(struct value *v, enum value_type type, const char *text, size_t len, struct err *e);
int value_number(struct value *v, enum value_type type, uint64_t number, struct err *e);
int value_multi(struct value *v, const char *const *texts, size_t n, struct err *e);
int value_binary(struct value *v, const void *data, size_t len, struct err *e);
int value_raw(struct value *v, uint32_t type, const void *data, size_t len, struct err *e);

/*
 * Whether v is well formed by the table above: known type, sizes within limits, texts valid UTF-8
 * without NUL or control characters other than tab (string, expand, multi).  0, or -1 with
 * ERR_SYNTAX or ERR_TOO_LARGE.
 */
int value_check(const struct value *v, struct err *e);

int value_copy(struct value *to, const struct value *from, struct err *e);
/* Whether type and content are the same, byte for byte. */
int value_equal(const struct value *a, const struct value *b);
/* The text of a string or expand value; "" for the others.  Owned by v. */
const char *value_get_text(const struct value *v);
/* Release and leave an empty string value. */
void value_free(struct value *v);

/* "string", "expand", "dword", "qword", "multi", "binary"; "raw"; NULL / -1 for anything else. */
const char *value_type_name(enum value_type type);
int value_type_parse(const char *name, enum value_type *type);

/*
 * The text form that key files and people use, and back: raw text for strings, else with a prefix
 * ("dword:1", "multi:…"); the grammar is in docs/settings.md.  format appends to out.
 */
int value_format(const struct value *v, struct buf *out, struct err *e);
int value_parse(const char *text, size_t len, struct value *v, struct err *e);

#endif
