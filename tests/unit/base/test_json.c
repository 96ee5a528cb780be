/* SPDX-License-Identifier: ISC */
/*
 * Strict reading of JSON.
 */
#include <stdlib.h>

#include "tests/unit/common/test.h"

#include "lib/base/json.h"

static struct json_row {
	const char *name, *text;
	enum err_code want;
} json_rows[] = {
	{ "json: object", "{\"a\": [1, \"\\u0000\"]}", ERR_NONE },
	{ "json: array", "[1]", ERR_SYNTAX },
	{ "json: duplicate name", "{\"a\": 1, \"a\": 2}", ERR_SYNTAX },
	{ "json: trailing bytes", "{} x", ERR_SYNTAX },
	{ "json: integer over 64 bits", "{\"a\": 99999999999999999999}", ERR_SYNTAX },
	{ "json: not UTF-8", "{\"a\": \"\xff\"}", ERR_SYNTAX },
	{ "json: empty", "", ERR_SYNTAX },
	{ "json: brackets in a text don't nest", "{\"a\": \"[[[[[\\\"[[[[[[\"}", ERR_NONE },
};

static void
json(void **state)
{
	struct json_row *r = *state;
	struct err e = { 0 };
	json_t *j = json_text_parse((const uint8_t *)r->text, strlen(r->text), &e);

	assert_int_equal(e.code, r->want);
	assert_true((j != NULL) == (r->want == ERR_NONE));
	json_decref(j);
}

static void
json_depth(void **state)
{
	char text[1000] = "{\"a\":";
	struct err e;
	json_t *j;

	(void)state;
	for (int depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX; depth++) {
		memset(text + 5, '[', (size_t)depth);
		memset(text + 5 + depth, ']', (size_t)depth);
		strcpy(text + 5 + 2 * depth, "}");
		j = json_text_parse((const uint8_t *)text, strlen(text), &e);
		assert_true((j != NULL) == (depth < JSON_DEPTH_MAX));
		json_decref(j);
	}
	assert_int_equal(e.code, ERR_TOO_LARGE);
}

/* A small piece of JSON, repeated to just below and just above a limit. */
static struct limit_row {
	const char *name, *begin, *piece, *end;
	size_t last; /* how many pieces are taken */
} limit_rows[] = {
	{ "limits: empty objects", "{\"a\":[", "{},", "{}]}", JSON_MEMORY_MAX / 256 - 4 },
	{ "limits: objects in objects", "{\"a\":[", "{\"\":{}},", "0]}",
	    JSON_MEMORY_MAX / (2 * 256 + 96) - 2 },
	{ "limits: names", "{\"a\":[", "\"\",", "0]}", JSON_VALUES_MAX - 4 },
	{ "limits: numbers", "{\"a\":[", "0,", "0]}", JSON_VALUES_MAX - 4 },
	{ "limits: one text", "{\"a\":\"", "\\\"", "\"}", JSON_TEXT_MAX / 2 },
	{ "limits: one number", "{\"a\":0.", "0", "}", JSON_TEXT_MAX - 2 },
	{ "limits: text that doesn't end", "{\"a\":\"", "x", "", 0 },
};

static void
json_limits(void **state)
{
	const struct limit_row *r = *state;
	size_t begin = strlen(r->begin), piece = strlen(r->piece),
	       n = r->last * 2 + JSON_TEXT_MAX + 1;
	char *text = malloc(begin + n * piece + strlen(r->end) + 1);

	assert_non_null(text);
	strcpy(text, r->begin);
	for (int over = 0; over < 3; over++) {
		size_t pieces = over == 2 ? n : r->last + (size_t)over * 2;
		struct err e = { 0 };
		json_t *j;

		for (size_t i = 0; i < pieces; i++)
			memcpy(text + begin + i * piece, r->piece, piece);
		strcpy(text + begin + pieces * piece, r->end);
		j = json_text_parse((const uint8_t *)text, strlen(text), &e);
		if (over == 0)
			assert_int_equal(e.code, r->last > 0 ? ERR_NONE : ERR_SYNTAX);
		else if (r->last > 0 || over == 2)
			assert_int_equal(e.code, ERR_TOO_LARGE);
		json_decref(j);
	}
	free(text);
}

static void
json_members(void **state)
{
	static const char text[] =
	    "{\"t\": \"x\", \"nul\": \"a\\u0000b\", \"empty\": \"\", \"n\": 7, \"r\": 7.0}";
	static const char *const all[] = { "t", "nul", "empty", "n", "r", NULL };
	static const char *const some[] = { "t", "nul", "empty", "r", NULL };
	struct err e;
	json_t *j = json_text_parse((const uint8_t *)text, sizeof text - 1, &e);
	int64_t n = 4711;

	(void)state;
	assert_non_null(j);
	assert_string_equal(json_text_of(j, "t"), "x");
	assert_string_equal(json_text_of(j, "empty"), "");
	assert_string_equal(json_text(json_object_get(j, "t")), "x");
	assert_null(json_text_of(j, "nul"));
	assert_null(json_text_of(j, "n"));
	assert_null(json_text_of(j, "absent"));
	assert_null(json_text_of(NULL, "t"));
	assert_null(json_text(NULL));
	assert_int_equal(json_number_of(j, "n", 8, 10, &n), -1);
	assert_int_equal(json_number_of(j, "n", 0, 6, &n), -1);
	assert_int_equal(json_number_of(j, "r", 0, 10, &n), -1);
	assert_int_equal(json_number_of(j, "t", 0, 10, &n), -1);
	assert_int_equal(json_number_of(j, "absent", 0, 10, &n), -1);
	assert_int_equal(json_number_of(NULL, "n", 0, 10, &n), -1);
	assert_int_equal(n, 4711);
	assert_int_equal(json_number_of(j, "n", 7, 7, &n), 0);
	assert_int_equal(n, 7);
	assert_null(json_only(j, all));
	assert_string_equal(json_only(j, some), "n");
	assert_null(json_only(NULL, all));
	json_decref(j);
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(json_depth),
		cmocka_unit_test(json_members),
	};
	size_t n = 2;

	TEST_ROWS(tests, n, json_rows, json);
	TEST_ROWS(tests, n, limit_rows, json_limits);
	return _cmocka_run_group_tests("json", tests, n, NULL, NULL);
}
