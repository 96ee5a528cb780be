/* SPDX-License-Identifier: ISC */
/*
 * Strict reading of JSON from outside: a depth check ahead of jansson, whose own limit is 2,048.
 */
#include "lib/base/json.h"

#include <stdbool.h>
#include <string.h>

/* The deepest nesting, found without parsing: brackets outside of strings. */
static int
depth_of(const uint8_t *p, size_t len)
{
	int depth = 0, most = 0;
	bool text = false;

	for (size_t i = 0; i < len; i++) {
		if (text) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				text = false;
		} else if (p[i] == '"') {
			text = true;
		} else if (p[i] == '{' || p[i] == '[') {
			if (++depth > most)
				most = depth;
		} else if (p[i] == '}' || p[i] == ']') {
			depth--;
		}
	}
	return most;
}

json_t *
json_text_parse(const uint8_t *data, size_t len, struct err *e)
{
	json_error_t je;
	json_t *j;

	if (depth_of(data, len) > JSON_DEPTH_MAX) {
		err_setx(e, ERR_TOO_LARGE, "JSON nests over %d deep", JSON_DEPTH_MAX);
		return NULL;
	}
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
