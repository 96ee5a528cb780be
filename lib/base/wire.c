/* SPDX-License-Identifier: ISC */
/* The data types of SSH. */
#include "lib/base/wire.h"

#include <string.h>

static uint64_t
read_uint(struct wire *w, size_t bytes)
{
	uint64_t v = 0;

	if ((size_t)(w->end - w->p) < bytes) {
		w->p = w->end;
		w->bad = true;
		return 0;
	}
	while (bytes-- > 0)
		v = v << 8 | *w->p++;
	return v;
}

uint8_t
wire_u8(struct wire *w)
{
	return (uint8_t)read_uint(w, 1);
}

uint32_t
wire_u32(struct wire *w)
{
	return (uint32_t)read_uint(w, 4);
}

uint64_t
wire_u64(struct wire *w)
{
	return read_uint(w, 8);
}

const uint8_t *
wire_string(struct wire *w, size_t *len)
{
	uint32_t n = wire_u32(w);
	const uint8_t *data = w->p;

	*len = 0;
	if (w->bad || (size_t)(w->end - w->p) < n) {
		w->p = w->end;
		w->bad = true;
		return NULL;
	}
	w->p += n;
	*len = n;
	return data;
}

bool
wire_is(struct wire *w, const char *text)
{
	size_t len;
	const uint8_t *data = wire_string(w, &len);

	return data != NULL && len == strlen(text) && memcmp(data, text, len) == 0;
}

int
wire_put_u8(struct buf *b, uint8_t v, struct err *e)
{
	return buf_add(b, &v, 1, e);
}

static int
put_number(struct buf *b, uint64_t v, size_t bytes, struct err *e)
{
	uint8_t raw[8];

	for (size_t i = bytes; i-- > 0; v >>= 8)
		raw[i] = (uint8_t)v;
	return buf_add(b, raw, bytes, e);
}

int
wire_put_u32(struct buf *b, uint32_t v, struct err *e)
{
	return put_number(b, v, 4, e);
}

int
wire_put_u64(struct buf *b, uint64_t v, struct err *e)
{
	return put_number(b, v, 8, e);
}

int
wire_put_string(struct buf *b, const void *data, size_t len, struct err *e)
{
	if (len > UINT32_MAX)
		return err_setx(e, ERR_TOO_LARGE, "string of %zu bytes", len);
	if (wire_put_u32(b, (uint32_t)len, e) == -1)
		return -1;
	return buf_add(b, data, len, e);
}

int
wire_put_text(struct buf *b, const char *text, struct err *e)
{
	return wire_put_string(b, text, strlen(text), e);
}

int
wire_put_mpint(struct buf *b, const uint8_t *data, size_t len, struct err *e)
{
	bool pad;

	while (len > 0 && *data == 0) {
		data++;
		len--;
	}
	/* Numbers have a sign: one whose first bit is set needs a zero byte before it. */
	pad = len > 0 && (data[0] & 0x80) != 0;
	if (wire_put_u32(b, (uint32_t)(len + pad), e) == -1 || (pad && wire_put_u8(b, 0, e) == -1))
		return -1;
	return buf_add(b, data, len, e);
}
