/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_WIRE_H
#define LIB_BASE_WIRE_H

/*
 * The data types of SSH (RFC 4251, section 5), read and written: bytes, 32 and 64 bit numbers in
 * network order, and strings with a 32 bit length before them.
 *
 * A reader that ran out of bytes gives zeros and sets bad, so that callers check once, after a
 * sequence of calls.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

struct wire {
	const uint8_t *p, *end;
	bool bad; /* a call went past the end; it and all later calls give 0 */
};

#define WIRE_INIT(data, len) \
	{ \
		(data), (data) + (len), false \
	}

uint8_t wire_u8(struct wire *w);
uint32_t wire_u32(struct wire *w);
uint64_t wire_u64(struct wire *w);

/*
 * The bytes of a string, within the input, and their number; NULL and 0 when the input ends first.
 */
const uint8_t *wire_string(struct wire *w, size_t *len);

/* Whether the next string is exactly this text; it is read in any case. */
bool wire_is(struct wire *w, const char *text);

/* Append to a buffer.  0, or -1 with ERR_TOO_LARGE or ERR_NOMEM. */
int wire_put_u8(struct buf *b, uint8_t v, struct err *e);
int wire_put_u32(struct buf *b, uint32_t v, struct err *e);
int wire_put_u64(struct buf *b, uint64_t v, struct err *e);
int wire_put_string(struct buf *b, const void *data, size_t len, struct err *e);
int wire_put_text(struct buf *b, const char *text, struct err *e);

/*
 * A number of len bytes without sign, in network order, as a string without leading zeros (mpint).
 */
int wire_put_mpint(struct buf *b, const uint8_t *data, size_t len, struct err *e);

#endif
