/* SPDX-License-Identifier: ISC */
/*
 * Dates as text.
 */
#include "tests/unit/common/test.h"

#include "lib/base/date.h"

static struct date_row {
	const char *name, *text;
	int64_t want; /* -1: refused */
} date_rows[] = {
	{ "date: epoch", "1970-01-01T00:00:00Z", 0 },
	{ "date: leap day", "2024-02-29T12:34:56Z", 1709210096 },
	{ "date: century that leaps", "2000-02-29T00:00:00Z", 951782400 },
	{ "date: last", "9999-12-31T23:59:59Z", 253402300799 },
	{ "date: no leap day", "2023-02-29T00:00:00Z", -1 },
	{ "date: century that does not leap", "2100-02-29T00:00:00Z", -1 },
	{ "date: month 13", "2024-13-01T00:00:00Z", -1 },
	{ "date: day 0", "2024-01-00T00:00:00Z", -1 },
	{ "date: hour 24", "2024-01-01T24:00:00Z", -1 },
	{ "date: before the epoch", "1969-12-31T23:59:59Z", -1 },
	{ "date: no zone", "2024-01-01T00:00:00", -1 },
	{ "date: offset", "2024-01-01T00:00:00+00:00", -1 },
	{ "date: fraction", "2024-01-01T00:00:00.0Z", -1 },
	{ "date: sign", "2024-01-01T+1:00:00Z", -1 },
};

static void
date(void **state)
{
	struct date_row *r = *state;
	char text[DATE_TEXT_SIZE];
	int64_t t = 4711;

	if (r->want == -1) {
		assert_int_equal(date_parse(r->text, strlen(r->text), &t), -1);
		assert_int_equal(t, 4711);
		return;
	}
	assert_int_equal(date_parse(r->text, strlen(r->text), &t), 0);
	assert_int_equal(t, r->want);
	date_format(t, text);
	assert_string_equal(text, r->text);
}

static void
dates(void **state)
{
	struct tm leap = { .tm_year = 2028 - 1900,
		.tm_mon = 1,
		.tm_mday = 29,
		.tm_hour = 23,
		.tm_min = 59,
		.tm_sec = 59 };
	struct tm epoch = { .tm_year = 70, .tm_mday = 1 };
	char text[DATE_TEXT_SIZE];

	(void)state;
	assert_int_equal(date_of_tm(&epoch), 0);
	date_format(date_of_tm(&leap), text);
	assert_string_equal(text, "2028-02-29T23:59:59Z");
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(dates),
	};
	size_t n = 1;

	TEST_ROWS(tests, n, date_rows, date);
	return _cmocka_run_group_tests("date", tests, n, NULL, NULL);
}
