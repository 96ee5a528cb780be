/* SPDX-License-Identifier: ISC */
/*
 * lib/settings/changeset: change sets.
 */
#include "tests/unit/common/test.h"

#include "lib/settings/changeset.h"

static void
changes(void **state)
{
	struct changeset c = CHANGESET_INIT, d = CHANGESET_INIT;
	struct value v = { VALUE_DWORD, NULL, 0, 7 }, bad = { VALUE_DWORD, NULL, 3, 7 };
	struct buf b = BUF_INIT(1000);
	struct err e;

	(void)state;
	assert_ok(changeset_set(&c, "hklm/a", "x", &v, &e), &e);
	assert_ok(changeset_delete(&c, "HKCU\\a", "y", &e), &e);
	assert_ok(changeset_delete_tree(&c, "HKLM\\b", &e), &e);
	assert_err(changeset_set(&c, "HKLM\\a", "x", &bad, &e), ERR_SYNTAX, &e);
	assert_err(changeset_set(&c, "HKLM\\a", "", &v, &e), ERR_SYNTAX, &e);
	assert_err(changeset_set(&c, "a", "x", &v, &e), ERR_SYNTAX, &e);
	assert_err(changeset_delete_tree(&c, "HKLM", &e), ERR_SYNTAX, &e);
	assert_err(changeset_delete(&c, "HKLM", "x", &e), ERR_SYNTAX, &e);
	assert_int_equal(c.n, 3);
	assert_ok(changeset_append(&d, &c, &e), &e);
	changeset_free(&c);
	assert_int_equal(d.n, 3);
	assert_null(d.changes[2].name);
	assert_ok(changeset_format(&d, &b, &e), &e);
	assert_string_equal(buf_text(&b),
	    "set HKLM\\a x = dword:7\ndelete HKCU\\a y\ndelete HKLM\\b\n");
	changeset_free(&d);
	assert_int_equal(d.n, 0);
	buf_free(&b);
}

static void
changes_limit(void **state)
{
	struct changeset c = CHANGESET_INIT, d = CHANGESET_INIT;
	struct err e;

	(void)state;
	for (int i = 0; i < CHANGESET_MAX; i++)
		assert_ok(changeset_delete(&c, "HKLM\\a", "x", &e), &e);
	assert_err(changeset_delete(&c, "HKLM\\a", "x", &e), ERR_TOO_LARGE, &e);
	assert_ok(changeset_delete(&d, "HKLM\\a", "x", &e), &e);
	assert_err(changeset_append(&d, &c, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(d.n, 1);
	assert_err(changeset_take(&d, &c, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(d.n, 1);
	assert_int_equal(c.n, CHANGESET_MAX);
	changeset_free(&c);
	changeset_free(&d);
}

static void
taken(void **state)
{
	struct changeset to = CHANGESET_INIT, from = CHANGESET_INIT;
	struct buf b = BUF_INIT(1000);
	struct err e;

	(void)state;
	assert_ok(changeset_take(&to, &from, &e), &e);
	assert_int_equal(to.n, 0);
	assert_ok(changeset_delete(&from, "HKLM\\a", "x", &e), &e);
	assert_ok(changeset_take(&to, &from, &e), &e);
	assert_int_equal(from.n, 0);
	for (int i = 0; i < 40; i++)
		assert_ok(changeset_delete_tree(&from, "HKLM\\b", &e), &e);
	assert_ok(changeset_take(&to, &from, &e), &e);
	assert_int_equal(from.n, 0);
	assert_null(from.changes);
	assert_int_equal(to.n, 41);
	to.n = 2;
	assert_ok(changeset_format(&to, &b, &e), &e);
	assert_string_equal(buf_text(&b), "delete HKLM\\a x\ndelete HKLM\\b\n");
	to.n = 41;
	changeset_free(&to);
	buf_free(&b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes),
		cmocka_unit_test(changes_limit),
		cmocka_unit_test(taken),
	};

	return cmocka_run_group_tests_name("changeset", tests, NULL, NULL);
}
