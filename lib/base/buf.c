/* SPDX-License-Identifier: ISC */
/* A growable byte buffer with a limit. */
#include "lib/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

int
buf_reserve(struct buf *b, size_t len, struct err *e)
{
	size_t want, size;
	uint8_t *data;

	if (len > b->max - b->len)
		return err_setx(e, ERR_TOO_LARGE, "want at most %zu bytes, got more", b->max);
	want = b->len + len + 1;
	if (want <= b->size)
		return 0;
	size = b->size < 128 ? 256 : b->size * 2;
	if (size < want)
		size = want;
	if (size > b->max + 1)
		size = b->max + 1;
	/* Not realloc(): the old block may hold a key and must be wiped. */
	if ((data = malloc(size)) == NULL)
		return err_nomem(e);
	if (b->len > 0)
		memcpy(data, b->data, b->len);
	data[b->len] = '\0';
	if (b->data != NULL)
		OPENSSL_cleanse(b->data, b->size);
	free(b->data);
	b->data = data;
	b->size = size;
	return 0;
}

int
buf_add(struct buf *b, const void *data, size_t len, struct err *e)
{
	if (buf_reserve(b, len, e) == -1)
		return -1;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int
buf_addc(struct buf *b, char c, struct err *e)
{
	return buf_add(b, &c, 1, e);
}

int
buf_adds(struct buf *b, const char *text, struct err *e)
{
	return buf_add(b, text, strlen(text), e);
}

int
buf_addf(struct buf *b, struct err *e, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return err_setx(e, ERR_SYNTAX, "text can't be formatted");
	if (buf_reserve(b, (size_t)n, e) == -1)
		return -1;
	va_start(ap, fmt);
	vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

const char *
buf_text(const struct buf *b)
{
	return b->data == NULL ? "" : (const char *)b->data;
}

uint8_t *
buf_steal(struct buf *b)
{
	uint8_t *data = b->data;

	b->data = NULL;
	b->len = b->size = 0;
	return data;
}

void
buf_cut(struct buf *b, size_t len)
{
	b->len = len;
	if (b->data != NULL)
		b->data[len] = '\0';
}

void
buf_reset(struct buf *b)
{
	buf_cut(b, 0);
}

void
buf_free(struct buf *b)
{
	if (b->data != NULL)
		OPENSSL_cleanse(b->data, b->size);
	free(b->data);
	b->data = NULL;
	b->len = b->size = 0;
}

const uint8_t *
bytes_find(const void *data, size_t len, const char *text)
{
	const uint8_t *p = data;
	size_t n = strlen(text);

	for (; len >= n; p++, len--)
		if (memcmp(p, text, n) == 0)
			return p;
	return NULL;
}
