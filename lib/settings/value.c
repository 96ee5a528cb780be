/*
 * One typed value of a setting, and its text form in key files.
 */
#include "settings/value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/path.h"

static const char *const names[VALUE_TYPE_COUNT] = { "string", "expand", "dword", "qword", "multi",
	"binary" };

static int
hold(struct value *v, enum value_type type, const void *data, size_t len, uint64_t number,
    struct err *e)
{
	struct value new = { type, NULL, len, number };

	if (type != VALUE_DWORD && type != VALUE_QWORD) {
		if (len > VALUE_SIZE_MAX)
			return err_setx(e, ERR_TOO_LARGE, "a value of over %u bytes", VALUE_SIZE_MAX);
		if ((new.data = malloc(len + 1)) == NULL)
			return err_nomem(e);
		if (len > 0)
			memcpy(new.data, data, len);
		new.data[len] = '\0';
	}
	if (value_check(&new, e) == -1) {
		free(new.data);
		return -1;
	}
	*v = new;
	return 0;
}

int
value_text(struct value *v, enum value_type type, const char *text, size_t len, struct err *e)
{
	return hold(v, type, text, len, 0, e);
}

int
value_number(struct value *v, enum value_type type, uint64_t number, struct err *e)
{
	return hold(v, type, NULL, 0, number, e);
}

int
value_multi(struct value *v, const char *const *texts, size_t n, struct err *e)
{
	struct buf b = BUF_INIT(VALUE_SIZE_MAX);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = buf_add(&b, texts[i], strlen(texts[i]) + 1, e);
	if (rc == 0)
		rc = hold(v, VALUE_MULTI, b.data, b.len, 0, e);
	buf_free(&b);
	return rc;
}

int
value_binary(struct value *v, const void *data, size_t len, struct err *e)
{
	return hold(v, VALUE_BINARY, data, len, 0, e);
}

static bool
clean_text(const uint8_t *p, size_t len, bool nul)
{
	for (size_t i = 0; i < len; i++)
		if ((p[i] < 0x20 && p[i] != '\t' && !(nul && p[i] == 0)) || p[i] == 0x7f)
			return false;
	return valid_utf8(p, len);
}

int
value_check(const struct value *v, struct err *e)
{
	if ((unsigned)v->type >= VALUE_TYPE_COUNT)
		return err_setx(e, ERR_SYNTAX, "a value of an unknown type");
	if (v->len > VALUE_SIZE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "a value of over %u bytes", VALUE_SIZE_MAX);
	if (v->type == VALUE_DWORD && v->number > UINT32_MAX)
		return err_setx(e, ERR_SYNTAX, "want a dword up to %" PRIu32 ", got %" PRIu64,
		    UINT32_MAX, v->number);
	if ((v->type == VALUE_STRING || v->type == VALUE_EXPAND) && !clean_text(v->data, v->len, false))
		return err_setx(e, ERR_SYNTAX, "want UTF-8 text without control characters");
	if (v->type == VALUE_MULTI && (!clean_text(v->data, v->len, true) ||
					  (v->len > 0 && v->data[v->len - 1] != '\0')))
		return err_setx(e, ERR_SYNTAX, "want UTF-8 texts that each end in a NUL");
	return 0;
}

int
value_copy(struct value *to, const struct value *from, struct err *e)
{
	return hold(to, from->type, from->data, from->len, from->number, e);
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
	return (v->type == VALUE_STRING || v->type == VALUE_EXPAND) && v->data != NULL ?
	    (const char *)v->data : "";
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
	return (unsigned)type < VALUE_TYPE_COUNT ? names[type] : NULL;
}

int
value_type_parse(const char *name, enum value_type *type)
{
	for (int i = 0; i < VALUE_TYPE_COUNT; i++)
		if (strcmp(names[i], name) == 0) {
			*type = (enum value_type)i;
			return 0;
		}
	return -1;
}

/* The prefix of a type in a key file; strings have none. */
static const char *
prefix_of(enum value_type type)
{
	static const char *const prefixes[VALUE_TYPE_COUNT] = { "", "expand:", "dword:", "qword:",
		"multi:", "hex:" };

	return prefixes[type];
}

static bool
has_prefix(const char *text, size_t len, enum value_type type)
{
	size_t n = strlen(prefix_of(type));

	return n > 0 && len >= n && memcmp(text, prefix_of(type), n) == 0;
}

