/* SPDX-License-Identifier: ISC */
/*
 * Canonical JSON.  Recursion is bounded: base/json refuses texts that nest deeper than
 * JSON_DEPTH_MAX.
 */
#include "lib/tuf/canonical.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int
text(const char *s, size_t len, struct buf *out, struct err *e)
{
	size_t start = 0;

	if (buf_addc(out, '"', e) == -1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (s[i] != '"' && s[i] != '\\')
			continue;
		if (buf_add(out, s + start, i - start, e) == -1 || buf_addc(out, '\\', e) == -1)
			return -1;
		start = i;
	}
	return buf_add(out, s + start, len - start, e) == -1 ? -1 : buf_addc(out, '"', e);
}

struct member {
	const char *name;
	const json_t *value;
};

/* UTF-8 sorts by bytes as it does by code points. */
static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

/* Metadata is mostly written in canonical form, and jansson keeps that order. */
static bool
in_order(const struct member *all, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (by_name(&all[i - 1], &all[i]) > 0)
			return false;
	return true;
}

static int
integer(json_int_t n, struct buf *out, struct err *e)
{
	char digits[24], *p = digits + sizeof digits;

	if (n < 0)
		return buf_addf(out, e, "%" JSON_INTEGER_FORMAT, n);
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return buf_add(out, p, (size_t)(digits + sizeof digits - p), e);
}

static int
object(const json_t *j, struct buf *out, struct err *e)
{
	size_t n = json_object_size(j), i = 0;
	struct member few[8], *all = few;
	int rc = -1;

	if (n > sizeof few / sizeof few[0] && (all = calloc(n, sizeof *all)) == NULL)
		return err_nomem(e);
	/* jansson's iterators want a pointer without const, and don't write through it. */
	for (void *it = json_object_iter((json_t *)(uintptr_t)j); it != NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)j, it))
		all[i++] = (struct member){ json_object_iter_key(it), json_object_iter_value(it) };
	if (!in_order(all, n))
		qsort(all, n, sizeof *all, by_name);
	if (buf_addc(out, '{', e) == -1)
		goto out;
	for (i = 0; i < n; i++)
		if ((i > 0 && buf_addc(out, ',', e) == -1) ||
		    text(all[i].name, strlen(all[i].name), out, e) == -1 ||
		    buf_addc(out, ':', e) == -1 || canonical_json(all[i].value, out, e) == -1)
			goto out;
	rc = buf_addc(out, '}', e);
out:
	if (all != few)
		free(all);
	return rc;
}

static int
array(const json_t *j, struct buf *out, struct err *e)
{
	if (buf_addc(out, '[', e) == -1)
		return -1;
	for (size_t i = 0; i < json_array_size(j); i++)
		if ((i > 0 && buf_addc(out, ',', e) == -1) ||
		    canonical_json(json_array_get(j, i), out, e) == -1)
			return -1;
	return buf_addc(out, ']', e);
}

int
canonical_json(const json_t *j, struct buf *out, struct err *e)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return object(j, out, e);
	case JSON_ARRAY:
		return array(j, out, e);
	case JSON_STRING:
		return text(json_string_value(j), json_string_length(j), out, e);
	case JSON_INTEGER:
		return integer(json_integer_value(j), out, e);
	case JSON_TRUE:
		return buf_adds(out, "true", e);
	case JSON_FALSE:
		return buf_adds(out, "false", e);
	case JSON_NULL:
		return buf_adds(out, "null", e);
	case JSON_REAL:
		break;
	}
	return err_setx(e, ERR_SYNTAX, "want integers only in signed JSON, got a real number");
}
