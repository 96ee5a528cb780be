/* SPDX-License-Identifier: ISC */
/* updater/cmd: who gets a window, and the line that it shows. */
#include "tests/unit/common/test.h"

#include "updater/cmd/progress.h"
#include "updater/cmd/window.h"

static const struct due_row {
	const char *name;
	bool heard, seen, silent, due;
} due_rows[] = {
	{ "a shortcut", false, true, false, true },
	{ "a shortcut with --quiet or --progress", false, true, true, false },
	{ "a task without a user", false, false, false, false },
	{ "a console", true, true, false, false },
	{ "a pipe of a service", true, false, false, false },
	{ "a console, silent", true, true, true, false },
};

static void
due(void **state)
{
	const struct due_row *r = *state;

	assert_int_equal(window_is_due(r->heard, r->seen, r->silent), r->due);
}

static const struct line_row {
	const char *name;
	struct progress progress;
	uint64_t ms;
	const char *want;
} line_rows[] = {
	{ "nothing yet", { .what = "COV_PB", .of_files = 7, .of_bytes = 4000000 }, 0,
	    "COV_PB: 0 of 7 files, 0 B of 4.0 MB, 0 B/s" },
	{ "on the way",
	    { .what = "COV_PB", .files = 3, .of_files = 7, .bytes = 1200000, .of_bytes = 4000000 },
	    2000, "COV_PB: 3 of 7 files, 1.2 MB of 4.0 MB, 600.0 kB/s, 5 s left" },
	{ "all",
	    { .what = "COV_PB", .files = 7, .of_files = 7, .bytes = 4000000, .of_bytes = 4000000 },
	    4000, "COV_PB: 7 of 7 files, 4.0 MB of 4.0 MB, 1.0 MB/s" },
};

static void
line(void **state)
{
	const struct line_row *r = *state;
	char got[PROGRESS_LINE_SIZE];

	progress_line(&r->progress, r->ms, got);
	assert_string_equal(got, r->want);
}

/* A narrow terminal doesn't wrap it, and wraps again behind it, however long it is. */
static void
rewritten(void **state)
{
	char line_of_it[PROGRESS_LINE_SIZE], text[PROGRESS_LINE_SIZE];
	size_t n = progress_rewrite("A: 1", text);

	(void)state;
	assert_int_equal(n, strlen(text));
	assert_string_equal(text, "\r\033[?7lA: 1\033[K\033[?7h");
	memset(line_of_it, 'x', sizeof line_of_it - 1);
	line_of_it[sizeof line_of_it - 1] = '\0';
	n = progress_rewrite(line_of_it, text);
	assert_int_equal(n, strlen(text));
	assert_string_equal(text + strlen(text) - 8, "\033[K\033[?7h");
}

int
main(void)
{
	struct CMUnitTest tests[N(due_rows) + N(line_rows) + 1];
	size_t n = 0;

	TEST_ROWS(tests, n, due_rows, due);
	TEST_ROWS(tests, n, line_rows, line);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(rewritten);
	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
