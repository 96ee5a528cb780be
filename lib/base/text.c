/* SPDX-License-Identifier: ISC */
/* Rules for texts, and texts from outside made safe. */
#include "lib/base/text.h"

#include <stdio.h>
#include <string.h>

/*
 * Reads the character that begins at p.  Returns its bytes and sets *c; 0 where p isn't the
 * beginning of a whole, well-formed one.
 */
static size_t
character(const uint8_t *p, const uint8_t *end, uint32_t *c)
{
	uint32_t least;
	size_t more;

	*c = *p;
	if (*p < 0x80)
		return 1;
	if (*p >= 0xc2 && *p <= 0xdf)
		more = 1, *c &= 0x1f, least = 0x80;
	else if (*p >= 0xe0 && *p <= 0xef)
		more = 2, *c &= 0x0f, least = 0x800;
	else if (*p >= 0xf0 && *p <= 0xf4)
		more = 3, *c &= 0x07, least = 0x10000;
	else
		return 0;
	if ((size_t)(end - p) <= more)
		return 0;
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3f);
	}
	return *c < least || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff) ? 0 : more + 1;
}

bool
valid_utf8(const void *text, size_t len)
{
	const uint8_t *p = text, *end = p + len;
	uint32_t c;
	size_t n;

	for (; p < end; p += n)
		if ((n = character(p, end, &c)) == 0)
			return false;
	return true;
}

/*
 * Whether a character drives a terminal, breaks a line, or changes how what stands beside it is
 * read: controls of both sets, line and paragraph separators, directions, tags, and what has no
 * width and joins nothing.
 */
static bool
hostile(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{ 0x00, 0x1f },
		{ 0x7f, 0x9f },
		{ 0x61c, 0x61c },
		{ 0x200b, 0x200b },
		{ 0x200e, 0x200f },
		{ 0x2028, 0x202e },
		{ 0x2060, 0x206f },
		{ 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb },
		{ 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

uint32_t
text_char(const char *text, size_t len, size_t *at)
{
	const uint8_t *p = (const uint8_t *)text + *at;
	uint32_t c;
	size_t n = character(p, p + (len - *at), &c);

	*at += n == 0 ? 1 : n;
	return n == 0 ? TEXT_BYTE + *p : c;
}

size_t
text_safe_next(const char **text, size_t *len, char out[TEXT_SAFE_NEXT])
{
	const uint8_t *p = (const uint8_t *)*text;
	uint32_t c;
	size_t n = character(p, p + *len, &c);
	int made;

	if (n > 0 && !hostile(c)) {
		memcpy(out, p, n);
		out[n] = '\0';
		made = (int)n;
	} else if (n > 1) {
		made = snprintf(out, TEXT_SAFE_NEXT, "\\u{%x}", (unsigned)c);
	} else {
		made = snprintf(out, TEXT_SAFE_NEXT, "\\x%02x", (unsigned)*p);
		n = 1;
	}
	*text += n;
	*len -= n;
	return (size_t)made;
}

size_t
text_safe(char *out, size_t size, const char *text, size_t len, bool cut)
{
	size_t n = 0, whole = 0;
	char next[TEXT_SAFE_NEXT];

	/* A character that the cut went through isn't shown. */
	if (cut)
		len = text_cut(text, len, len);
	while (len > 0) {
		size_t add = text_safe_next(&text, &len, next);

		if (n + add + 1 > size) {
			cut = true;
			break;
		}
		memcpy(out + n, next, add);
		n += add;
		if (n + 4 <= size)
			whole = n;
	}
	if (cut) {
		n = whole;
		memcpy(out + n, "...", 3);
		n += 3;
	}
	out[n] = '\0';
	return n;
}

int
text_add_percent(struct buf *out, const char *text, const char *also, struct err *e)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || strchr("-._~", c) != NULL || strchr(also, c) != NULL;

		if ((plain ? buf_addc(out, (char)c, e) : buf_addf(out, e, "%%%02X", c)) == -1)
			return -1;
	}
	return 0;
}

bool
text_is_safe(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + len;
	uint32_t c;
	size_t n;

	for (; p < end; p += n)
		if ((n = character(p, end, &c)) == 0 || hostile(c))
			return false;
	return true;
}

int
text_add_safe(struct buf *out, const char *text, size_t len, struct err *e)
{
	char next[TEXT_SAFE_NEXT];

	while (len > 0) {
		size_t n = text_safe_next(&text, &len, next);

		if (buf_add(out, next, n, e) == -1)
			return -1;
	}
	return 0;
}

size_t
text_cut(const char *text, size_t len, size_t most)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t n = len < most ? len : most, start = n;
	uint32_t c;

	/*
	 * Only a character that goes on behind the cut is taken away; other bytes are as they are.
	 */
	while (start > 0 && n - start < 4 && (p[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && p[start - 1] >= 0xc2 && p[start - 1] <= 0xf4 &&
	    character(p + start - 1, p + n, &c) == 0)
		return start - 1;
	return n;
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

/* Whether a text begins as UTF-16 does: with its mark, or two letters of ASCII. */
static bool
is_utf16(const uint8_t *p, size_t len)
{
	if (len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return true;
	return len >= 4 && (p[0] == 0) == (p[2] == 0) && (p[1] == 0) == (p[3] == 0) &&
	    (p[0] == 0) != (p[1] == 0);
}

int
text_begin(const void **text, size_t *len, struct err *e)
{
	const uint8_t *p = *text;

	if (is_utf16(p, *len))
		return err_setx(e, ERR_SYNTAX, "want UTF-8 text, got UTF-16; save it as UTF-8");
	if (*len >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) {
		*text = p + 3;
		*len -= 3;
	}
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

int
text_quote_shell(struct buf *out, const char *text, struct err *e)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "@%_-+=:,./";

	if (*text != '\0' && text[strspn(text, plain)] == '\0')
		return buf_adds(out, text, e);
	if (buf_addc(out, '\'', e) == -1)
		return -1;
	for (; *text != '\0'; text++)
		if ((*text == '\'' ? buf_adds(out, "'\\''", e) : buf_addc(out, *text, e)) == -1)
			return -1;
	return buf_addc(out, '\'', e);
}

const char *
text_shell_word(const char *text, char *out, size_t size)
{
	struct buf word = BUF_INIT(size - 1);
	struct err e;

	if (text_quote_shell(&word, text, &e) == -1)
		buf_reset(&word);
	memcpy(out, buf_text(&word), word.len + 1);
	buf_free(&word);
	return out;
}
