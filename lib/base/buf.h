/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_BUF_H
#define LIB_BASE_BUF_H

/*
 * A growable byte buffer with a limit, so that nothing from outside can make it grow without bound.
 *
 * Start with BUF_INIT(max); release with buf_free().  After a failed call the content is as before.
 * The bytes are always followed by a NUL that len doesn't count, so that texts can be printed.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct buf {
	uint8_t *data; /* owned; NULL while empty and never grown */
	size_t len;    /* bytes used */
	size_t size;   /* bytes allocated */
	size_t max;    /* most bytes that len may reach */
};

#define BUF_INIT(most) \
	{ \
		NULL, 0, 0, (most) \
	}

/* Append.  0, or -1 with ERR_TOO_LARGE or ERR_NOMEM. */
int buf_add(struct buf *b, const void *data, size_t len, struct err *e);
int buf_addc(struct buf *b, char c, struct err *e);
int buf_adds(struct buf *b, const char *text, struct err *e);
__attribute__((format(printf, 3, 4))) int
buf_addf(struct buf *b, struct err *e, const char *fmt, ...);

/* Make room for len more bytes without changing the content.  0, or -1 as above. */
int buf_reserve(struct buf *b, size_t len, struct err *e);

/* The bytes as NUL-terminated text: "" while empty.  Owned by b, valid until it changes. */
const char *buf_text(const struct buf *b);

/* Hand the bytes over to the caller, who frees them, and leave b empty.  NULL if it never grew. */
uint8_t *buf_steal(struct buf *b);

/* Keep the first len bytes, of which b has as many or more, and the memory. */
void buf_cut(struct buf *b, size_t len);

/* Empty it and keep the memory. */
void buf_reset(struct buf *b);

/* The first place of a text in len bytes, or NULL: memmem(), which not every platform has. */
const uint8_t *bytes_find(const void *data, size_t len, const char *text);

/* Release the memory, wiping it first (it may have held keys), and leave b empty and usable. */
void buf_free(struct buf *b);

#endif
