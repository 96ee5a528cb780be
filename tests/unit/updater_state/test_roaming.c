/* SPDX-License-Identifier: ISC */
/* updater/state/roaming: settings that came from another computer. */
#include "tests/unit/common/test.h"
#include "tests/unit/settings/store.h"

#include "lib/os/places.h"
#include "updater/state/roaming.h"

#define KEY ROAMING_KEY "\\D2EXE_A\\A"

static char installation[] = "D2EXE_A", application[] = "A";
static const struct station st = { .installation = installation, .application = application };
static bool roams;

bool __wrap_place_settings_roam(void);
int __wrap_place_known(const char *name, size_t len, struct buf *out, struct err *e);
int __real_place_known(const char *name, size_t len, struct buf *out, struct err *e);

bool
__wrap_place_settings_roam(void)
{
	return roams;
}

/* The store of the test has no name of this computer. */
int
__wrap_place_known(const char *name, size_t len, struct buf *out, struct err *e)
{
	if (len == strlen("Temp")) /* where the tests are */
		return __real_place_known(name, len, out, e);
	assert_int_equal(len, strlen("ComputerName"));
	assert_memory_equal(name, "ComputerName", len);
	return buf_adds(out, "PC", e) == -1 ? -1 : 1;
}

static struct row {
	const char *name;
	bool roams;
	const char *before; /* NULL: no note */
	bool settings;	    /* the record has some */
	bool other;
	const char *after;
} rows[] = {
	{ "the same record", true, "PC 7", true, false, "PC 7" },
	{ "an earlier record", true, "PC 6", true, true, "PC 7" },
	{ "a later record, of a station that was made anew", true, "PC 70", true, true, "PC 7" },
	{ "another computer", true, "PC-2 7", true, true, "PC 7" },
	{ "garbage", true, "", true, true, "PC 7" },
	{ "no note", true, NULL, true, false, "PC 7" },
	{ "no note, and no settings", true, NULL, false, false, NULL },
	{ "another computer, and no settings", true, "PC-2 7", false, true, "PC 7" },
	{ "settings that don't roam", false, "PC-2 7", true, false, "PC-2 7" },
	{ "settings that don't roam, no note", false, NULL, true, false, NULL },
};

static void
put_note(struct settings *s, const char *text)
{
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err e;

	assert_ok(value_text(&v, VALUE_STRING, text, strlen(text), &e), &e);
	assert_ok(changeset_set(&c, KEY, ROAMING_VALUE, &v, &e), &e);
	assert_ok(settings_apply(s, &c, &e), &e);
	value_free(&v);
	changeset_free(&c);
}

static void
roaming(void **state)
{
	const struct row *r = *state;
	struct record user = { .serial = 7 };
	struct value v = VALUE_INIT;
	void *s;
	struct err e;

	assert_int_equal(store_make(&s), 0);
	roams = r->roams;
	if (r->settings)
		assert_ok(changeset_delete(&user.set, "HKCU\\SOFTWARE\\Ipesoft", "x", &e), &e);
	if (r->before != NULL)
		put_note(s, r->before);
	assert_int_equal(roaming_is_other(s, &st, &user), r->other);
	roaming_note(s, &st, &user);
	assert_is(settings_get(s, KEY, ROAMING_VALUE, &v, &e), r->after != NULL, &e);
	if (r->after != NULL)
		assert_string_equal(value_get_text(&v), r->after);
	value_free(&v);
	/* What was noted is known. */
	assert_false(roaming_is_other(s, &st, &user));
	roaming_forget(s, &st);
	assert_is(settings_get(s, KEY, ROAMING_VALUE, &v, &e), r->after != NULL && !r->roams, &e);
	value_free(&v);
	changeset_free(&user.set);
	assert_int_equal(store_remove(&s), 0);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, roaming);
	return cmocka_run_group_tests_name("roaming", tests, NULL, NULL);
}
