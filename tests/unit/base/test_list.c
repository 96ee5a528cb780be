/* SPDX-License-Identifier: ISC */
/*
 * Arrays that grow, and lists of strings.
 */
#include "tests/unit/common/test.h"

#include "lib/base/list.h"

static void
grown(void **state)
{
	unsigned *v = NULL;
	struct err e;

	(void)state;
	for (unsigned n = 0; n < 1000; n++) {
		assert_ok(list_grow(&v, n, sizeof *v, &e), &e);
		v[n] = n;
	}
	for (unsigned n = 0; n < 1000; n++)
		assert_int_equal(v[n], n);
	/* After elements were removed, the room follows from their number. */
	for (unsigned n = 3; n < 40; n++) {
		assert_ok(list_grow(&v, n, sizeof *v, &e), &e);
		v[n] = n;
	}
	free(v);
}

static void
too_many(void **state)
{
	char none, *v = &none;
	struct err e;

	(void)state;
	assert_err(list_grow(&v, SIZE_MAX / 2 + 1, 1, &e), ERR_NOMEM, &e);
	assert_err(list_grow(&v, (size_t)1 << 60, 64, &e), ERR_NOMEM, &e);
	assert_ptr_equal(v, &none);
}

static void
strings(void **state)
{
	struct strings s = STRINGS_INIT;
	char text[16] = "b";
	struct err e;

	(void)state;
	strings_sort(&s);
	assert_ok(strings_add(&s, text, &e), &e);
	text[0] = 'a';
	assert_ok(strings_add(&s, text, &e), &e);
	assert_ok(strings_add(&s, "C", &e), &e);
	assert_string_equal(s.v[0], "b");
	strings_sort(&s);
	assert_int_equal(s.n, 3);
	assert_string_equal(s.v[0], "C");
	assert_string_equal(s.v[1], "a");
	assert_string_equal(s.v[2], "b");
	strings_free(&s);
	assert_int_equal(s.n, 0);
	assert_ok(strings_add(&s, "again", &e), &e);
	assert_string_equal(s.v[0], "again");
	strings_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grown),
		cmocka_unit_test(too_many),
		cmocka_unit_test(strings),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
