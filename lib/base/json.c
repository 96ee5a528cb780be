/* SPDX-License-Identifier: ISC */
/*
 * Strict reading of JSON from outside: a depth check ahead of jansson, whose own limit is 2,048.
 */
#include "lib/base/json.h"

#include <stdbool.h>

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
