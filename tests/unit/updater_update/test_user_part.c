/* SPDX-License-Identifier: ISC */
/* updater/update/user_part: which account has a part of its own. */
#include "tests/unit/common/test.h"

#include "lib/os/places.h"
#include "updater/update/user_part.h"

static const struct row {
	const char *name;
	bool system, starts, due;
} rows[] = {
	{ "a person's update", false, false, true },
	{ "a person's start", false, true, true },
	{ "the system's update", true, false, false },
	{ "the system's start, a service's", true, true, true },
};

static const struct row *row;
static bool looked;

bool __wrap_place_is_system(void);
struct dir *__wrap_station_user_dir(const struct station *st, bool make, struct err *e);

bool
__wrap_place_is_system(void)
{
	return row->system;
}

struct dir *
__wrap_station_user_dir(const struct station *st, bool make, struct err *e)
{
	(void)st;
	(void)make;
	looked = true;
	err_setx(e, ERR_NOENT, "no such directory");
	return NULL;
}

static void
due(void **state)
{
	const struct station st = { .installation = NULL };
	struct update_options o = { .offline = true };
	struct update_result r = { .user_settings = 5 };
	struct attempt u = { .st = &st, .o = &o, .r = &r, .applied.serial = 1 };
	struct err e;

	row = *state;
	o.starts = row->starts;
	looked = false;
	assert_int_equal(user_part_is_due(&o), row->due);
	assert_ok(user_part_run(&u, &e), &e);
	assert_int_equal(looked, row->due);
	assert_int_equal(r.user_settings, 0);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, due);
	return cmocka_run_group_tests_name("user_part", tests, NULL, NULL);
}