/* Whether raw text would be read as something else: spaces at its ends, quotes, a prefix. */
static bool
needs_quotes(const char *text, size_t len)
{
	if (len > 0 && (strchr(" \t\"", text[0]) != NULL || strchr(" \t", text[len - 1]) != NULL))
		return true;
	for (int i = 1; i < VALUE_TYPE_COUNT; i++)
		if (has_prefix(text, len, (enum value_type)i))
			return true;
	return false;
}

/* Texts of a multi value: '|' between them, '\' before '|' and '\' inside; each text ends in one. */
static int
format_multi(const struct value *v, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < v->len; i++) {
		char c = (char)v->data[i];

		if ((c == '|' || c == '\\') && buf_addc(out, '\\', e) == -1)
			return -1;
		if (buf_addc(out, c == '\0' ? '|' : c, e) == -1)
			return -1;
	}
	return 0;
}

int
value_format(const struct value *v, struct buf *out, struct err *e)
{
	char hex[3];

	if (buf_adds(out, prefix_of(v->type), e) == -1)
		return -1;
	switch (v->type) {
	case VALUE_STRING:
	case VALUE_EXPAND:
		if (!needs_quotes(value_get_text(v), v->len))
			return buf_add(out, v->data, v->len, e);
		return buf_addf(out, e, "\"%s\"", value_get_text(v));
	case VALUE_DWORD:
	case VALUE_QWORD:
		return buf_addf(out, e, "%" PRIu64, v->number);
	case VALUE_MULTI:
		return format_multi(v, out, e);
	default:
		for (size_t i = 0; i < v->len; i++) {
			hex_encode(v->data + i, 1, hex);
			if (buf_adds(out, hex, e) == -1)
				return -1;
		}
		return 0;
	}
}

static int
parse_number(const char *p, size_t len, enum value_type type, struct value *v, struct err *e)
{
	uint64_t n = 0;

	if (len == 0 || len > 20)
		return err_setx(e, ERR_SYNTAX, "want a decimal number after %s", prefix_of(type));
	for (size_t i = 0; i < len; i++) {
		unsigned d = (unsigned)(p[i] - '0');

		if (d > 9 || n > (UINT64_MAX - d) / 10)
			return err_setx(e, ERR_SYNTAX, "want a decimal number after %s", prefix_of(type));
		n = n * 10 + d;
	}
	return value_number(v, type, n, e);
}

static int
parse_multi(const char *p, size_t len, struct value *v, struct err *e)
{
	struct buf b = BUF_INIT(VALUE_SIZE_MAX);
	int rc = 0;

	for (size_t i = 0; i < len && rc == 0; i++) {
		char c = p[i] == '|' ? '\0' : p[i];

		if (c == '\\' && (++i == len || (p[i] != '|' && p[i] != '\\')))
			rc = err_setx(e, ERR_SYNTAX, "want '\\|' or '\\\\' in a multi value");
		else
			rc = buf_addc(&b, c == '\\' ? p[i] : c, e);
	}
	if (rc == 0)
		rc = hold(v, VALUE_MULTI, b.data, b.len, 0, e);
	buf_free(&b);
	return rc;
}

static int
parse_hex(const char *p, size_t len, struct value *v, struct err *e)
{
	uint8_t *raw = malloc(len / 2 + 1);
	int rc;

	if (raw == NULL)
		return err_nomem(e);
	if (hex_decode(p, len, raw, len / 2) == -1)
		rc = err_setx(e, ERR_SYNTAX, "want pairs of hexadecimal digits after hex:");
	else
		rc = value_binary(v, raw, len / 2, e);
	free(raw);
	return rc;
}

int
value_parse(const char *text, size_t len, struct value *v, struct err *e)
{
	enum value_type type = VALUE_STRING;

	for (int i = 1; i < VALUE_TYPE_COUNT; i++)
		if (has_prefix(text, len, (enum value_type)i))
			type = (enum value_type)i;
	text += strlen(prefix_of(type));
	len -= strlen(prefix_of(type));
	if (type == VALUE_DWORD || type == VALUE_QWORD)
		return parse_number(text, len, type, v, e);
	if (type == VALUE_MULTI)
		return parse_multi(text, len, v, e);
	if (type == VALUE_BINARY)
		return parse_hex(text, len, v, e);
	if (len > 0 && text[0] == '"') {
		if (len < 2 || text[len - 1] != '"')
			return err_setx(e, ERR_SYNTAX, "want a closing double quote");
		text++;
		len -= 2;
	}
	return value_text(v, type, text, len, e);
}
