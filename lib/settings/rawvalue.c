/* SPDX-License-Identifier: ISC */
/* Raw values of the registry. */
#include "lib/settings/rawvalue.h"

#include <stdbool.h>
#include <string.h>

#include "lib/settings/utf16.h"

static const uint32_t raw_types[VALUE_TYPE_COUNT] = {
	[VALUE_STRING] = RAW_SZ,
	[VALUE_EXPAND] = RAW_EXPAND_SZ,
	[VALUE_DWORD] = RAW_DWORD,
	[VALUE_QWORD] = RAW_QWORD,
	[VALUE_MULTI] = RAW_MULTI_SZ,
	[VALUE_BINARY] = RAW_BINARY,
};

static bool
nul_at(const uint8_t *data, size_t i)
{
	return data[i] == 0 && data[i + 1] == 0;
}

/* Cuts off the NULs behind the last text.  0 or -1. */
static int
trim(const uint8_t *data, size_t *len, struct err *e)
{
	if (*len % 2 != 0)
		return err_setx(e, ERR_SYNTAX, "want UTF-16, got half a character at the end");
	while (*len > 0 && nul_at(data, *len - 2))
		*len -= 2;
	return 0;
}

static int
parse_text(enum value_type type, const uint8_t *data, size_t len, struct value *v, struct err *e)
{
	struct buf text = BUF_INIT(VALUE_SIZE_MAX);
	int rc = -1;

	if (trim(data, &len, e) == -1)
		return -1;
	for (size_t i = 0; i < len; i += 2)
		if (nul_at(data, i))
			return err_setx(e, ERR_SYNTAX,
			    "want one text, got a NUL and more text behind it");
	if (utf16_to_utf8(data, len, &text, e) == 0)
		rc = value_text(v, type, buf_text(&text), text.len, e);
	buf_free(&text);
	return rc;
}

static int
parse_raw_multi(const uint8_t *data, size_t len, struct value *v, struct err *e)
{
	struct buf texts = BUF_INIT(VALUE_SIZE_MAX);
	struct value made = { VALUE_MULTI, NULL, 0, 0 };
	int rc = -1;

	if (trim(data, &len, e) == -1)
		return -1;
	for (size_t i = 0; i + 2 < len; i += 2)
		if (nul_at(data, i) && (i == 0 || nul_at(data, i + 2)))
			return err_setx(e, ERR_SYNTAX,
			    "want texts, got an empty one and more text behind it");
	if (utf16_to_utf8(data, len, &texts, e) == -1 ||
	    (len > 0 && buf_addc(&texts, '\0', e) == -1))
		goto out;
	made.len = texts.len;
	made.data = buf_steal(&texts);
	if (value_check(&made, e) == -1)
		goto out;
	*v = made; /* v owns it now */
	made.data = NULL;
	rc = 0;
out:
	value_free(&made);
	buf_free(&texts);
	return rc;
}

static int
parse_raw_number(enum value_type type, const uint8_t *data, size_t len, struct value *v,
    struct err *e)
{
	size_t want = type == VALUE_DWORD ? 4 : 8;
	uint64_t number = 0;

	if (len != want)
		return err_setx(e, ERR_SYNTAX, "want a %s of %zu bytes, got %zu",
		    value_type_name(type), want, len);
	for (size_t i = len; i > 0; i--)
		number = number << 8 | data[i - 1];
	return value_number(v, type, number, e);
}

int
raw_parse(uint32_t type, const uint8_t *data, size_t len, struct value *v, struct err *e)
{
	switch (type) {
	case RAW_SZ:
		return parse_text(VALUE_STRING, data, len, v, e);
	case RAW_EXPAND_SZ:
		return parse_text(VALUE_EXPAND, data, len, v, e);
	case RAW_MULTI_SZ:
		return parse_raw_multi(data, len, v, e);
	case RAW_DWORD:
		return parse_raw_number(VALUE_DWORD, data, len, v, e);
	case RAW_QWORD:
		return parse_raw_number(VALUE_QWORD, data, len, v, e);
	case RAW_BINARY:
		return value_binary(v, data, len, e);
	default:
		return err_setx(e, ERR_SYNTAX,
		    "want a type that settings have, got the registry's type %u", (unsigned)type);
	}
}

/* The bytes of a text before its first NUL, or of a list before its first empty text. */
static size_t
text_length(const uint8_t *data, size_t len, bool list)
{
	bool before = list; /* the unit before was a NUL, or there was none */
	size_t i;

	for (i = 0; i + 2 <= len; i += 2) {
		bool nul = nul_at(data, i);

		if (nul && (!list || before))
			break;
		before = nul || !list;
	}
	return i;
}

int
raw_read(uint32_t type, const uint8_t *data, size_t len, struct value *v, struct err *e)
{
	if (type == RAW_SZ || type == RAW_EXPAND_SZ || type == RAW_MULTI_SZ)
		len = text_length(data, len, type == RAW_MULTI_SZ);
	return raw_parse(type, data, len, v, e);
}

int
raw_keep(uint32_t type, const uint8_t *data, size_t len, struct value *v, struct err *e)
{
	int rc = raw_parse(type, data, len, v, e);

	return rc == -1 && e->code == ERR_SYNTAX ? value_raw(v, type, data, len, e) : rc;
}

static int
format_raw_multi(const struct value *v, struct buf *out, struct err *e)
{
	const char *texts = (const char *)v->data;

	for (size_t i = 0; i < v->len; i += strlen(texts + i) + 1)
		if (texts[i] == '\0')
			return err_setx(e, ERR_SYNTAX,
			    "the registry can't hold an empty text in a multi");
	if (utf8_to_utf16(v->len == 0 ? "" : texts, v->len, out, e) == -1)
		return -1;
	return buf_add(out, "\0\0\0\0", v->len == 0 ? 4 : 2, e);
}

int
raw_format(const struct value *v, uint32_t *type, struct buf *out, struct err *e)
{
	uint8_t number[8];

	if (v->type == VALUE_RAW) {
		*type = (uint32_t)v->number;
		return buf_add(out, v->data, v->len, e);
	}
	*type = raw_types[v->type];
	switch (v->type) {
	case VALUE_STRING:
	case VALUE_EXPAND:
		if (utf8_to_utf16(value_get_text(v), v->len, out, e) == -1)
			return -1;
		return buf_add(out, "\0", 2, e);
	case VALUE_MULTI:
		return format_raw_multi(v, out, e);
	case VALUE_DWORD:
	case VALUE_QWORD:
		for (size_t i = 0; i < sizeof number; i++)
			number[i] = (uint8_t)(v->number >> 8 * i);
		return buf_add(out, number, v->type == VALUE_DWORD ? 4 : 8, e);
	default:
		return buf_add(out, v->data, v->len, e);
	}
}
