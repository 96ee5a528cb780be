/* SPDX-License-Identifier: ISC */
/*
 * Typed values: building, checking, comparing, and their text form.
 */
#include "lib/settings/value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/digest.h"
#include "lib/base/text.h"

static const struct {
	const char *name;
	const char *prefix; /* of the text form; NULL: none */
} types[VALUE_TYPE_COUNT] = {
	[VALUE_STRING] = { "string", NULL },
	[VALUE_EXPAND] = { "expand", "expand:" },
	[VALUE_DWORD] = { "dword", "dword:" },
	[VALUE_QWORD] = { "qword", "qword:" },
	[VALUE_MULTI] = { "multi", "multi:" },
	[VALUE_BINARY] = { "binary", "hex:" },
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* UTF-8 without control characters; tab is what people use as a separator and stays. */
static int
check_text(const char *text, size_t len, struct err *e)
{
	if (!valid_utf8(text, len))
		return err_setx(e, ERR_SYNTAX, "value: want UTF-8 text, got other bytes");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return err_setx(e, ERR_SYNTAX,
			    "value: want text without control characters, got 0x%02x at byte %zu",
			    c, i);
	}
	return 0;
}

static int
check_size(size_t len, struct err *e)
{
	if (len > VALUE_SIZE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "value: want at most %u bytes, got %zu",
		    VALUE_SIZE_MAX, len);
	return 0;
}

