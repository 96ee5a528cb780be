/* SPDX-License-Identifier: ISC */
/*
 * server/rollover/state: the state of a replacement, as it is read and written.
 */
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "server/rollover/state.h"
#include "tests/unit/common/temp.h"

#define OLD "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
#define NEW "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"
#define T   "2026-12-01T06:00:00Z"

static struct row {
	const char *name, *entry;
	enum err_code want;
} rows[] = {
	{ "begun", "{\"old\":\"" OLD "\",\"kernels\":[],\"started\":\"" T "\"}", ERR_NONE },
	{ "no old certificate", "{\"kernels\":[]}", ERR_SYNTAX },
	{ "a certificate that is too short", "{\"old\":\"76\",\"kernels\":[]}", ERR_SYNTAX },
	{ "a certificate that is no text", "{\"old\":\"" OLD "\",\"new\":1,\"kernels\":[]}",
	    ERR_SYNTAX },
	{ "no Kernels", "{\"old\":\"" OLD "\"}", ERR_SYNTAX },
	{ "a Kernel that is no text", "{\"old\":\"" OLD "\",\"kernels\":[1]}", ERR_SYNTAX },
	{ "a NUL in a Kernel", "{\"old\":\"" OLD "\",\"kernels\":[\"h:1\\u0000\"]}", ERR_SYNTAX },
	{ "a day that doesn't exist",
	    "{\"old\":\"" OLD "\",\"kernels\":[],\"after\":\"2026-02-30T00:00:00Z\"}", ERR_SYNTAX },
	{ "a time that is a number", "{\"old\":\"" OLD "\",\"kernels\":[],\"finished\":5}",
	    ERR_SYNTAX },
	{ "going away: neither", "{\"old\":\"" OLD "\",\"kernels\":[],\"going\":\"x\"}",
	    ERR_SYNTAX },
	{ "moving: no way", "{\"old\":\"" OLD "\",\"kernels\":[],\"moving\":\"\"}", ERR_SYNTAX },
	{ "a hook that is no text", "{\"old\":\"" OLD "\",\"kernels\":[],\"hook\":[]}",
	    ERR_SYNTAX },
};

static void
parse(void **state)
{
	const struct row *r = *state;
	struct replacement m = { .exists = false };
	struct err e = { 0 };
	json_t *entry = json_text_parse((const uint8_t *)r->entry, strlen(r->entry), &e);

	assert_non_null(entry);
	if (r->want == ERR_NONE)
		assert_ok(replacement_parse("kernel", entry, &m, &e), &e);
	else
		assert_err(replacement_parse("kernel", entry, &m, &e), r->want, &e);
	replacement_reset(&m);
	json_decref(entry);
}

static void
put(struct dir *d, const char *text)
{
	struct err e;

	assert_ok(file_replace(d, REPLACE_FILE, text, strlen(text), 0600, &e), &e);
}

/* Reading and writing keeps every member, also unknown ones. */
static void
round_trip(void **state)
{
	static const char text[] =
	    "{\n \"pairs\": {\n  \"kernel\": {\n   \"after\": \"" T "\",\n   \"confirmed\": \"" T
	    "\",\n   \"finished\": \"" T
	    "\",\n   \"going\": \"old\",\n   \"hook\": \"cp\",\n   \"kernels\": [\n    \"h:1\"\n   ],\n"
	    "   \"later\": 1,\n   \"moving\": \"back\",\n   \"new\": \"" NEW
	    "\",\n   \"old\": \"" OLD "\",\n   \"started\": \"" T
	    "\"\n  }\n },\n \"slipway_replace\": 1\n}";
	struct buf after = BUF_INIT(4096);
	struct dir *d = *state;
	struct replace p;
	struct err e;
	json_t *was, *is;

	put(d, text);
	assert_ok(replace_open(&p, dir_path(d), "kernel", true, &e), &e);
	assert_true(p.m.exists);
	assert_string_equal(p.m.hex[REPLACE_NEW], NEW);
	assert_int_equal(p.m.going, REPLACE_OLD);
	assert_int_equal(p.m.moving, REPLACE_BACK);
	assert_true(replacement_waited(&p.m));
	assert_ok(replace_save(&p, &e), &e);
	replace_close(&p);
	assert_ok(file_read(d, REPLACE_FILE, &after, &e), &e);
	was = json_text_parse((const uint8_t *)text, sizeof text - 1, &e);
	is = json_text_parse(after.data, after.len, &e);
	assert_true(json_equal(was, is));
	json_decref(was);
	json_decref(is);
	buf_free(&after);
}

static void
begins_and_goes(void **state)
{
	struct dir *d = *state;
	uint8_t sha[SHA256_SIZE] = { 1 };
	struct replace p;
	struct err e;

	assert_ok(replace_open(&p, dir_path(d), "kernel", true, &e), &e);
	assert_false(p.m.exists);
	p.m.exists = true;
	replacement_set_cert(&p.m, REPLACE_OLD, sha);
	assert_ok(replacement_set_hook(&p.m, "", &e), &e);
	assert_null(p.m.hook);
	assert_err(replacement_set_hook(&p.m, "\xff", &e), ERR_USAGE, &e);
	assert_ok(replace_save(&p, &e), &e);
	replace_close(&p);
	assert_ok(replace_open(&p, dir_path(d), "kernel", true, &e), &e);
	assert_true(p.m.exists && p.m.started == REPLACE_NEVER && !replacement_waited(&p.m));
	replacement_reset(&p.m);
	assert_ok(replace_save(&p, &e), &e);
	replace_close(&p);
	assert_ok(replace_open(&p, dir_path(d), "kernel", true, &e), &e);
	assert_false(p.m.exists);
	replace_close(&p);
}

static void
refused(void **state)
{
	static const char outside[] =
	    "{\"slipway_replace\":1,\"pairs\":{\"../x\":{\"old\":\"" OLD "\",\"kernels\":[]}}}";
	const char *const bad[] = { "", "{}", "{\"slipway_replace\":2,\"pairs\":{}}",
		"{\"slipway_replace\":1,\"pairs\":[]}", outside };
	struct dir *d = *state;
	struct err e;

	for (size_t i = 0; i < N(bad); i++) {
		put(d, bad[i]);
		assert_null(replace_read(d, &e));
	}
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + 3];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, parse);
	tests[n++] =
	    (struct CMUnitTest)cmocka_unit_test_setup_teardown(round_trip, temp_make, temp_remove);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test_setup_teardown(begins_and_goes, temp_make,
	    temp_remove);
	tests[n++] =
	    (struct CMUnitTest)cmocka_unit_test_setup_teardown(refused, temp_make, temp_remove);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
