/* SPDX-License-Identifier: ISC */
/* updater/state/told: which warnings a start tells, by the note of the starts before. */
#include "tests/unit/common/test.h"

#include "lib/os/dir.h"
#include "lib/os/file.h"
#include "lib/os/move.h"
#include "tests/unit/common/temp.h"
#include "updater/state/told.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */
#define DAY 86400

/* A start: the time, the warnings "a" and "b" with their texts, and which of them are told. */
struct start {
	int64_t now;
	const char *a, *b; /* NULL: nothing is wrong; "-": not looked at */
	const char *told;
};

static const struct row {
	const char *name, *note; /* told.json before; NULL: there is none */
	struct start starts[5];	 /* ended by now == 0 with told NULL */
} rows[] = {
	{ "once a day", NULL,
	    { { NOW, "x", NULL, "a" }, { NOW + 1, "x", NULL, "" }, { NOW + DAY, "x", NULL, "a" },
		{ NOW + DAY + 1, "x", NULL, "" } } },
	{ "one that comes later", NULL,
	    { { NOW, "x", NULL, "a" }, { NOW, "x", "y", "b" }, { NOW, "x", "y", "" } } },
	{ "a text that changed", NULL,
	    { { NOW, "x", "y", "ab" }, { NOW, "x 2", "y", "a" }, { NOW, "x 2", "y", "" },
		{ NOW, "x", "y", "a" } } },
	{ "mended, and back", NULL,
	    { { NOW, "x", "y", "ab" }, { NOW, NULL, "y", "" }, { NOW, "x", "y", "a" } } },
	{ "not looked at", NULL,
	    { { NOW, "x", "y", "ab" }, { NOW, "-", "y", "" }, { NOW, "x", "y", "" },
		{ NOW + DAY, "-", "y", "b" }, { NOW + DAY, "x", "y", "a" } } },
	{ "just before midnight, and after", NULL,
	    { { 1800057599, "x", NULL, "a" }, { 1800057600, "x", NULL, "a" } } },
	{ "a clock that is set back", NULL,
	    { { NOW, "x", NULL, "a" }, { NOW - DAY, "x", NULL, "a" }, { NOW - DAY, "x", NULL, "" },
		{ NOW, "x", NULL, "a" } } },
	{ "a clock that was ahead for years", NULL,
	    { { NOW + 4000LL * DAY, "x", NULL, "a" }, { NOW, "x", NULL, "a" },
		{ NOW, "x", NULL, "" } } },
	{ "a clock that is surely wrong", NULL,
	    { { 5, "x", NULL, "a" }, { 5, "x", NULL, "a" }, { 6, "x", "y", "ab" } } },
	{ "no clock", NULL, { { 0, "x", NULL, "a" }, { 0, "x", NULL, "a" } } },
	{ "an empty note", "", { { NOW, "x", NULL, "a" }, { NOW, "x", NULL, "" } } },
	{ "a cut note", "{\"format\": 1, \"told\": {\"a\": {\"da",
	    { { NOW, "x", NULL, "a" }, { NOW, "x", NULL, "" } } },
	{ "a note of other types",
	    "{\"format\": 1, \"looked\": 5, \"told\": {\"a\": 1, \"b\": {\"day\": []}}}",
	    { { NOW, "x", "y", "ab" }, { NOW, "x", "y", "" } } },
	{ "a list for the warnings", "{\"format\": 1, \"told\": []}",
	    { { NOW, "x", "y", "ab" }, { NOW, "x", "y", "" } } },
	{ "a note without a text", "{\"format\": 1, \"told\": {\"a\": {\"day\": \"2027-01-15\"}}}",
	    { { NOW, "x", NULL, "a" }, { NOW, "x", NULL, "" } } },
	{ "a newer Slipway's note",
	    "{\"format\": 2, \"looked\": \"2027-01-15\", \"told\": {\"a\": {\"day\": "
	    "\"2027-01-15\", \"sha256\": "
	    "\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\"}}}",
	    { { NOW, "x", NULL, "a" }, { NOW, "x", NULL, "a" } } },
	{ "the note of this very text",
	    "{\"format\": 1, \"looked\": \"2027-01-15\", \"told\": {\"a\": {\"day\": "
	    "\"2027-01-15\", \"sha256\": "
	    "\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\"}}}",
	    { { NOW, "x", NULL, "" }, { NOW + DAY, "x", NULL, "a" } } },
};

