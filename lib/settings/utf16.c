/* SPDX-License-Identifier: ISC */
/* UTF-16LE and UTF-8. */
#include "lib/settings/utf16.h"

#include "lib/base/text.h"

static bool
high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool
low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

static int
put_utf8(uint32_t c, struct buf *out, struct err *e)
{
	uint8_t b[4];
	size_t n;

	if (c < 0x80) {
		b[0] = (uint8_t)c;
		return buf_add(out, b, 1, e);
	}
	n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		b[i] = (uint8_t)(0x80 | (c & 0x3f));
	b[0] = (uint8_t)(c | (n == 2 ? 0xc0u : n == 3 ? 0xe0u : 0xf0u));
	return buf_add(out, b, n, e);
}

static uint32_t
unit_at(const uint8_t *data, size_t i)
{
	return (uint32_t)data[i] | (uint32_t)data[i + 1] << 8;
}

int
utf16_to_utf8(const uint8_t *data, size_t len, struct buf *out, struct err *e)
{
	if (len % 2 != 0)
		return err_setx(e, ERR_SYNTAX, "UTF-16: half a character at the end");
	for (size_t i = 0; i < len; i += 2) {
		uint32_t c = unit_at(data, i);

		if (high(c) && i + 2 < len && low(unit_at(data, i + 2))) {
			c = 0x10000 + ((c - 0xd800) << 10) + (unit_at(data, i + 2) - 0xdc00);
			i += 2;
		} else if (high(c) || low(c)) {
			return err_setx(e, ERR_SYNTAX, "UTF-16: half a surrogate pair at byte %zu",
			    i);
		}
		if (put_utf8(c, out, e) == -1)
			return -1;
	}
	return 0;
}

static int
put_unit(uint32_t unit, struct buf *out, struct err *e)
{
	const uint8_t b[2] = { (uint8_t)unit, (uint8_t)(unit >> 8) };

	return buf_add(out, b, 2, e);
}

int
utf8_to_utf16(const char *text, size_t len, struct buf *out, struct err *e)
{
	const uint8_t *p = (const uint8_t *)text;

	if (!valid_utf8(text, len))
		return err_setx(e, ERR_SYNTAX, "want UTF-8, got other bytes");
	for (size_t i = 0; i < len;) {
		size_t n = p[i] < 0x80 ? 1 : p[i] < 0xe0 ? 2 : p[i] < 0xf0 ? 3 : 4;
		uint32_t c = n == 1 ? p[i] : p[i] & (0xffu >> (n + 1));

		for (size_t k = 1; k < n; k++)
			c = c << 6 | (p[i + k] & 0x3f);
		i += n;
		if (c < 0x10000 ? put_unit(c, out, e) == -1
				: put_unit(0xd800 + ((c - 0x10000) >> 10), out, e) == -1 ||
			    put_unit(0xdc00 + ((c - 0x10000) & 0x3ff), out, e) == -1)
			return -1;
	}
	return 0;
}
