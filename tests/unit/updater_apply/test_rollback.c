/* SPDX-License-Identifier: ISC */
/* updater/apply/rollback: the way back over the records of a history. */
#include "tests/unit/common/test.h"

#include "lib/os/move.h"
#include "tests/unit/common/temp.h"
#include "updater/apply/rollback.h"

#define KEY "HKLM\\SOFTWARE\\Ipesoft"

static struct dir *state; /* of the test that runs */

/* The record that is applied after old; its undo names its serial. */
static void
put_in_place(struct record *old, int64_t release)
{
	struct record r = { .serial = old->serial + 1,
		.release = release,
		.newest = release,
		.from = old->release,
		.whole = true };
	char name[24];
	struct err e;

	snprintf(name, sizeof name, "%d", (int)r.serial);
	assert_ok(changeset_delete(&r.undo, KEY, name, &e), &e);
	assert_ok(record_set_applied(state, old, &r, &e), &e);
	record_prune(state, &r);
	record_free(old);
	*old = r;
}

/* Finds the release, whose record has this serial, and undoes the records from the newest on. */
static void
finds(const struct record *applied, int64_t release, int64_t serial)
{
	struct changeset back = CHANGESET_INIT;
	struct record found;
	char name[24];
	struct err e;

	assert_ok(rollback_find(state, applied, release, &found, &back, &e), &e);
	assert_int_equal(found.serial, serial);
	assert_int_equal(back.n, applied->serial - serial);
	for (size_t i = 0; i < back.n; i++) {
		snprintf(name, sizeof name, "%d", (int)(applied->serial - (int64_t)i));
		assert_string_equal(back.changes[i].name, name);
	}
	changeset_free(&back);
	record_free(&found);
}

static void
does_not_find(const struct record *applied, int64_t release, const char *says)
{
	struct changeset back = CHANGESET_INIT;
	struct record found;
	struct err e;

	assert_err(rollback_find(state, applied, release, &found, &back, &e), ERR_NOENT, &e);
	assert_non_null(strstr(e.text, says));
	assert_int_equal(back.n, 0);
	assert_int_equal(found.serial, 0);
}

/* However often a release is repaired, those before it can be returned to. */
static void
repaired(void **arg)
{
	struct record applied = RECORD_INIT;

	state = *arg;
	put_in_place(&applied, 1);
	put_in_place(&applied, 2);
	for (int i = 0; i < 3 * RECORD_WHOLE_MAX; i++)
		put_in_place(&applied, 1);
	finds(&applied, 2, 2);
	does_not_find(&applied, 1, "is what is applied");
	does_not_find(&applied, 3, "there are: 2");
	/* Then it is one of ten. */
	for (int64_t release = 3; release < RECORD_WHOLE_MAX + 2; release++)
		put_in_place(&applied, release);
	finds(&applied, 1, 2 + 3 * RECORD_WHOLE_MAX);
	finds(&applied, 2, 2);
	for (int i = 0; i < 2 * RECORD_WHOLE_MAX; i++)
		put_in_place(&applied, RECORD_WHOLE_MAX + 1);
	finds(&applied, 1, 2 + 3 * RECORD_WHOLE_MAX);
	finds(&applied, 2, 2);
	put_in_place(&applied, RECORD_WHOLE_MAX + 2);
	finds(&applied, 1, 2 + 3 * RECORD_WHOLE_MAX);
	does_not_find(&applied, 2, "there are: ");
	put_in_place(&applied, RECORD_WHOLE_MAX + 3);
	does_not_find(&applied, 1, "there are: ");
	record_free(&applied);
}

/* What a lost record changed is not known, so that nothing before it is found. */
static void
lost(void **arg)
{
	struct record applied = RECORD_INIT;
	struct err e;

	state = *arg;
	for (int64_t release = 1; release <= 4; release++)
		put_in_place(&applied, release);
	finds(&applied, 0, 3);
	finds(&applied, 1, 1);
	assert_int_equal(file_remove(state, "history/0000000002.json", &e), 1);
	finds(&applied, 3, 3);
	does_not_find(&applied, 1, "there are: 3");
	assert_int_equal(file_remove(state, "history/0000000003.json", &e), 1);
	does_not_find(&applied, 0, "no release before release 4");
	record_free(&applied);
}

/* A way back that can't be read, or that isn't there, ends the walk as a lost record does. */
static void
damaged_way(void **arg)
{
	static const char *const ways[] = { ", \"back\": {}", ", \"back\": [5]",
		", \"back\": [{\"key\": \"nowhere\", \"name\": \"a\"}]", "" };
	struct record applied = RECORD_INIT;
	char text[200];
	struct err e;

	state = *arg;
	put_in_place(&applied, 1);
	put_in_place(&applied, 2);
	for (int i = 0; i < 3; i++)
		put_in_place(&applied, 3);
	finds(&applied, 2, 2);
	for (size_t i = 0; i < N(ways); i++) {
		snprintf(text, sizeof text, "{\"serial\": 4, \"release\": 3, \"from\": 3%s}",
		    ways[i]);
		assert_ok(file_replace_fast(state, "history/0000000004.json", text, strlen(text),
			      0644, &e),
		    &e);
		does_not_find(&applied, 2, "no other is");
	}
	record_free(&applied);
}

static void
nothing(void **arg)
{
	struct record applied = RECORD_INIT;

	state = *arg;
	does_not_find(&applied, 1, "no release was ever applied");
	put_in_place(&applied, 1);
	does_not_find(&applied, 0, "no release before release 1");
	does_not_find(&applied, 2, "no other is");
	record_free(&applied);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temp_make, temp_remove)
	static const struct CMUnitTest tests[] = { TEST(repaired), TEST(lost), TEST(damaged_way),
		TEST(nothing) };

	return cmocka_run_group_tests_name("rollback", tests, NULL, NULL);
}
