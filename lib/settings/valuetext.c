/* SPDX-License-Identifier: ISC */
/* The text form of typed values. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "lib/base/digest.h"
#include "lib/base/text.h"
#include "lib/settings/value.h"

/* What the text form begins with. */
static const char *const prefixes[VALUE_TYPE_COUNT] = {
	[VALUE_EXPAND] = "expand:",
	[VALUE_DWORD] = "dword:",
	[VALUE_QWORD] = "qword:",
	[VALUE_MULTI] = "multi:",
	[VALUE_BINARY] = "hex:",
};

/* The type whose prefix the text begins with; VALUE_STRING where there is none. */
static enum value_type
prefix_of(const char *text, size_t len, size_t *skip)
{
	for (unsigned t = 0; t < VALUE_TYPE_COUNT; t++) {
		size_t n = prefixes[t] == NULL ? 0 : strlen(prefixes[t]);

		if (n > 0 && len >= n && strncasecmp(text, prefixes[t], n) == 0) {
			*skip = n;
			return (enum value_type)t;
		}
	}
	*skip = 0;
	return VALUE_STRING;
}

/*
 * "hex(N):" of a raw value, N in hexadecimal digits as regedit writes it.  Returns the bytes of it,
 * or 0 where the text begins otherwise.
 */
static size_t
raw_prefix(const char *text, size_t len, uint32_t *type)
{
	uint64_t number = 0;
	size_t i = 4;

	if (len < i || strncasecmp(text, "hex(", i) != 0)
		return 0;
	for (; i < len && hex_digit(text[i]) != -1 && number <= UINT32_MAX; i++)
		number = number * 16 + (uint64_t)hex_digit(text[i]);
	if (i == 4 || number > UINT32_MAX || len - i < 2 || text[i] != ')' || text[i + 1] != ':')
		return 0;
	*type = (uint32_t)number;
	return i + 2;
}

static bool
is_quoted(const char *text, size_t len)
{
	return len >= 2 && text[0] == '"' && text[len - 1] == '"';
}

/* Writes a text as it is, or in quotes where it would be read back as something else. */
static int
format_text(const char *text, size_t len, bool plain, struct buf *out, struct err *e)
{
	size_t skip;
	uint32_t raw;
	bool quote = len > 0 &&
	    (text_blank(text[0]) || text_blank(text[len - 1]) || is_quoted(text, len) ||
		(plain &&
		    (prefix_of(text, len, &skip) != VALUE_STRING ||
			raw_prefix(text, len, &raw) > 0)));

	if ((quote && buf_addc(out, '"', e) == -1) || buf_add(out, text, len, e) == -1)
		return -1;
	return quote ? buf_addc(out, '"', e) : 0;
}

/* Each text ends in a bar; a bar or a backslash inside has a backslash before it. */
static int
format_multi(const struct value *v, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < v->len; i++) {
		char c = (char)v->data[i];

		if (((c == '|' || c == '\\') && buf_addc(out, '\\', e) == -1) ||
		    buf_addc(out, c == '\0' ? '|' : c, e) == -1)
			return -1;
	}
	return 0;
}

static int
format_hex(const struct value *v, struct buf *out, struct err *e)
{
	char two[3];

	for (size_t i = 0; i < v->len; i++) {
		hex_encode(v->data + i, 1, two);
		if (buf_add(out, two, 2, e) == -1)
			return -1;
	}
	return 0;
}

int
value_format(const struct value *v, struct buf *out, struct err *e)
{
	size_t start = out->len;
	int rc;

	if (value_check(v, e) == -1)
		return -1;
	if (v->type == VALUE_RAW
		? buf_addf(out, e, "hex(%" PRIx64 "):", v->number) == -1
		: prefixes[v->type] != NULL && buf_adds(out, prefixes[v->type], e) == -1)
		goto fail;
	switch (v->type) {
	case VALUE_STRING:
	case VALUE_EXPAND:
		rc = format_text(value_get_text(v), v->len, v->type == VALUE_STRING, out, e);
		break;
	case VALUE_MULTI:
		rc = format_multi(v, out, e);
		break;
	case VALUE_BINARY:
	case VALUE_RAW:
		rc = format_hex(v, out, e);
		break;
	default:
		rc = buf_addf(out, e, "%" PRIu64, v->number);
	}
	if (rc == 0)
		return 0;
fail:
	buf_cut(out, start);
	return -1;
}

/*
 * Decimal, or hexadecimal behind 0x.  Leading zeros are refused: "dword:00000010" comes from a .reg
 * file, where it means 16.
 */
