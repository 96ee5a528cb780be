/* SPDX-License-Identifier: ISC */
/* updater/state: what the last update found, and each doubt in which it doesn't count. */
#include "tests/unit/common/test.h"

#include "lib/base/json.h"
#include "lib/os/json_file.h"
#include "lib/os/move.h"
#include "tests/unit/common/temp.h"
#include "updater/state/record.h"
#include "updater/state/state.h"
#include "updater/state/wanted.h"

static struct dir *state;
static const char *const roots[LAYOUT_ROOTS] = { NULL, "/srv/A" };

static void
put(const char *name, const char *text, unsigned mode)
{
	struct err e;

	assert_ok(file_replace_fast(state, name, text, strlen(text), mode, &e), &e);
}

/* A release is applied, and nothing was left to do. */
static int
setup(void **unused)
{
	struct record none = RECORD_INIT,
		      r = { .serial = 3, .release = 2, .newest = 3, .whole = true };
	struct wanted w = { .application = "A",
		.roots = { roots[0], roots[1] },
		.serial = 3,
		.release = 2,
		.newest = 3,
		.user = true,
		.role = { .version = 7, .expires = 1900000000, .role = { 1 }, .targets = { 2 } } };
	struct err e;
	void *d;

	(void)unused;
	if (temp_make(&d) == -1)
		return -1;
	state = d;
	if (record_set_applied(state, &none, &r, &e) == -1)
		return -1;
	wanted_save(state, &w);
	return 0;
}

static int
teardown(void **unused)
{
	void *d = state;

	(void)unused;
	return temp_remove(&d);
}

static bool
is_wanted(void)
{
	struct wanted w;
	bool is = wanted_load(state, "A", roots, &w);

	assert_int_equal(is, w.json != NULL);
	assert_int_equal(is ? 3 : 0, w.serial);
	wanted_free(&w);
	return is;
}

static void
as_saved(void **unused)
{
	struct wanted w;

	(void)unused;
	assert_true(wanted_load(state, "A", roots, &w));
	assert_string_equal(w.slipway, SLIPWAY_VERSION);
	assert_int_equal(w.serial, 3);
	assert_int_equal(w.release, 2);
	assert_int_equal(w.newest, 3);
	assert_true(w.user);
	assert_int_equal(w.role.version, 7);
	assert_int_equal(w.role.expires, 1900000000);
	assert_int_equal(w.role.role[0], 1);
	assert_int_equal(w.role.targets[0], 2);
	wanted_free(&w);
}

/* Nothing is written while nothing changes. */
static void
saved_once(void **unused)
{
	struct file_info before, after;
	struct wanted w;
	struct err e;

	(void)unused;
	assert_int_equal(file_stat(state, STATE_WANTED, &before, &e), 1);
	assert_true(wanted_load(state, "A", roots, &w));
	wanted_save(state, &w);
	assert_int_equal(file_stat(state, STATE_WANTED, &after, &e), 1);
	assert_int_equal(before.mtime_ns, after.mtime_ns);
	w.release = 3;
	wanted_save(state, &w);
	wanted_free(&w);
	assert_true(wanted_load(state, "A", roots, &w));
	assert_int_equal(w.release, 3);
	wanted_free(&w);
}

/* One member has another value, or (NULL) is missing. */
static struct row {
	const char *name, *member, *value;
	enum err_code read; /* what wanted_read() says */
} rows[] = {
	{ "wanted: no format", "format", NULL, ERR_SYNTAX },
	{ "wanted: a newer format", "format", "2", ERR_VERSION },
	{ "wanted: format as a text", "format", "\"1\"", ERR_SYNTAX },
	{ "wanted: another version of Slipway", "slipway", "\"0.0.1\"", ERR_NONE },
	{ "wanted: no version of Slipway", "slipway", NULL, ERR_SYNTAX },
	{ "wanted: another application", "application", "\"B\"", ERR_NONE },
	{ "wanted: a NUL in the application", "application", "\"A\\u0000\"", ERR_SYNTAX },
	{ "wanted: InstallDir where there is none", "roots",
	    "{\"install\": \"/i\", \"app\": \"/srv/A\"}", ERR_NONE },
	{ "wanted: another AppDir", "roots", "{\"install\": null, \"app\": \"/srv/B\"}", ERR_NONE },
	{ "wanted: no AppDir", "roots", "{\"install\": null, \"app\": null}", ERR_NONE },
	{ "wanted: a root that is missing", "roots", "{\"app\": \"/srv/A\"}", ERR_SYNTAX },
	{ "wanted: roots of another type", "roots", "[]", ERR_SYNTAX },
	{ "wanted: serial 0", "serial", "0", ERR_SYNTAX },
	{ "wanted: serial as a text", "serial", "\"3\"", ERR_SYNTAX },
	{ "wanted: a serial that the history lacks", "serial", "4", ERR_NONE },
	{ "wanted: release below 1", "release", "-1", ERR_SYNTAX },
	{ "wanted: no newest", "newest", NULL, ERR_SYNTAX },
	{ "wanted: user as a number", "user", "1", ERR_SYNTAX },
	{ "wanted: no hash of the role", "role", NULL, ERR_SYNTAX },
	{ "wanted: a short hash", "targets", "\"00\"", ERR_SYNTAX },
	{ "wanted: a hash of other letters", "role",
	    "\"zz00000000000000000000000000000000000000000000000000000000000000\"", ERR_SYNTAX },
	{ "wanted: another record", "record", "\"1 2 3 4\"", ERR_NONE },
	{ "wanted: no record", "record", NULL, ERR_SYNTAX },
	{ "wanted: no end", "until", NULL, ERR_SYNTAX },
	{ "wanted: an end that is no day", "until", "\"2030-02-30T00:00:00Z\"", ERR_SYNTAX },
	{ "wanted: version 0", "version", "0", ERR_SYNTAX },
};

