/* SPDX-License-Identifier: ISC */
/*
 * Places under environments that the test sets.
 */
#include "tests/unit/common/test.h"

#include "lib/os/path.h"
#include "lib/os/places.h"

static void
known_names(void **state)
{
	struct buf b = BUF_INIT(4096), upper = BUF_INIT(4096);
	char name[32];
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; place_known_name(i) != NULL; i++) {
		buf_reset(&b);
		buf_reset(&upper);
		assert_int_equal(
		    place_known(place_known_name(i), strlen(place_known_name(i)), &b, &e), 1);
		assert_true(b.len > 0);
		if (strcmp(place_known_name(i), "ComputerName") != 0)
			assert_true(path_absolute(buf_text(&b)));
		snprintf(name, sizeof name, "%s", place_known_name(i));
		for (char *p = name; *p != '\0'; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		assert_int_equal(place_known(name, strlen(name), &upper, &e), 1);
		assert_string_equal(buf_text(&b), buf_text(&upper));
	}
	assert_int_equal(i, 8);
	buf_reset(&b);
	assert_int_equal(place_known("Windir", 6, &b, &e), 0);
	assert_int_equal(place_known("Tem", 3, &b, &e), 0);
	assert_int_equal(place_known("Temp2", 5, &b, &e), 0);
	assert_int_equal(b.len, 0);
	/* The length alone ends a name. */
	assert_int_equal(place_known("Temp2", 4, &b, &e), 1);
	buf_free(&b);
	buf_free(&upper);
}

static void
user_name(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct err e;

	(void)state;
	assert_ok(place_user(&b, &e), &e);
	assert_true(b.len > 0);
	buf_free(&b);
}

static void
variable(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct err e;

	(void)state;
	assert_int_equal(place_variable("SLIPWAY_NO_SUCH_VARIABLE", &b, &e), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(place_variable("PATH", &b, &e), 1);
	assert_true(b.len > 0);
	buf_free(&b);
}

/* Of directories that aren't there. */
static void
overlap(void **state)
{
	const bool windows = strcmp(place_system(), "windows") == 0;
	const char *outer = windows ? "C:/no such/COV" : "/no such/COV",
		   *inner = windows ? "C:/no such/COV/app" : "/no such/COV/app",
		   *beside = windows ? "C:/no such/COV2" : "/no such/COV2",
		   *other_case = windows ? "c:/No Such/cov" : "/No Such/cov";

	(void)state;
	assert_true(path_overlap(outer, outer));
	assert_true(path_overlap(outer, inner));
	assert_true(path_overlap(inner, outer));
	assert_false(path_overlap(outer, beside));
	assert_int_equal(path_overlap(outer, other_case), windows);
	assert_int_equal(path_overlap(other_case, inner), windows);
}

/* cmd.exe knows one quote, and hands the other on as a letter of the word. */
static void
quote(void **state)
{
	(void)state;
	assert_int_equal(place_quote(), strcmp(place_system(), "windows") == 0 ? '"' : '\'');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_names),
		cmocka_unit_test(user_name),
		cmocka_unit_test(variable),
		cmocka_unit_test(overlap),
		cmocka_unit_test(quote),
	};

	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
