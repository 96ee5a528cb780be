/* SPDX-License-Identifier: ISC */
/*
 * lib/settings/view: the 32-bit view of the registry.
 */
#include "tests/unit/common/test.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/settings/view.h"

struct row {
	const char *key, *view32; /* NULL: it has none */
};

static const struct row rows[] = {
	{ "HKLM\\SOFTWARE\\Ipesoft\\D2", "HKLM\\SOFTWARE\\WOW6432Node\\Ipesoft\\D2" },
	{ "HKLM\\software\\x", "HKLM\\SOFTWARE\\WOW6432Node\\x" },
	{ "HKLM\\SOFTWARE", "HKLM\\SOFTWARE\\WOW6432Node" },
	{ "HKLM\\SOFTWARE2\\x", NULL },
	{ "HKLM\\SYSTEM\\x", NULL },
	{ "HKCU\\SOFTWARE\\Ipesoft", NULL },
	{ "HKLM\\SOFTWARE\\wow6432node\\Ipesoft", NULL },
};

static void
keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct buf b = BUF_INIT(2 * SETTING_KEY_MAX), back = BUF_INIT(2 * SETTING_KEY_MAX);
		struct err e;

		assert_int_equal(view32_of(rows[i].key, &b, &e), rows[i].view32 != NULL);
		assert_string_equal(buf_text(&b), rows[i].view32 == NULL ? "" : rows[i].view32);
		if (b.len > 0) {
			assert_true(view32_has(buf_text(&b)));
			assert_ok(view64_of(buf_text(&b), &back, &e), &e);
			assert_true(setting_key_within(buf_text(&back), rows[i].key));
		}
		buf_free(&b);
		buf_free(&back);
	}
	assert_true(view32_has("HKLM\\SOFTWARE\\WOW6432Node"));
	assert_false(view32_has("HKLM\\SOFTWARE\\WOW6432Nodes"));
}

static void
assert_text(const struct changeset *c, const char *want)
{
	struct buf b = BUF_INIT(2000);
	struct err e;

	assert_ok(changeset_format(c, &b, &e), &e);
	assert_string_equal(buf_text(&b), want);
	buf_free(&b);
}

/* Each change of the vendor's key, in the same order; no other one. */
static void
mirror(void **state)
{
	static const char want[] = "delete HKLM\\SOFTWARE\\Ipesoft\\D2\n"
				   "set HKLM\\SOFTWARE\\IPESOFT\\D2\\a x = dword:7\n"
				   "set HKLM\\SOFTWARE\\Other x = dword:7\n"
				   "delete HKLM\\SOFTWARE\\Ipesoft\\D2\\a y\n"
				   "delete HKLM\\SOFTWARE\\WOW6432Node\\Ipesoft\\D2\n"
				   "set HKLM\\SOFTWARE\\WOW6432Node\\IPESOFT\\D2\\a x = dword:7\n"
				   "delete HKLM\\SOFTWARE\\WOW6432Node\\Ipesoft\\D2\\a y\n";
	struct changeset c = CHANGESET_INIT;
	struct value v = { VALUE_DWORD, NULL, 0, 7 };
	struct err e;

	(void)state;
	assert_false(view32_lacks(&c));
	assert_ok(changeset_delete_tree(&c, "HKLM\\SOFTWARE\\Ipesoft\\D2", &e), &e);
	assert_ok(changeset_set(&c, "HKLM\\SOFTWARE\\IPESOFT\\D2\\a", "x", &v, &e), &e);
	assert_ok(changeset_set(&c, "HKLM\\SOFTWARE\\Other", "x", &v, &e), &e);
	assert_ok(changeset_delete(&c, "HKLM\\SOFTWARE\\Ipesoft\\D2\\a", "y", &e), &e);
	assert_true(view32_lacks(&c));
	assert_ok(view32_mirror(&c, &e), &e);
	assert_text(&c, want);
	/* Nothing is said twice. */
	assert_false(view32_lacks(&c));
	assert_ok(view32_mirror(&c, &e), &e);
	assert_text(&c, want);
	changeset_free(&c);

	assert_ok(changeset_set(&c, "HKCU\\SOFTWARE\\Ipesoft", "x", &v, &e), &e);
	assert_false(view32_lacks(&c));
	changeset_free(&c);
}

/* Over a limit nothing is changed. */
static void
limits(void **state)
{
	char key[SETTING_KEY_MAX + 1] = "HKLM\\SOFTWARE\\Ipesoft\\";
	struct changeset c = CHANGESET_INIT;
	struct err e;

	(void)state;
	for (size_t i = strlen(key); i < SETTING_KEY_MAX; i++)
		key[i] = i % 100 == 0 ? '\\' : 'k';
	assert_ok(changeset_delete_tree(&c, key, &e), &e);
	assert_err(view32_mirror(&c, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(c.n, 1);
	changeset_free(&c);

	for (int i = 0; i < CHANGESET_MAX / 2 + 1; i++)
		assert_ok(changeset_delete(&c, "HKLM\\SOFTWARE\\Ipesoft", "x", &e), &e);
	assert_err(view32_mirror(&c, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(c.n, CHANGESET_MAX / 2 + 1);
	changeset_free(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(mirror),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