static void
doubt(void **arg)
{
	const struct row *r = *arg;
	struct wanted w;
	struct err e;
	json_t *j, *value = NULL;

	assert_int_equal(setup(NULL), 0);
	assert_true(is_wanted());
	assert_non_null(j = json_file_read(state, STATE_WANTED, WANTED_MAX, &e));
	if (r->value == NULL)
		assert_int_equal(json_object_del(j, r->member), 0);
	else
		assert_non_null(
		    value = json_loads(r->value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
	if (value != NULL)
		assert_int_equal(json_object_set_new(j, r->member, value), 0);
	if (r->read == ERR_NONE)
		assert_ok(wanted_read(j, &w, &e), &e);
	else
		assert_err(wanted_read(j, &w, &e), r->read, &e);
	wanted_free(&w);
	assert_ok(json_file_write(state, STATE_WANTED, j, WANTED_MAX, 0644, &e), &e);
	json_decref(j);
	assert_false(is_wanted());
	assert_int_equal(teardown(NULL), 0);
}

/* Files that changed, or aren't there. */
static void
other_files(void **unused)
{
	struct buf text = BUF_INIT(RECORD_MAX);
	struct wanted w;
	struct err e;

	(void)unused;
	assert_true(is_wanted());
	assert_int_equal(file_rename(state, "history/0000000003.json", state, "away", &e), 0);
	assert_false(is_wanted());
	assert_int_equal(file_rename(state, "away", state, "history/0000000003.json", &e), 0);
	assert_true(is_wanted());
	/* The same bytes, written again, are another file. */
	assert_true(wanted_load(state, "A", roots, &w));
	assert_ok(file_read(state, STATE_APPLIED, &text, &e), &e);
	put("new", buf_text(&text), 0644);
	assert_int_equal(file_rename(state, "new", state, STATE_APPLIED, &e), 0);
	assert_false(is_wanted());
	wanted_save(state, &w);
	wanted_free(&w);
	assert_true(is_wanted());
	put(STATE_APPLIED, "{\"serial\": 3}", 0644);
	assert_false(is_wanted());
	assert_int_equal(file_remove(state, STATE_APPLIED, &e), 1);
	assert_false(is_wanted());
	put(STATE_WANTED, "", 0644);
	assert_false(is_wanted());
	assert_int_equal(file_remove(state, STATE_WANTED, &e), 1);
	assert_false(is_wanted());
	buf_free(&text);
}

/* Who else can write it might have. */
static void
written_by_others(void **unused)
{
	static const unsigned modes[] = { 0664, 0646 };
	struct buf text = BUF_INIT(WANTED_MAX);
	struct file_info info;
	struct err e;

	(void)unused;
	assert_ok(file_read(state, STATE_WANTED, &text, &e), &e);
	for (size_t i = 0; i < N(modes); i++) {
		put(STATE_WANTED, buf_text(&text), modes[i]);
		assert_int_equal(file_stat(state, STATE_WANTED, &info, &e), 1);
		if (info.mode == modes[i]) /* Windows has no such modes */
			assert_false(is_wanted());
	}
	put(STATE_WANTED, buf_text(&text), 0644);
	assert_true(is_wanted());
	buf_free(&text);
}

/* A newer Slipway's file stays; one that is damaged is replaced. */
static void
saved_over(void **unused)
{
	static const char newer[] = "{\"format\": 2}";
	struct buf text = BUF_INIT(WANTED_MAX);
	struct wanted w;
	struct err e;

	(void)unused;
	assert_true(wanted_load(state, "A", roots, &w));
	put(STATE_WANTED, newer, 0644);
	wanted_save(state, &w);
	assert_ok(file_read(state, STATE_WANTED, &text, &e), &e);
	assert_string_equal(buf_text(&text), newer);
	assert_false(is_wanted());
	put(STATE_WANTED, "{\"format\": ", 0644);
	wanted_save(state, &w);
	assert_true(is_wanted());
	wanted_free(&w);
	buf_free(&text);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest fixed[] = { TEST(as_saved), TEST(saved_once),
		TEST(other_files), TEST(written_by_others), TEST(saved_over) };
	struct CMUnitTest tests[N(fixed) + N(rows)];
	size_t n = N(fixed);

	memcpy(tests, fixed, sizeof fixed);
	TEST_ROWS(tests, n, rows, doubt);
	return cmocka_run_group_tests_name("wanted", tests, NULL, NULL);
}
