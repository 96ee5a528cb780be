/* SPDX-License-Identifier: ISC */
/*
 * Rules for texts.
 */
#include "tests/unit/common/test.h"

#include "lib/base/text.h"

static struct check_row {
	const char *name, *text;
	size_t len;
	bool tab, good;
} check_rows[] = {
#define TEXT(text) text, sizeof(text) - 1
	{ "check: plain", TEXT("a b"), false, true },
	{ "check: empty", TEXT(""), false, true },
	{ "check: two bytes", TEXT("\xc5\xbe"), false, true },
	{ "check: three bytes", TEXT("\xe2\x82\xac"), false, true },
	{ "check: four bytes", TEXT("\xf0\x9f\x98\x80"), false, true },
	{ "check: last code point", TEXT("\xf4\x8f\xbf\xbf"), false, true },
	{ "check: tab", TEXT("a\tb"), true, true },
	{ "check: tab not allowed", TEXT("a\tb"), false, false },
	{ "check: NUL", TEXT("a\0b"), true, false },
	{ "check: newline", TEXT("a\n"), true, false },
	{ "check: escape", TEXT("\x1b[31m"), true, false },
	{ "check: delete", TEXT("a\x7f"), true, false },
	{ "check: no UTF-8", TEXT("a\xff"), true, false },
	{ "check: cut", TEXT("a\xe2\x82"), true, false },
	{ "check: overlong", TEXT("\xc0\xaf"), true, false },
	{ "check: overlong, three bytes", TEXT("\xe0\x80\xaf"), true, false },
	{ "check: surrogate", TEXT("\xed\xa0\x80"), true, false },
	{ "check: beyond the last code point", TEXT("\xf4\x90\x80\x80"), true, false },
	{ "check: lonely continuation", TEXT("\x80"), true, false },
};

static void
check(void **state)
{
	struct check_row *r = *state;
	struct err e;

	if (r->good)
		assert_ok(text_check(r->text, r->len, r->tab, &e), &e);
	else
		assert_err(text_check(r->text, r->len, r->tab, &e), ERR_SYNTAX, &e);
}

static void
first_control(void **state)
{
	(void)state;
	assert_int_equal(text_control("ab\tc\n", 5, false), 2);
	assert_int_equal(text_control("ab\tc\n", 5, true), 4);
	assert_int_equal(text_control("abc", 3, false), 3);
	assert_int_equal(text_control("\xc5\xbe", 2, false), 2);
}

static void
trimmed(void **state)
{
	const char *text = " \t a b\t ";
	size_t len = strlen(text);

	(void)state;
	text_trim(&text, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(text, "a b", 3);
	text = " \t ";
	len = 3;
	text_trim(&text, &len);
	assert_int_equal(len, 0);
	len = 0;
	text_trim(&text, &len);
	assert_int_equal(len, 0);
}

static void
first_line(void **state)
{
	(void)state;
	assert_int_equal(text_line("ab\ncd", 5), 2);
	assert_int_equal(text_line("ab\r\n", 4), 2);
	assert_int_equal(text_line("ab", 2), 2);
	assert_int_equal(text_line("ab\n", 1), 1);
	assert_int_equal(text_line("a\0b\n", 4), 3);
	assert_int_equal(text_line("\n", 1), 0);
	assert_int_equal(text_line(NULL, 0), 0);
}

static void
same(void **state)
{
	(void)state;
	assert_true(ascii_same("Straße", "STRAßE"));
	assert_false(ascii_same("a", "ab"));
	assert_false(ascii_same("\xc3\xa9", "\xc3\x89"));
	/* 32 apart, but no letters. */
	assert_false(ascii_same("@", "`"));
	assert_false(ascii_same("[", "{"));
	assert_true(ascii_same("", ""));
	assert_true(ascii_same_n("abX", 2, "ABY", 2));
	assert_false(ascii_same_n("ab", 2, "AB", 1));
	assert_int_equal(ascii_lower('Z'), 'z');
	assert_int_equal(ascii_lower('['), '[');
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(first_control),
		cmocka_unit_test(trimmed),
		cmocka_unit_test(first_line),
		cmocka_unit_test(same),
	};
	size_t n = 4;

	TEST_ROWS(tests, n, check_rows, check);
	return _cmocka_run_group_tests("text", tests, n, NULL, NULL);
}
