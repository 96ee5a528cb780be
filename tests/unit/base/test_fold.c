/* SPDX-License-Identifier: ISC */
/*
 * Names without regard to case and to the form of accents.
 */
#include "tests/unit/common/test.h"

#include <stdlib.h>

#include "lib/base/fold.h"
#include "lib/base/text.h"

static struct row {
	const char *name, *a, *b;
	bool same;
} rows[] = {
	{ "ASCII", "Server.CRT", "sERVER.crt", true },
	{ "other letters", "a", "b", false },
	{ "A with diaeresis", "\xc3\x84.txt", "\xc3\xa4.txt", true },
	{ "Z with caron", "\xc5\xbdilina", "\xc5\xbeilina", true },
	{ "one character or two", "\xc3\xa9", "e\xcc\x81", true },
	{ "capital in two, small in one", "E\xcc\x81", "\xc3\xa9", true },
	{ "another accent", "\xc3\xa9", "\xc3\xa8", false },
	{ "no accent", "e", "\xc3\xa9", false },
	{ "marks in another order", "a\xcc\xa3\xcc\x82", "a\xcc\x82\xcc\xa3", true },
	{ "marks of one class keep theirs", "a\xcc\x81\xcc\x82", "a\xcc\x82\xcc\x81", false },
	{ "three forms of one letter", "\xe1\xba\xad", "\xc3\xa2\xcc\xa3", true },
	{ "Greek", "\xce\xa3", "\xcf\x83", true },
	{ "final sigma", "\xcf\x82", "\xcf\x83", true },
	{ "Cyrillic", "\xd0\x96", "\xd0\xb6", true },
	{ "Cherokee, folded to capitals", "\xea\xad\xb0", "\xe1\x8e\xa0", true },
	{ "Deseret, beyond the BMP", "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8", true },
	{ "Kelvin sign", "\xe2\x84\xaa", "k", true },
	{ "Angstrom sign", "\xe2\x84\xab", "\xc3\xa5", true },
	{ "long s", "\xc5\xbf", "S", true },
	{ "dotless i, as on FAT", "\xc4\xb1", "I", true },
	{ "I with a dot", "\xc4\xb0", "i", false },
	{ "I with a dot, in two", "\xc4\xb0", "i\xcc\x87", true },
	{ "sharp s is no ss", "\xc3\x9f", "ss", false },
	{ "capital sharp s", "\xe1\xba\x9e", "\xc3\x9f", true },
	{ "ligature", "\xef\xac\x81", "fi", false },
	{ "full width", "\xef\xbc\xa1", "\xef\xbd\x81", true },
	{ "full width and plain", "\xef\xbc\xa1", "A", false },
	{ "Hangul", "\xea\xb0\x81", "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", true },
	{ "Hangul without an end", "\xea\xb0\x80", "\xe1\x84\x80\xe1\x85\xa1", true },
	{ "CJK compatibility", "\xef\xa4\x80", "\xe8\xb1\x88", true },
	{ "bytes that are no UTF-8", "\xff\xc3", "\xff\xc3", true },
	{ "other bytes", "\xff", "\xfe", false },
	{ "cut", "\xc3", "\xc3\xa9", false },
};

static void
same(void **state)
{
	const struct row *r = *state;
	struct buf a = BUF_INIT(100), b = BUF_INIT(100), again = BUF_INIT(100);
	struct err e;

	assert_ok(fold(r->a, strlen(r->a), &a, &e), &e);
	assert_ok(fold(r->b, strlen(r->b), &b, &e), &e);
	assert_int_equal(a.len == b.len && memcmp(a.data, b.data, a.len) == 0, r->same);
	assert_ok(fold(buf_text(&a), a.len, &again, &e), &e);
	assert_string_equal(buf_text(&a), buf_text(&again));
	buf_free(&a);
	buf_free(&b);
	buf_free(&again);
}

static size_t
write_char(uint32_t c, char out[8])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1)
		out[0] = (char)c;
	else
		out[0] = (char)(0xf00 >> n | c >> 6 * (n - 1));
	for (size_t i = 1; i < n; i++)
		out[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
	return n;
}

/* For every character the key is stable, is UTF-8, and isn't longer than the stated bound. */
static void
every_character(void **unused)
{
	struct buf a = BUF_INIT(100), b = BUF_INIT(100);
	size_t other = 0;
	struct err e;

	(void)unused;
	for (uint32_t c = 1; c < 0x110000; c++) {
		char text[8];
		size_t n = write_char(c, text);

		if (c >= 0xd800 && c < 0xe000)
			continue;
		buf_reset(&a);
		buf_reset(&b);
		assert_ok(fold(text, n, &a, &e), &e);
		assert_true(valid_utf8(a.data, a.len));
		assert_true(a.len <= FOLD_GROWTH * n);
		assert_ok(fold(buf_text(&a), a.len, &b, &e), &e);
		assert_true(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
		other += a.len != n || memcmp(a.data, text, n) != 0;
	}
	assert_true(other > 14000); /* 11,172 of them Hangul */
	buf_free(&a);
	buf_free(&b);
}

/* More accents than a letter can have stay within the bounds. */
static void
many_marks(void **unused)
{
	char text[2 * 300 + 1];
	struct buf b = BUF_INIT(FOLD_GROWTH * sizeof text);
	struct err e;

	(void)unused;
	text[0] = 'A';
	for (size_t i = 0; i < 300; i++)
		memcpy(text + 1 + 2 * i, i % 2 == 0 ? "\xcc\x81" : "\xcc\xa3", 2);
	assert_ok(fold(text, sizeof text, &b, &e), &e);
	assert_int_equal(b.len, sizeof text);
	buf_free(&b);
}

static int
count(void *arg, const struct fold_name *a, const struct fold_name *b, struct err *e)
{
	(void)e;
	assert_string_not_equal(a->path, b->path);
	++*(int *)arg;
	return 0;
}

static struct twin_row {
	const char *name, *paths[4];
	int twins;
} twin_rows[] = {
	{ "none", { "a", "b", "a-b", "a/c" }, 0 },
	{ "file", { "a", "d/B", "d/b" }, 1 },
	{ "directories", { "d/a", "D/b" }, 1 },
	{ "a directory between", { "d/a", "d-x/a", "D/b" }, 1 },
	{ "file and directory", { "x", "x-y", "X/z" }, 1 },
	{ "three", { "x", "X/a", "y", "Y" }, 2 },
	{ "accents", { "\xc3\xa9/a", "e\xcc\x81/b" }, 1 },
};

static void
twins(void **state)
{
	const struct twin_row *r = *state;
	struct fold_names names = FOLD_NAMES_INIT;
	int found = 0;
	size_t id;
	struct err e;

	for (size_t i = 0; i < N(r->paths) && r->paths[i] != NULL; i++)
		assert_ok(fold_names_add(&names, r->paths[i], i, &e), &e);
	assert_ok(fold_names_twins(&names, count, &found, &e), &e);
	assert_int_equal(found, r->twins);
	assert_int_equal(fold_names_find(&names, r->paths[0], &id, &e), 1);
	assert_int_equal(fold_names_find(&names, "none of them", &id, &e), 0);
	fold_names_free(&names);
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(every_character),
		cmocka_unit_test(many_marks),
	};
	size_t n = 2;

	TEST_ROWS(tests, n, rows, same);
	TEST_ROWS(tests, n, twin_rows, twins);
	return _cmocka_run_group_tests("fold", tests, n, NULL, NULL);
}
