/* SPDX-License-Identifier: ISC */
/*
 * lib/script/dryrun: facts that a person writes.
 */
#include "tests/unit/common/test.h"

#include "lib/script/dryrun.h"

static const struct row {
	const char *name, *json;
	const char *refused; /* a part of the error's text; NULL: taken */
} rows[] = {
	{ "facts: none", "{}", NULL },
	{ "facts: all",
	    "{\"station\": {\"name\": \"S\", \"os\": \"linux\", \"application\": \"A\","
	    " \"installation\": \"I\"}, \"release\": {\"number\": 7}, \"files\": [\"app/x\"],"
	    " \"names\": {\"AppDir\": \"/a\"}, \"keys\": [\"HKLM\\\\SOFTWARE\\\\X\"],"
	    " \"settings\": {\"HKLM\\\\X\": {\"a\": \"dword:1\"}}}",
	    NULL },
	{ "facts: no JSON", "{", "line 1" },
	{ "facts: no object", "[]", "object" },
	{ "facts: unknown member", "{\"statoin\": {}}", "unknown member 'statoin'" },
	{ "facts: unknown member of the station", "{\"station\": {\"nam\": \"x\"}}",
	    "unknown member 'nam'" },
	{ "facts: station is no object", "{\"station\": 1}", "station: want an object" },
	{ "facts: name is no text", "{\"station\": {\"name\": 1}}", "name: want a text" },
	{ "facts: name with a NUL", "{\"station\": {\"name\": \"a\\u0000b\"}}",
	    "name: want a text" },
	{ "facts: release 0", "{\"release\": {\"number\": 0}}", "number of 1 or more" },
	{ "facts: release is a text", "{\"release\": {\"number\": \"1\"}}", "number of 1 or more" },
	{ "facts: names are no object", "{\"names\": []}", "names: want an object" },
	{ "facts: keys are no array", "{\"keys\": {}}", "keys: want an array" },
	{ "facts: key is no text", "{\"keys\": [1]}", "keys: want an array of texts" },
	{ "facts: key of another root", "{\"keys\": [\"HKCR\\\\x\"]}", "facts: keys" },
	{ "facts: settings are no object", "{\"settings\": 1}", "settings: want an object" },
	{ "facts: key of a setting", "{\"settings\": {\"x\": {}}}", "facts: settings" },
	{ "facts: values are no object", "{\"settings\": {\"HKLM\\\\x\": 1}}", "want an object" },
	{ "facts: value is no text", "{\"settings\": {\"HKLM\\\\x\": {\"a\": 1}}}",
	    "want a text, as in a key file" },
	{ "facts: malformed value", "{\"settings\": {\"HKLM\\\\x\": {\"a\": \"dword:x\"}}}",
	    "want a dword" },
};

static void
row(void **state)
{
	const struct row *r = *state;
	struct dryrun_options o = { .json = (const uint8_t *)r->json, .len = strlen(r->json) };
	struct err e = { 0 };
	struct dryrun *d = dryrun_new(&o, &e);

	if (r->refused == NULL) {
		if (d == NULL)
			fail_msg("%s", e.text);
	} else {
		assert_null(d);
		assert_int_equal(e.code, ERR_SYNTAX);
		if (strstr(e.text, r->refused) == NULL)
			fail_msg("want '%s', got '%s'", r->refused, e.text);
	}
	dryrun_free(d);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, row);
	return _cmocka_run_group_tests("dryrun", tests, n, NULL, NULL);
}
