/* SPDX-License-Identifier: ISC */
/*
 * Errors.
 */
#include "tests/unit/common/test.h"

#include <errno.h>

#include <openssl/err.h>

#include "lib/base/err.h"

static void
error_text(void **state)
{
	char huge[2 * ERR_TEXT_SIZE];
	struct err e;

	(void)state;
	assert_int_equal(err_setx(&e, ERR_SYNTAX, "bad %s", "a\x1b[31m\nb"), -1);
	assert_string_equal(e.text, "bad a\\x1b[31m\\x0ab");
	err_context(&e, "file %d", 7);
	assert_string_equal(e.text, "file 7: bad a\\x1b[31m\\x0ab");
	assert_int_equal(e.code, ERR_SYNTAX);
	memset(huge, 'x', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	err_setx(&e, ERR_SYNTAX, "%s", huge);
	assert_int_equal(strlen(e.text), ERR_TEXT_SIZE - 1);
	assert_string_equal(e.text + ERR_TEXT_SIZE - 4, "...");
	for (int c = 0; c < ERR_CODE_COUNT; c++)
		assert_non_null(err_name((enum err_code)c));
}

static void
error_of_the_system(void **state)
{
	struct err e;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_set(&e, ERR_IO, "file"), -1);
	assert_int_equal(e.code, ERR_NOENT);
	assert_string_equal(e.text, "file: No such file or directory");
	errno = EPIPE;
	err_set(&e, ERR_IO, "file");
	assert_int_equal(e.code, ERR_IO);
	errno = ENOENT;
	err_set(&e, ERR_CONFIG, "file");
	assert_int_equal(e.code, ERR_CONFIG);
}

static void
error_of_openssl(void **state)
{
	struct err e;

	(void)state;
	ERR_clear_error();
	assert_int_equal(err_openssl(&e, "key"), -1);
	assert_int_equal(e.code, ERR_CRYPTO);
	assert_string_equal(e.text, "key: OpenSSL failed");
	ERR_raise(ERR_LIB_USER, ERR_R_PASSED_NULL_PARAMETER);
	ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
	err_openssl(&e, "key");
	assert_non_null(strstr(e.text, "key: malloc fail"));
	/* No text stays for the next error. */
	assert_int_equal(ERR_peek_error(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_text),
		cmocka_unit_test(error_of_the_system),
		cmocka_unit_test(error_of_openssl),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
