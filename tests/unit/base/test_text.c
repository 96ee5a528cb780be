/* SPDX-License-Identifier: ISC */
/*
 * Rules for texts.
 */
#include "tests/unit/common/test.h"

#include "lib/base/text.h"
#include "tests/unit/common/hostile_text.h"

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

/* Each function that makes a text safe, applied once and twice. */
static void
safe(void **state)
{
	const struct hostile_text *r = *state;
	struct buf b = BUF_INIT(1000);
	char out[200], again[200];
	struct err e = { 0 };

	assert_int_equal(text_safe(out, sizeof out, r->text, strlen(r->text), false),
	    strlen(r->safe));
	assert_string_equal(out, r->safe);
	text_safe(again, sizeof again, out, strlen(out), false);
	assert_string_equal(again, r->safe);
	assert_true(text_is_safe(out, strlen(out)));
	assert_int_equal(text_is_safe(r->text, strlen(r->text)), strcmp(r->text, r->safe) == 0);
	assert_ok(text_add_safe(&b, r->text, strlen(r->text), &e), &e);
	assert_string_equal(buf_text(&b), r->safe);
	err_setx(&e, ERR_IO, "%s", r->text);
	assert_string_equal(e.text, r->safe);
	err_context(&e, "%s", r->text);
	snprintf(out, sizeof out, "%s: %s", r->safe, r->safe);
	assert_string_equal(e.text, out);
	buf_free(&b);
}

static const struct cut_row {
	const char *name, *text;
	size_t size;
	bool cut;
	const char *want;
} cut_rows[] = {
	{ "cut: fits", "abcdef", 7, false, "abcdef" },
	{ "cut: one byte too many", "abcdef", 6, false, "ab..." },
	{ "cut: was cut before", "abcdef", 20, true, "abcdef..." },
	{ "cut: no room for the dots", "abcdef", 7, true, "abc..." },
	{ "cut: between characters", "\xc5\xbe\xc5\xbe\xc5\xbe", 7, false,
	    "\xc5\xbe\xc5\xbe\xc5\xbe" },
	{ "cut: not within a character", "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", 9, false,
	    "\xe2\x82\xac..." },
	{ "cut: not within an escape", "a\x1b\x1b", 8, false, "a..." },
	{ "cut: half a character at the end", "ab\xe2\x82", 20, true, "ab..." },
	{ "cut: bytes that aren't UTF-8 stay", "ab\xff", 20, true, "ab\\xff..." },
	{ "cut: nothing fits", "abcdef", 4, false, "..." },
};

static void
cut(void **state)
{
	const struct cut_row *r = *state;
	char out[64];

	assert_int_equal(text_safe(out, r->size, r->text, strlen(r->text), r->cut),
	    strlen(r->want));
	assert_string_equal(out, r->want);
}

static void
cut_bytes(void **state)
{
	(void)state;
	assert_int_equal(text_cut("abc", 3, 5), 3);
	assert_int_equal(text_cut("abc", 3, 2), 2);
	assert_int_equal(text_cut("a\xe2\x82\xac", 4, 4), 4);
	for (size_t most = 1; most < 4; most++)
		assert_int_equal(text_cut("a\xe2\x82\xac", 4, most), 1);
	assert_int_equal(text_cut("a\x80\x80\x80\x80\x80", 6, 5), 5);
	assert_int_equal(text_cut("", 0, 5), 0);
}

/* The beginning of a text: byte order marks. */
static struct begin_row {
	const char *name, *text;
	size_t len, skips;
	bool good;
} begin_rows[] = {
	{ "begin: plain", TEXT("ab"), 0, true },
	{ "begin: empty", TEXT(""), 0, true },
	{ "begin: one byte", TEXT("a"), 0, true },
	{ "begin: a NUL alone", TEXT("\0"), 0, true },
	{ "begin: a mark",
	    TEXT("\xef\xbb\xbf"
		 "ab"),
	    3, true },
	{ "begin: a mark alone", TEXT("\xef\xbb\xbf"), 3, true },
	{ "begin: half a mark", TEXT("\xef\xbb"), 0, true },
	{ "begin: two marks are one and a text", TEXT("\xef\xbb\xbf\xef\xbb\xbf"), 3, true },
	{ "begin: UTF-16LE",
	    TEXT("\xff\xfe"
		 "a\0"),
	    0, false },
	{ "begin: UTF-16BE", TEXT("\xfe\xff\0a"), 0, false },
	{ "begin: UTF-16LE without a mark", TEXT("a\0b\0"), 0, false },
	{ "begin: a NUL in a text", TEXT("a\0bc"), 0, true },
	{ "begin: UTF-16BE without a mark", TEXT("\0a\0b"), 0, false },
};

static void
begin(void **state)
{
	struct begin_row *r = *state;
	const void *text = r->text;
	size_t len = r->len;
	struct err e;

	if (r->good)
		assert_ok(text_begin(&text, &len, &e), &e);
	else
		assert_err(text_begin(&text, &len, &e), ERR_SYNTAX, &e);
	assert_ptr_equal(text, r->text + r->skips);
	assert_int_equal(len, r->len - r->skips);
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
	/* 32 apart, like letters of two cases, but not letters. */
	assert_false(ascii_same("@", "`"));
	assert_false(ascii_same("[", "{"));
	assert_true(ascii_same("", ""));
	assert_true(ascii_same_n("abX", 2, "ABY", 2));
	assert_false(ascii_same_n("ab", 2, "AB", 1));
	assert_int_equal(ascii_lower('Z'), 'z');
	assert_int_equal(ascii_lower('['), '[');
}

/* Nothing in the name of a file reaches the shell that a command is pasted into. */
static void
shell_word(void **state)
{
	char word[16];

	(void)state;
	assert_string_equal(text_shell_word("/srv/a", word, sizeof word), "/srv/a");
	assert_string_equal(text_shell_word("a;b", word, sizeof word), "'a;b'");
	assert_string_equal(text_shell_word("$(x)\n", word, sizeof word), "'$(x)\n'");
	assert_string_equal(text_shell_word("'", word, sizeof word), "''\\'''");
	assert_string_equal(text_shell_word("", word, sizeof word), "''");
	assert_string_equal(text_shell_word("123456789012 4", word, sizeof word), "");
	assert_string_equal(text_shell_word("123456789012345", word, sizeof word),
	    "123456789012345");
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(first_control),
		cmocka_unit_test(cut_bytes),
		cmocka_unit_test(trimmed),
		cmocka_unit_test(first_line),
		cmocka_unit_test(same),
		cmocka_unit_test(shell_word),
	};
	size_t n = 6;

	TEST_ROWS(tests, n, hostile_texts, safe);
	TEST_ROWS(tests, n, cut_rows, cut);
	TEST_ROWS(tests, n, check_rows, check);
	TEST_ROWS(tests, n, begin_rows, begin);
	return _cmocka_run_group_tests("text", tests, n, NULL, NULL);
}
