/* SPDX-License-Identifier: ISC */
/*
 * Fingerprints of SSH keys.
 */
#include "tests/unit/common/test.h"

#include "lib/sftp/fingerprint.h"

#define DIGITS "KuUcp0dC7aq3kX0XCRHrZ7DkE0tf3bWgrgX6PtqQyjw"

static struct valid_row {
	const char *name, *text;
	bool want;
} valid_rows[] = {
	{ "valid: of ssh-keygen", "SHA256:" DIGITS, true },
	{ "valid: all kinds of digits", "SHA256:+/09AZaz+/09AZaz+/09AZaz+/09AZaz+/09AZaz+/0",
	    true },
	{ "valid: empty", "", false },
	{ "valid: no digits", "SHA256:", false },
	{ "valid: digits alone", DIGITS, false },
	{ "valid: small letters", "sha256:" DIGITS, false },
	{ "valid: MD5", "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", false },
	{ "valid: with padding", "SHA256:" DIGITS "=", false },
	{ "valid: a digit less", "SHA256:KuUcp0dC7aq3kX0XCRHrZ7DkE0tf3bWgrgX6PtqQyj", false },
	{ "valid: padding for a digit",
	    "SHA256:KuUcp0dC7aq3kX0XCRHrZ7DkE0tf3bWgrgX6PtqQyj=", false },
	{ "valid: base64 of addresses", "SHA256:-_09AZaz+/09AZaz+/09AZaz+/09AZaz+/09AZaz+/0",
	    false },
	{ "valid: a blank before", " SHA256:" DIGITS, false },
	{ "valid: a line end", "SHA256:" DIGITS "\n", false },
};

static void
valid(void **state)
{
	const struct valid_row *r = *state;

	assert_int_equal(fingerprint_valid(r->text), r->want);
}

static struct base64_row {
	const char *name, *key, *want; /* want NULL: refused */
} base64_rows[] = {
	{ "base64: a key", "AAAAC3NzaC1lZDI1NTE5AAAAIK70K/VMnUiUnWzyGl3P37w2KtTVi1ypM3eRvCYO9KC3",
	    "SHA256:" DIGITS },
	{ "base64: one byte", "YQ==", "SHA256:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs" },
	{ "base64: two bytes", "YWI=", "SHA256:+44g/C5MPySMYMOb1lLzwTRymLuXe4tNWQO4UFViBgM" },
	{ "base64: three bytes", "YWJj", "SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0" },
	{ "base64: empty", "", NULL },
	{ "base64: cut off", "YWJ", NULL },
	{ "base64: another character", "YW-j", NULL },
	{ "base64: padding alone", "====", NULL },
};

static void
base64(void **state)
{
	const struct base64_row *r = *state;
	char out[FINGERPRINT_SIZE] = "untouched";
	struct err e;

	if (r->want == NULL) {
		assert_err(fingerprint_of_base64(r->key, strlen(r->key), out, &e), ERR_SYNTAX, &e);
		assert_string_equal(out, "untouched");
		return;
	}
	assert_ok(fingerprint_of_base64(r->key, strlen(r->key), out, &e), &e);
	assert_string_equal(out, r->want);
	assert_true(fingerprint_valid(out));
}

/* The length counts, not a NUL; texts at the limit and beyond. */
static void
limit(void **state)
{
	static char key[FINGERPRINT_KEY_MAX + 4];
	char out[FINGERPRINT_SIZE], same[FINGERPRINT_SIZE];
	struct err e;

	(void)state;
	memset(key, 'A', sizeof key);
	assert_ok(fingerprint_of_base64(key, FINGERPRINT_KEY_MAX, out, &e), &e);
	assert_err(fingerprint_of_base64(key, sizeof key, out, &e), ERR_SYNTAX, &e);
	assert_ok(fingerprint_of_base64("YWJjZZZZ", 4, out, &e), &e);
	assert_ok(fingerprint_of((const uint8_t *)"abc", 3, same, &e), &e);
	assert_string_equal(out, same);
}

int
main(void)
{
	static struct CMUnitTest tests[40] = { cmocka_unit_test(limit) };
	size_t n = 1;

	TEST_ROWS(tests, n, valid_rows, valid);
	TEST_ROWS(tests, n, base64_rows, base64);
	return _cmocka_run_group_tests("fingerprint", tests, n, NULL, NULL);
}
