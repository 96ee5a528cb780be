/* SPDX-License-Identifier: ISC */
/*
 * Strict reading of JSON from outside: limits that are checked ahead of jansson, which knows only
 * one of depth, 2,048.
 */
#include "lib/base/json.h"

#include <string.h>

/*
 * Bytes that jansson takes at most, with the allocator's share: for an object or an array that is
 * empty, for a name or a text beside its bytes, and for a number or a literal; each with its place
 * in what holds it.
 */
#define OBJECT_BYTES 256u
#define TEXT_BYTES   96u
#define SCALAR_BYTES 64u

struct scan {
	const uint8_t *p, *end;
	size_t values, memory, values_max, memory_max;
	int depth;
};

static int
count_value(struct scan *s, size_t bytes, size_t longest, struct err *e)
{
	if (longest > JSON_TEXT_MAX)
		return err_setx(e, ERR_TOO_LARGE, "JSON has a text or number of over %u bytes",
		    JSON_TEXT_MAX);
	if (++s->values > s->values_max)
		return err_setx(e, ERR_TOO_LARGE, "JSON has over %zu values and names",
		    s->values_max);
	s->memory += bytes + longest;
	if (s->memory > s->memory_max)
		return err_setx(e, ERR_TOO_LARGE, "JSON would take over %zu bytes of memory",
		    s->memory_max);
	return 0;
}

/* Moves behind the text that begins at s->p, and returns its bytes. */
static size_t
skip_text(struct scan *s)
{
	const uint8_t *start = ++s->p;
	size_t len;

	while (s->p < s->end && *s->p != '"')
		s->p += *s->p == '\\' && s->end - s->p > 1 ? 2 : 1;
	len = (size_t)(s->p - start);
	s->p += s->p < s->end;
	return len;
}

/* Moves behind the number or literal that begins at s->p, and returns its bytes. */
static size_t
skip_scalar(struct scan *s)
{
	const uint8_t *start = s->p++;

	while (s->p<s->end && * s->p> ' ' && memchr(",:\"{}[]", *s->p, 8) == NULL)
		s->p++;
	return (size_t)(s->p - start);
}

int
json_limits_check(const uint8_t *data, size_t len, unsigned times, size_t *memory, struct err *e)
{
	struct scan s = { .p = data,
		.end = data + len,
		.values_max = (size_t)times * JSON_VALUES_MAX,
		.memory_max = (size_t)times * JSON_MEMORY_MAX };
	int rc = 0;

	while (s.p < s.end && rc == 0)
		switch (*s.p) {
		case '{':
		case '[':
			if (++s.depth > JSON_DEPTH_MAX)
				return err_setx(e, ERR_TOO_LARGE, "JSON nests over %d deep",
				    JSON_DEPTH_MAX);
			rc = count_value(&s, OBJECT_BYTES, 0, e);
			s.p++;
			break;
		case '}':
		case ']':
			s.depth--;
			s.p++;
			break;
		case '"':
			rc = count_value(&s, TEXT_BYTES, skip_text(&s), e);
			break;
		default:
			if (*s.p <= ' ' || *s.p == ',' || *s.p == ':')
				s.p++;
			else
				rc = count_value(&s, SCALAR_BYTES, skip_scalar(&s), e);
		}
	*memory = s.memory;
	return rc;
}

static json_t *
parse_object(const uint8_t *data, size_t len, unsigned times, struct err *e)
{
	json_error_t je;
	size_t memory;
	json_t *j;

	if (json_limits_check(data, len, times, &memory, e) == -1)
		return NULL;
	j = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &je);
	if (j == NULL) {
		err_setx(e, ERR_SYNTAX, "JSON line %d column %d: %s", je.line, je.column, je.text);
		return NULL;
	}
	if (!json_is_object(j)) {
		json_decref(j);
		err_setx(e, ERR_SYNTAX, "want a JSON object, got something else");
		return NULL;
	}
	return j;
}

json_t *
json_text_parse(const uint8_t *data, size_t len, struct err *e)
{
	return parse_object(data, len, 1, e);
}

json_t *
json_own_parse(const uint8_t *data, size_t len, struct err *e)
{
	return parse_object(data, len, JSON_OWN_TIMES, e);
}

const char *
json_text(const json_t *j)
{
	const char *text = json_string_value(j);

	return text != NULL && strlen(text) == json_string_length(j) ? text : NULL;
}

const char *
json_text_of(const json_t *object, const char *name)
{
	return json_text(json_object_get(object, name));
}

int
json_number_of(const json_t *object, const char *name, int64_t min, int64_t max, int64_t *n)
{
	const json_t *j = json_object_get(object, name);

	if (!json_is_integer(j) || json_integer_value(j) < min || json_integer_value(j) > max)
		return -1;
	*n = json_integer_value(j);
	return 0;
}

const char *
json_only(const json_t *object, const char *const *names)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], name) != 0)
			i++;
		if (names[i] == NULL)
			return name;
	}
	return NULL;
}
