/* SPDX-License-Identifier: ISC */
/*
 * lib/settings/key: key paths and names of values.
 */
#include "tests/unit/common/test.h"

#include "lib/settings/key.h"

#define TEXT(text) text, sizeof(text) - 1

static struct key_row {
	const char *name, *key;
	size_t len;
	const char *want; /* NULL: refused */
} key_rows[] = {
	{ "key: as it is", TEXT("HKLM\\SOFTWARE\\x"), "HKLM\\SOFTWARE\\x" },
	{ "key: slashes", TEXT("HKLM/SOFTWARE/x"), "HKLM\\SOFTWARE\\x" },
	{ "key: mixed", TEXT("HKCU/a\\b"), "HKCU\\a\\b" },
	{ "key: case kept below the root", TEXT("hklm\\SoftWare"), "HKLM\\SoftWare" },
	{ "key: long roots", TEXT("Hkey_Local_Machine\\a"), "HKLM\\a" },
	{ "key: long root of the user", TEXT("HKEY_CURRENT_USER\\a"), "HKCU\\a" },
	{ "key: as regedit copies it", TEXT("Computer\\HKEY_LOCAL_MACHINE\\a"), "HKLM\\a" },
	{ "key: regedit's in small letters", TEXT("computer\\hkcu\\a"), "HKCU\\a" },
	{ "key: the computer alone", TEXT("Computer\\"), NULL },
	{ "key: the computer twice", TEXT("Computer\\Computer\\HKLM\\a"), NULL },
	{ "key: a computer that goes on", TEXT("Computers\\HKLM\\a"), NULL },
	{ "key: root alone", TEXT("HKLM"), "HKLM" },
	{ "key: spaces and brackets", TEXT("HKLM\\a ]b[\\ c"), "HKLM\\a ]b[\\ c" },
	{ "key: dots are nothing special", TEXT("HKLM\\a\\..\\b"), "HKLM\\a\\..\\b" },
	{ "key: Unicode", TEXT("HKLM\\\xc3\xa9"), "HKLM\\\xc3\xa9" },
	{ "key: another root", TEXT("HKCR\\a"), NULL },
	{ "key: HKEY_USERS", TEXT("HKEY_USERS\\S-1\\a"), NULL },
	{ "key: a root that goes on", TEXT("HKLMX\\a"), NULL },
	{ "key: no root", TEXT("SOFTWARE\\a"), NULL },
	{ "key: empty", TEXT(""), NULL },
	{ "key: separator first", TEXT("\\HKLM\\a"), NULL },
	{ "key: empty part", TEXT("HKLM\\\\a"), NULL },
	{ "key: separator last", TEXT("HKLM\\a\\"), NULL },
	{ "key: root and separator", TEXT("HKLM\\"), NULL },
	{ "key: newline", TEXT("HKLM\\a\nb"), NULL },
	{ "key: NUL", TEXT("HKLM\\a\0b"), NULL },
	{ "key: delete", TEXT("HKLM\\a\x7f"), NULL },
	{ "key: not UTF-8", TEXT("HKLM\\\xff"), NULL },
};

static void
key(void **state)
{
	struct key_row *r = *state;
	struct buf b = BUF_INIT(2 * SETTING_KEY_MAX);
	struct err e;

	assert_ok(buf_adds(&b, ">", &e), &e);
	if (r->want == NULL) {
		assert_err(setting_key_normal(r->key, r->len, &b, &e), ERR_SYNTAX, &e);
		assert_string_equal(buf_text(&b), ">");
	} else {
		assert_ok(setting_key_normal(r->key, r->len, &b, &e), &e);
		assert_string_equal(buf_text(&b) + 1, r->want);
	}
	buf_free(&b);
}

