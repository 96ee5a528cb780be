/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_RAWVALUE_H
#define LIB_SETTINGS_RAWVALUE_H

/*
 * The bytes in which the registry holds a value, to a typed value and back.  No I/O, and the same
 * on every platform.
 */

#include "lib/settings/value.h"

/* Types of the registry (winnt.h). */
enum raw_type {
	RAW_SZ = 1,
	RAW_EXPAND_SZ = 2,
	RAW_BINARY = 3,
	RAW_DWORD = 4,
	RAW_MULTI_SZ = 7,
	RAW_QWORD = 11
};

/*
 * Most bytes of the raw form of a value within VALUE_SIZE_MAX: each byte of a text takes at most
 * two, and each text an end.
 */
#define RAW_SIZE_MAX (2 * VALUE_SIZE_MAX + 4)

/*
 * Make *v (which holds nothing that must be freed) of len bytes that the registry has under type.
 * Programs write texts without their final NUL, or with several; this function reads both, as
 * Windows does.  0, or -1 with ERR_SYNTAX for values without a counterpart: other types, half a
 * character, a NUL with text behind it, a number of another size, control characters; or
 * ERR_TOO_LARGE or ERR_NOMEM.
 */
int raw_parse(uint32_t type, const uint8_t *data, size_t len, struct value *v, struct err *e);

/*
 * The same as other programs read it: a text ends at its first NUL, a list at its first empty text,
 * and half a character at the end counts for nothing.
 */
int raw_read(uint32_t type, const uint8_t *data, size_t len, struct value *v, struct err *e);

/* The same for a value that may have to be brought back: VALUE_RAW where raw_parse() refuses. */
int raw_keep(uint32_t type, const uint8_t *data, size_t len, struct value *v, struct err *e);

/*
 * Append the raw form of v, its texts ended.  0, or -1 with ERR_SYNTAX (an empty text in a multi
 * ends it there) or as buf_add().
 */
int raw_format(const struct value *v, uint32_t *type, struct buf *out, struct err *e);

#endif