/* A copy with a NUL behind it that len doesn't count. */
static uint8_t *
copy_bytes(const void *data, size_t len, struct err *e)
{
	uint8_t *copy = malloc(len + 1);

	if (copy == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

int
value_text(struct value *v, enum value_type type, const char *text, size_t len, struct err *e)
{
	uint8_t *copy;

	if (type != VALUE_STRING && type != VALUE_EXPAND)
		return err_setx(e, ERR_USAGE, "value: this type holds no text");
	if (check_size(len, e) == -1 || check_text(text, len, e) == -1 ||
	    (copy = copy_bytes(text, len, e)) == NULL)
		return -1;
	*v = (struct value){ type, copy, len, 0 };
	return 0;
}

int
value_number(struct value *v, enum value_type type, uint64_t number, struct err *e)
{
	if (type != VALUE_DWORD && type != VALUE_QWORD)
		return err_setx(e, ERR_USAGE, "value: this type holds no number");
	if (type == VALUE_DWORD && number > UINT32_MAX)
		return err_setx(e, ERR_TOO_LARGE,
		    "value: want a dword of at most %" PRIu32 ", got %" PRIu64, UINT32_MAX, number);
	*v = (struct value){ type, NULL, 0, number };
	return 0;
}

int
value_multi(struct value *v, const char *const *texts, size_t n, struct err *e)
{
	struct buf b = BUF_INIT(VALUE_SIZE_MAX);
	int rc = -1;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(texts[i]);

		if (check_text(texts[i], len, e) == -1 || buf_add(&b, texts[i], len + 1, e) == -1)
			goto out;
	}
	*v = (struct value){ VALUE_MULTI, NULL, b.len, 0 };
	v->data = buf_steal(&b);
	rc = 0;
out:
	buf_free(&b);
	return rc;
}

int
value_binary(struct value *v, const void *data, size_t len, struct err *e)
{
	uint8_t *copy;

	if (check_size(len, e) == -1 || (copy = copy_bytes(data, len, e)) == NULL)
		return -1;
	*v = (struct value){ VALUE_BINARY, copy, len, 0 };
	return 0;
}

static int
check_multi(const struct value *v, struct err *e)
{
	const char *p = (const char *)v->data, *end = p + v->len;

	if (v->len > 0 && v->data[v->len - 1] != '\0')
		return err_setx(e, ERR_SYNTAX, "value: the last text of a multi has no end");
	while (p < end) {
		size_t len = strlen(p);

		if (check_text(p, len, e) == -1)
			return -1;
		p += len + 1;
	}
	return 0;
}

int
value_check(const struct value *v, struct err *e)
{
	if ((unsigned)v->type >= VALUE_TYPE_COUNT)
		return err_setx(e, ERR_SYNTAX, "value: unknown type %u", (unsigned)v->type);
	if (check_size(v->len, e) == -1)
		return -1;
	if (v->len > 0 && v->data == NULL)
		return err_setx(e, ERR_SYNTAX, "value: a length without data");
	switch (v->type) {
	case VALUE_DWORD:
	case VALUE_QWORD:
		if (v->len != 0)
			return err_setx(e, ERR_SYNTAX, "value: a number with data");
		if (v->type == VALUE_DWORD && v->number > UINT32_MAX)
			return err_setx(e, ERR_TOO_LARGE, "value: a dword over 32 bits");
		return 0;
	case VALUE_STRING:
	case VALUE_EXPAND:
		if (v->data != NULL && v->data[v->len] != '\0')
			return err_setx(e, ERR_SYNTAX, "value: a text without its final NUL");
		return v->len == 0 ? 0 : check_text((const char *)v->data, v->len, e);
	case VALUE_MULTI:
		return v->len == 0 ? 0 : check_multi(v, e);
	default:
		return 0;
	}
}

int
value_copy(struct value *to, const struct value *from, struct err *e)
{
	uint8_t *data = NULL;

	if (from->data != NULL && (data = copy_bytes(from->data, from->len, e)) == NULL)
		return -1;
	*to = (struct value){ from->type, data, from->len, from->number };
	return 0;
}

int
value_equal(const struct value *a, const struct value *b)
{
	return a->type == b->type && a->number == b->number && a->len == b->len &&
	    (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

const char *
value_get_text(const struct value *v)
{
	if ((v->type != VALUE_STRING && v->type != VALUE_EXPAND) || v->data == NULL)
		return "";
	return (const char *)v->data;
}

void
value_free(struct value *v)
{
	free(v->data);
	*v = (struct value)VALUE_INIT;
}

const char *
value_type_name(enum value_type type)
{
	return (unsigned)type < VALUE_TYPE_COUNT ? types[type].name : NULL;
}

int
value_type_parse(const char *name, enum value_type *type)
{
	for (unsigned t = 0; t < VALUE_TYPE_COUNT; t++)
		if (strcmp(types[t].name, name) == 0) {
			*type = (enum value_type)t;
			return 0;
		}
	return -1;
}

/* The type whose prefix the text begins with; VALUE_STRING where there is none. */
static enum value_type
prefix_of(const char *text, size_t len, size_t *skip)
{
	for (unsigned t = 0; t < VALUE_TYPE_COUNT; t++) {
		size_t n = types[t].prefix == NULL ? 0 : strlen(types[t].prefix);

		if (n > 0 && len >= n && strncasecmp(text, types[t].prefix, n) == 0) {
			*skip = n;
			return (enum value_type)t;
		}
	}
	*skip = 0;
	return VALUE_STRING;
}

static bool
is_quoted(const char *text, size_t len)
{
	return len >= 2 && text[0] == '"' && text[len - 1] == '"';
}

/* Text as it is, or in quotes where it would be read back as something else. */
static int
format_text(const char *text, size_t len, bool plain, struct buf *out, struct err *e)
{
	size_t skip;
	bool quote = len > 0 &&
	    (blank(text[0]) || blank(text[len - 1]) || is_quoted(text, len) ||
		(plain && prefix_of(text, len, &skip) != VALUE_STRING));

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
	if (types[v->type].prefix != NULL && buf_adds(out, types[v->type].prefix, e) == -1)
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
		rc = format_hex(v, out, e);
		break;
	default:
		rc = buf_addf(out, e, "%" PRIu64, v->number);
	}
	if (rc == 0)
		return 0;
fail:
	/* Nothing half written; what was there before had its NUL at start. */
	out->len = start;
	if (out->data != NULL)
		out->data[start] = '\0';
	return -1;
}

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && blank((*text)[*len - 1]))
		--*len;
	while (*len > 0 && blank(**text)) {
		++*text;
		--*len;
	}
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
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
		uint64_t digit = (uint64_t)digit_of(text[i]);

		if (digit >= base)
			goto bad;
		if (number > (most - digit) / base)
			return err_setx(e, ERR_TOO_LARGE,
			    "value: want a %s of at most %" PRIu64 ", got '%.*s'", types[type].name,
			    most, len > 64 ? 64 : (int)len, text);
		number = number * base + digit;
	}
	return value_number(v, type, number, e);
bad:
	return err_setx(e, ERR_SYNTAX,
	    "value: want a %s as decimal digits without leading zeros, or 0x and hexadecimal digits, "
	    "got '%.*s'",
	    types[type].name, len > 64 ? 64 : (int)len, text);
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
	size_t skip;

	/*
	 * First of all, so that no control character, above all no NUL, has to be thought of below.
	 */
	if (check_text(text, len, e) == -1)
		return -1;
	trim(&text, &len);
	type = prefix_of(text, len, &skip);
	text += skip;
	len -= skip;
	/* Blanks after the prefix are for the eye, but belong to the first text of a multi. */
	if (type != VALUE_MULTI)
		trim(&text, &len);
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