static void
key_limits(void **state)
{
	struct buf b = BUF_INIT(2 * SETTING_KEY_MAX);
	char long_key[SETTING_KEY_MAX + 64];
	struct err e;

	(void)state;
	memset(long_key, 'a', sizeof long_key);
	memcpy(long_key, "HKLM\\", 5);
	assert_ok(setting_key_normal(long_key, 5 + SETTING_PART_MAX, &b, &e), &e);
	buf_reset(&b);
	assert_err(setting_key_normal(long_key, 6 + SETTING_PART_MAX, &b, &e), ERR_TOO_LARGE, &e);
	for (size_t i = 4; i < sizeof long_key; i += 100)
		long_key[i] = '\\';
	assert_ok(setting_key_normal(long_key, SETTING_KEY_MAX, &b, &e), &e);
	assert_int_equal(b.len, SETTING_KEY_MAX);
	buf_reset(&b);
	assert_err(setting_key_normal(long_key, SETTING_KEY_MAX + 1, &b, &e), ERR_TOO_LARGE, &e);
	assert_err(setting_key_normal(long_key, sizeof long_key, &b, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

static struct name_row {
	const char *name, *text;
	size_t len;
	enum err_code want;
} name_rows[] = {
	{ "name: plain", TEXT("TLS_RequiredLevel"), ERR_NONE },
	{ "name: spaces", TEXT(" a b "), ERR_NONE },
	{ "name: equals sign inside", TEXT("a=b"), ERR_NONE },
	{ "name: comment signs", TEXT(";#"), ERR_NONE },
	{ "name: backslash", TEXT("C:\\x"), ERR_NONE },
	{ "name: empty", TEXT(""), ERR_SYNTAX },
	{ "name: equals sign first", TEXT("=a"), ERR_SYNTAX },
	{ "name: NUL", TEXT("a\0"), ERR_SYNTAX },
	{ "name: newline", TEXT("a\n"), ERR_SYNTAX },
	{ "name: tab", TEXT("a\tb"), ERR_SYNTAX },
	{ "name: not UTF-8", TEXT("\xfe"), ERR_SYNTAX },
};

static void
name(void **state)
{
	struct name_row *r = *state;
	struct err e;

	if (r->want == ERR_NONE)
		assert_ok(setting_name_check(r->text, r->len, &e), &e);
	else
		assert_err(setting_name_check(r->text, r->len, &e), r->want, &e);
}

static void
name_limit(void **state)
{
	char text[SETTING_NAME_MAX + 1];
	struct err e;

	(void)state;
	memset(text, 'a', sizeof text);
	assert_ok(setting_name_check(text, SETTING_NAME_MAX, &e), &e);
	assert_err(setting_name_check(text, SETTING_NAME_MAX + 1, &e), ERR_TOO_LARGE, &e);
}

static struct within_row {
	const char *name, *key, *prefix;
	int want;
} within_rows[] = {
	{ "within: below", "HKLM\\SOFTWARE\\Ipesoft\\A", "HKLM\\SOFTWARE\\Ipesoft", 1 },
	{ "within: itself", "HKLM\\SOFTWARE", "HKLM\\SOFTWARE", 1 },
	{ "within: another case", "HKLM\\Software\\IPESOFT\\a", "HKLM\\SOFTWARE\\Ipesoft", 1 },
	{ "within: name that goes on", "HKLM\\SOFTWARE\\Ipesoft2", "HKLM\\SOFTWARE\\Ipesoft", 0 },
	{ "within: above", "HKLM\\SOFTWARE", "HKLM\\SOFTWARE\\Ipesoft", 0 },
	{ "within: another root", "HKCU\\SOFTWARE\\Ipesoft", "HKLM\\SOFTWARE\\Ipesoft", 0 },
	{ "within: root", "HKLM\\a", "HKLM", 1 },
	{ "within: letters with accents differ by case", "HKLM\\\xc3\x89", "HKLM\\\xc3\xa9", 0 },
	{ "within: '@' is no '`'", "HKLM\\@", "HKLM\\`", 0 },
};

static void
within(void **state)
{
	struct within_row *r = *state;

	assert_int_equal(setting_key_within(r->key, r->prefix), r->want);
}

static void
hash(void **state)
{
	(void)state;
	assert_true(setting_hash("SoftWare", 8, 1) == setting_hash("sOFTwARE", 8, 1));
	assert_true(setting_hash("a", 1, 1) != setting_hash("b", 1, 1));
	assert_true(setting_hash("a", 1, 1) != setting_hash("a", 1, 2));
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(key_limits),
		cmocka_unit_test(name_limit),
		cmocka_unit_test(hash),
	};
	size_t n = 3;

	TEST_ROWS(tests, n, key_rows, key);
	TEST_ROWS(tests, n, name_rows, name);
	TEST_ROWS(tests, n, within_rows, within);
	return _cmocka_run_group_tests("key", tests, n, NULL, NULL);
}
