/* SPDX-License-Identifier: ISC */
/*
 * Canonical JSON.  Recursion is bounded: base/json refuses texts that nest deeper than
 * JSON_DEPTH_MAX.
 */
#include "lib/tuf/canonical.h"

#include <inttypes.h>
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

/* UTF-8 sorts by bytes as it does by code points. */
static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
object(const json_t *j, struct buf *out, struct err *e)
{
	size_t n = json_object_size(j), i = 0;
	const char **names = NULL;
	int rc = -1;

	if (n > 0 && (names = calloc(n, sizeof *names)) == NULL)
		return err_nomem(e);
	/* jansson's iterators want a pointer without const, and don't write through it. */
	for (void *it = json_object_iter((json_t *)(uintptr_t)j); it != NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)j, it))
		names[i++] = json_object_iter_key(it);
	if (n > 0)
		qsort(names, n, sizeof *names, by_name);
	if (buf_addc(out, '{', e) == -1)
		goto out;
	for (i = 0; i < n; i++)
		if ((i > 0 && buf_addc(out, ',', e) == -1) ||
		    text(names[i], strlen(names[i]), out, e) == -1 || buf_addc(out, ':', e) == -1 ||
		    canonical_json(json_object_get(j, names[i]), out, e) == -1)
			goto out;
	rc = buf_addc(out, '}', e);
out:
	free(names);
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
		return buf_addf(out, e, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
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