static struct dir *dir;
static struct station station;

static int
setup(void **unused)
{
	void *d;

	(void)unused;
	if (temp_make(&d) == -1)
		return -1;
	dir = d;
	/* For a privileged process and where there is no station for all: the machine's part. */
	station.state_path = station.user_state_path = strdup(dir_path(dir));
	return station.state_path == NULL ? -1 : 0;
}

static int
teardown(void **unused)
{
	void *d = dir;

	(void)unused;
	free(station.state_path);
	return temp_remove(&d);
}

static void
look_at_one(struct told *t, const char *name, const char *text, char *told)
{
	if (text == NULL)
		return;
	if (strcmp(text, "-") == 0)
		told_keep(t, name);
	else if (told_is_due(t, name, text))
		strcat(told, name);
}

static void
start(const struct start *s)
{
	char told[8] = "";
	struct told t;

	told_begin(&t, &station, s->now);
	look_at_one(&t, "a", s->a, told);
	look_at_one(&t, "b", s->b, told);
	told_end(&t);
	assert_string_equal(told, s->told);
}

static void
starts(void **state)
{
	const struct row *r = *state;
	struct buf after = BUF_INIT(4096);
	struct err e;

	if (r->note != NULL)
		assert_ok(file_replace(dir, "told.json", r->note, strlen(r->note), 0644, &e), &e);
	for (size_t i = 0; i < N(r->starts) && r->starts[i].told != NULL; i++)
		start(&r->starts[i]);
	if (r->note != NULL && strstr(r->note, "\"format\": 2") != NULL) {
		assert_ok(file_read(dir, "told.json", &after, &e), &e);
		assert_int_equal(after.len, strlen(r->note));
		assert_memory_equal(after.data, r->note, after.len);
	}
	buf_free(&after);
}

/* The day's first look, which is noted also where nothing is wrong. */
static void
looks(void **unused)
{
	static const struct {
		int64_t now;
		bool due;
	} looked[] = { { NOW, true }, { NOW + 1, false }, { NOW + DAY, true }, { NOW, true },
		{ NOW, false }, { 0, true }, { 5, true }, { NOW, false } };
	struct told t;

	(void)unused;
	for (size_t i = 0; i < N(looked); i++) {
		told_begin(&t, &station, looked[i].now);
		assert_int_equal(told_look_is_due(&t), looked[i].due);
		told_end(&t);
	}
}

/*
 * A note that is a directory can be neither read nor written; a station without a state has none.
 */
static void
nowhere(void **unused)
{
	const struct start again = { NOW, "x", NULL, "a" };
	struct station none = { .state_path = NULL };
	struct err e;
	struct dir *d = dir_below(dir, "told.json", true, &e);
	struct told t;

	(void)unused;
	assert_non_null(d);
	dir_close(d);
	for (int i = 0; i < 2; i++) {
		start(&again);
		told_begin(&t, &none, NOW);
		assert_true(told_is_due(&t, "a", "x"));
		told_end(&t);
	}
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows) + 2];

	for (size_t i = 0; i < N(rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
			.test_func = starts,
			.setup_func = setup,
			.teardown_func = teardown,
			.initial_state = (void *)(uintptr_t)&rows[i] };
	tests[N(rows)] = (struct CMUnitTest)cmocka_unit_test_setup_teardown(looks, setup, teardown);
	tests[N(rows) + 1] =
	    (struct CMUnitTest)cmocka_unit_test_setup_teardown(nowhere, setup, teardown);
	return _cmocka_run_group_tests("told", tests, N(tests), NULL, NULL);
}