static int
parse_number(enum value_type type, const char *text, size_t len, struct value *v, struct err *e)
{
	uint64_t most = type == VALUE_DWORD ? UINT32_MAX : UINT64_MAX, number = 0;
	uint64_t base = len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	size_t i = base == 16 ? 2 : 0;

	if (len == 0 || (base == 10 && len > 1 && text[0] == '0'))
		goto bad;
	for (; i < len; i++) {
		uint64_t digit = (uint64_t)hex_digit(text[i]); /* of no digit: above the base */

		if (digit >= base)
			goto bad;
		if (number > (most - digit) / base)
			return err_setx(e, ERR_TOO_LARGE,
			    "value: want a %s of at most %" PRIu64 ", got '%.*s'",
			    value_type_name(type), most, len > 64 ? 64 : (int)len, text);
		number = number * base + digit;
	}
	return value_number(v, type, number, e);
bad:
	return err_setx(e, ERR_SYNTAX,
	    "value: want a %s as decimal digits without leading zeros, or 0x and hexadecimal digits, "
	    "got '%.*s'",
	    value_type_name(type), len > 64 ? 64 : (int)len, text);
}

/* Pairs of hexadecimal digits, a comma between bytes allowed. */
static int
parse_hex(const char *text, size_t len, struct value *v, struct err *e)
{
	struct buf b = BUF_INIT(VALUE_SIZE_MAX);
	int rc = -1;

	for (size_t i = 0; i < len; i += 2) {
		uint8_t byte;

		if (b.len > 0 && text[i] == ',')
			i++;
		if (len - i < 2 || hex_decode(text + i, 2, &byte, 1) == -1) {
			err_setx(e, ERR_SYNTAX,
			    "value: hex: want pairs of hexadecimal digits, got something else at digit %zu",
			    i + 1);
			goto out;
		}
		if (buf_add(&b, &byte, 1, e) == -1)
			goto out;
	}
	rc = value_binary(v, b.data, b.len, e);
out:
	buf_free(&b);
	return rc;
}

/* As format_multi() writes it. */
static int
parse_multi(const char *text, size_t len, struct value *v, struct err *e)
{
	struct buf b = BUF_INIT(VALUE_SIZE_MAX);
	struct value new = VALUE_INIT;
	int rc = -1;

	for (size_t i = 0; i < len; i++) {
		char c = text[i] == '|' ? '\0' : text[i];

		if (c == '\\') {
			if (++i == len || (text[i] != '|' && text[i] != '\\')) {
				err_setx(e, ERR_SYNTAX,
				    "value: multi: want '\\|' or '\\\\' at character %zu", i);
				goto out;
			}
			c = text[i];
		}
		if (buf_addc(&b, c, e) == -1)
			goto out;
	}
	if (b.len > 0 && b.data[b.len - 1] != '\0') {
		err_setx(e, ERR_SYNTAX, "value: multi: want a '|' at the end of each text");
		goto out;
	}
	new = (struct value){ VALUE_MULTI, NULL, b.len, 0 };
	new.data = buf_steal(&b);
	if (value_check(&new, e) == -1)
		goto out;
	*v = new; /* the caller owns it now */
	new = (struct value)VALUE_INIT;
	rc = 0;
out:
	value_free(&new);
	buf_free(&b);
	return rc;
}

int
value_parse(const char *text, size_t len, struct value *v, struct err *e)
{
	enum value_type type;
	uint32_t raw;
	size_t skip;

	/* The code below meets no control character and no NUL. */
	if (text_check(text, len, true, e) == -1)
		return err_context(e, "value");
	text_trim(&text, &len);
	if ((skip = raw_prefix(text, len, &raw)) > 0) {
		if (parse_hex(text + skip, len - skip, v, e) == -1)
			return -1;
		v->type = VALUE_RAW;
		v->number = raw;
		return 0;
	}
	type = prefix_of(text, len, &skip);
	text += skip;
	len -= skip;
	/* Blanks after the prefix are for the eye, but belong to the first text of a multi. */
	if (type != VALUE_MULTI)
		text_trim(&text, &len);
	switch (type) {
	case VALUE_DWORD:
	case VALUE_QWORD:
		return parse_number(type, text, len, v, e);
	case VALUE_BINARY:
		return parse_hex(text, len, v, e);
	case VALUE_MULTI:
		return parse_multi(text, len, v, e);
	default:
		if (is_quoted(text, len)) {
			text++;
			len -= 2;
		}
		return value_text(v, type, text, len, e);
	}
}
