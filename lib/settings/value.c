/* SPDX-License-Identifier: ISC */
/* Typed values: building, checking and comparing. */
#include "lib/settings/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

static const char *const type_names[VALUE_TYPE_COUNT] = {
	[VALUE_STRING] = "string",
	[VALUE_EXPAND] = "expand",
	[VALUE_DWORD] = "dword",
	[VALUE_QWORD] = "qword",
	[VALUE_MULTI] = "multi",
	[VALUE_BINARY] = "binary",
};

/* UTF-8 without control characters but tab, which people use as a separator. */
static int
check_text(const char *text, size_t len, struct err *e)
{
	return text_check(text, len, true, e) == -1 ? err_context(e, "value") : 0;
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

int
value_raw(struct value *v, uint32_t type, const void *data, size_t len, struct err *e)
{
	if (value_binary(v, data, len, e) == -1)
		return -1;
	v->type = VALUE_RAW;
	v->number = type;
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
	if ((unsigned)v->type >= VALUE_TYPE_COUNT && v->type != VALUE_RAW)
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
	case VALUE_RAW:
		return v->number <= UINT32_MAX
		    ? 0
		    : err_setx(e, ERR_SYNTAX, "value: unknown type of the registry");
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
	return (unsigned)type < VALUE_TYPE_COUNT ? type_names[type]
	    : type == VALUE_RAW			 ? "raw"
						 : NULL;
}

int
value_type_parse(const char *name, enum value_type *type)
{
	for (unsigned t = 0; t < VALUE_TYPE_COUNT; t++)
		if (strcmp(type_names[t], name) == 0) {
			*type = (enum value_type)t;
			return 0;
		}
	return -1;
}
