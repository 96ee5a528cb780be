/* SPDX-License-Identifier: ISC */
/*
 * Byte buffers with a limit.
 */
#include "tests/unit/common/test.h"

#include "lib/base/buf.h"

static void
buffer_limit(void **state)
{
	struct buf b = BUF_INIT(5);
	struct err e;

	(void)state;
	assert_ok(buf_adds(&b, "abc", &e), &e);
	assert_err(buf_adds(&b, "def", &e), ERR_TOO_LARGE, &e);
	assert_string_equal(buf_text(&b), "abc");
	assert_ok(buf_addf(&b, &e, "%d", 42), &e);
	assert_string_equal(buf_text(&b), "abc42");
	assert_err(buf_addc(&b, 'x', &e), ERR_TOO_LARGE, &e);
	buf_free(&b);
}

static void
buffer_cut(void **state)
{
	struct buf b = BUF_INIT(100);
	struct err e;

	(void)state;
	buf_cut(&b, 0);
	assert_string_equal(buf_text(&b), "");
	assert_ok(buf_adds(&b, "abcdef", &e), &e);
	buf_cut(&b, 2);
	assert_int_equal(b.len, 2);
	assert_string_equal(buf_text(&b), "ab");
	assert_ok(buf_adds(&b, "x", &e), &e);
	assert_string_equal(buf_text(&b), "abx");
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_text(&b), "");
	buf_free(&b);
}

static void
buffer_reserved(void **state)
{
	struct buf b = BUF_INIT(1000);
	struct err e;
	uint8_t *data;

	(void)state;
	assert_ok(buf_adds(&b, "abc", &e), &e);
	assert_ok(buf_reserve(&b, 997, &e), &e);
	assert_true(b.size > 1000);
	assert_int_equal(b.len, 3);
	assert_err(buf_reserve(&b, 998, &e), ERR_TOO_LARGE, &e);
	data = buf_steal(&b);
	assert_string_equal((char *)data, "abc");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	free(data);
}

static void
found(void **state)
{
	static const char text[] = "ab\0abc";

	(void)state;
	assert_ptr_equal(bytes_find(text, 6, "abc"), text + 3);
	assert_null(bytes_find(text, 5, "abc"));
	assert_ptr_equal(bytes_find(text, 6, ""), text);
	assert_null(bytes_find(text, 0, "a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_limit),
		cmocka_unit_test(buffer_cut),
		cmocka_unit_test(buffer_reserved),
		cmocka_unit_test(found),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
