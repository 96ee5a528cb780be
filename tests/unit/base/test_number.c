/* SPDX-License-Identifier: ISC */
/*
 * Numbers as text.
 */
#include "tests/unit/common/test.h"

#include "lib/base/number.h"

static struct number_row {
	const char *name, *text;
	size_t len;
	uint64_t min, max, want; /* BAD: refused */
} number_rows[] = {
#define TEXT(text) text, sizeof(text) - 1
#define BAD	   4711
	{ "number: zero", TEXT("0"), 0, 0, 0 },
	{ "number: port", TEXT("443"), 1, 65535, 443 },
	{ "number: leading zeros", TEXT("0007"), 1, 9, 7 },
	{ "number: only the bytes given", "12345", 2, 0, 99, 12 },
	{ "number: least", TEXT("5"), 5, 9, 5 },
	{ "number: most", TEXT("9"), 5, 9, 9 },
	{ "number: 64 bits", TEXT("18446744073709551615"), 0, UINT64_MAX, UINT64_MAX },
	{ "number: empty", TEXT(""), 0, 9, BAD },
	{ "number: below", TEXT("4"), 5, 9, BAD },
	{ "number: above", TEXT("10"), 5, 9, BAD },
	{ "number: one digit above", TEXT("4"), 0, 3, BAD },
	{ "number: over 64 bits", TEXT("18446744073709551616"), 0, UINT64_MAX, BAD },
	{ "number: far over 64 bits", TEXT("99999999999999999999999"), 0, UINT64_MAX, BAD },
	{ "number: plus", TEXT("+5"), 0, 9, BAD },
	{ "number: minus", TEXT("-5"), 0, UINT64_MAX, BAD },
	{ "number: blank before", TEXT(" 5"), 0, 9, BAD },
	{ "number: blank behind", TEXT("5 "), 0, 9, BAD },
	{ "number: NUL behind", TEXT("5\0"), 0, 99, BAD },
	{ "number: hexadecimal", TEXT("0x5"), 0, 99, BAD },
	{ "number: point", TEXT("5.0"), 0, 99, BAD },
	{ "number: digit beyond ASCII", TEXT("\xd9\xa5"), 0, 99, BAD },
};

static void
number(void **state)
{
	struct number_row *r = *state;
	uint64_t n = BAD;

	assert_int_equal(number_parse(r->text, r->len, r->min, r->max, &n),
	    r->want == BAD ? -1 : 0);
	assert_int_equal(n, r->want);
}

int
main(void)
{
	static struct CMUnitTest tests[N(number_rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, number_rows, number);
	return _cmocka_run_group_tests("number", tests, n, NULL, NULL);
}
