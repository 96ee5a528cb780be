/* SPDX-License-Identifier: ISC */
/* Rules for texts. */
#include "lib/base/text.h"

#include <stdint.h>
#include <string.h>

bool
valid_utf8(const void *text, size_t len)
{
	const uint8_t *p = text, *end = p + len;

	while (p < end) {
		uint32_t c = *p++, least;
		int more;

		if (c < 0x80)
			continue;
		if (c >= 0xc2 && c <= 0xdf)
			more = 1, c &= 0x1f, least = 0x80;
		else if (c >= 0xe0 && c <= 0xef)
			more = 2, c &= 0x0f, least = 0x800;
		else if (c >= 0xf0 && c <= 0xf4)
			more = 3, c &= 0x07, least = 0x10000;
		else
			return false;
		for (; more > 0; more--) {
			if (p == end || (*p & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*p++ & 0x3f);
		}
		if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

size_t
text_control(const char *text, size_t len, bool tab)
{
	size_t i = 0;

	while (i < len && ((unsigned char)text[i] >= 0x20 || (tab && text[i] == '\t')) &&
	    text[i] != 0x7f)
		i++;
	return i;
}

int
text_check(const char *text, size_t len, bool tab, struct err *e)
{
	size_t at = text_control(text, len, tab);

	if (!valid_utf8(text, len))
		return err_setx(e, ERR_SYNTAX, "want UTF-8 text, got other bytes");
	if (at < len)
		return err_setx(e, ERR_SYNTAX,
		    "want text without control characters, got 0x%02x at byte %zu",
		    (unsigned)(unsigned char)text[at], at);
	return 0;
}

bool
text_blank(char c)
{
	return c == ' ' || c == '\t';
}

void
text_trim(const char **text, size_t *len)
{
	while (*len > 0 && text_blank((*text)[*len - 1]))
		--*len;
	while (*len > 0 && text_blank(**text)) {
		++*text;
		--*len;
	}
}

size_t
text_line(const void *text, size_t len)
{
	const char *p = text;
	size_t n = 0;

	while (n < len && p[n] != '\r' && p[n] != '\n')
		n++;
	return n;
}

char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool
ascii_same_n(const char *a, size_t alen, const char *b, size_t blen)
{
	if (alen != blen)
		return false;
	for (size_t i = 0; i < alen; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

bool
ascii_same(const char *a, const char *b)
{
	return ascii_same_n(a, strlen(a), b, strlen(b));
}
