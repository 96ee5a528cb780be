/* SPDX-License-Identifier: ISC */
/* updater/plan: files and settings that were applied and are missing; a row a case. */
#include "tests/unit/common/test.h"

#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "tests/unit/common/temp.h"
#include "tests/unit/settings/store.h"
#include "updater/plan/lost.h"

#define KEY    "HKLM\\SOFTWARE\\A"
#define SCRIPT "A/scripts/user/1.lua"

static struct dir *top, *root, *state;
static struct station st;
static struct settings *s;
static struct record applied;
static char application[] = "A", app_dir[300];

static int
setup(void **unused)
{
	struct err e;
	void *d;

	(void)unused;
	if (temp_make(&d) == -1)
		return -1;
	top = d;
	assert_non_null(root = dir_below(top, "app", true, &e));
	assert_non_null(state = dir_below(top, "state", true, &e));
	dir_close(dir_below(state, "kept", true, &e));
	snprintf(app_dir, sizeof app_dir, "%s", dir_path(root));
	if (store_make(&d) == -1)
		return -1;
	s = d;
	st = (struct station){ .application = application, .app_dir = app_dir };
	applied = (struct record){ .serial = 1, .release = 1, .whole = true };
	assert_non_null(applied.roots[LAYOUT_APP] = strdup(app_dir));
	return 0;
}

static int
teardown(void **unused)
{
	void *d = top, *store = s;

	(void)unused;
	record_free(&applied);
	dir_close(root);
	dir_close(state);
	return store_remove(&store) == 0 ? temp_remove(&d) : -1;
}

/* A target of one byte, in the record and, where there, on disk. */
static void
add(const char *target, bool there)
{
	struct record_file *f;
	char path[300];
	struct err e;

	assert_ok(list_grow(&applied.files, applied.n, sizeof *applied.files, &e), &e);
	f = &applied.files[applied.n++];
	*f = (struct record_file){ .target = strdup(target), .length = 1 };
	memset(f->state.sha256, 'a', SHA256_HEX_SIZE - 1);
	if (!there)
		return;
	if (strncmp(target, "A/app/", 6) == 0)
		snprintf(path, sizeof path, "app/%s", target + 6);
	else
		snprintf(path, sizeof path, "state/kept/%s", f->state.sha256);
	if (strrchr(path, '/') != path) {
		char dir[300];

		snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
		dir_close(dir_below(top, dir, true, &e));
	}
	assert_ok(file_replace_fast(top, path, "x", 1, 0644, &e), &e);
}

static void
set(struct changeset *c, const char *name, uint32_t number)
{
	struct value v = VALUE_INIT;
	struct err e;

	v.type = VALUE_DWORD;
	v.number = number;
	assert_ok(changeset_set(c, KEY, name, &v, &e), &e);
}

static void
look(struct lost *l)
{
	struct err e;

	record_sort(&applied);
	assert_ok(lost_look(&st, state, s, &applied, CLOCK_NEVER, l, &e), &e);
}

enum what {
	NOTHING,
	FILE_GONE,
	DIR_GONE,
	ROOT_GONE,
	IN_THE_WAY,
	LONGER,
	A_DIR,
	MOVED,
	SCRIPT_GONE
};

static const struct row {
	const char *name;
	enum what what;
	size_t targets, scripts, held_up, changed;
} rows[] = {
	{ "nothing", NOTHING, 0, 0, 0, 0 },
	{ "a file", FILE_GONE, 1, 0, 0, 0 },
	{ "a directory", DIR_GONE, 2, 0, 0, 0 },
	{ "the destination", ROOT_GONE, 3, 0, 0, 0 },
	{ "a file in the place of a directory", IN_THE_WAY, 0, 0, 2, 0 },
	{ "another length", LONGER, 0, 0, 0, 1 },
	{ "a directory in the place of a file", A_DIR, 0, 0, 0, 1 },
	{ "another destination now", MOVED, 0, 0, 0, 0 },
	{ "a script for users", SCRIPT_GONE, 0, 1, 0, 0 },
};

static void
happen(enum what what)
{
	char kept[100] = "kept/";
	struct err e;

	memset(kept + 5, 'a', SHA256_HEX_SIZE - 1);
	if (what == FILE_GONE || what == A_DIR || what == ROOT_GONE)
		assert_int_equal(file_remove(root, "x", &e), 1);
	if (what == DIR_GONE || what == IN_THE_WAY || what == ROOT_GONE) {
		assert_int_equal(file_remove(root, "d/e/y", &e), 1);
		assert_int_equal(file_remove(root, "d/z", &e), 1);
		assert_int_equal(dir_remove(root, "d/e", &e), 1);
		assert_int_equal(dir_remove(root, "d", &e), 1);
	}
	if (what == ROOT_GONE)
		assert_int_equal(dir_remove(top, "app", &e), 1);
	if (what == IN_THE_WAY)
		assert_ok(file_replace_fast(root, "d", "mine", 4, 0644, &e), &e);
	if (what == LONGER)
		assert_ok(file_replace_fast(root, "x", "mine", 4, 0644, &e), &e);
	if (what == A_DIR)
		assert_ok(dir_make_below(root, "x", &e), &e);
	if (what == MOVED) {
		assert_int_equal(file_remove(root, "x", &e), 1);
		free(applied.roots[LAYOUT_APP]);
		assert_non_null(applied.roots[LAYOUT_APP] = strdup("/elsewhere"));
	}
	if (what == SCRIPT_GONE)
		assert_int_equal(file_remove(state, kept, &e), 1);
}

static void
one(void **row)
{
	const struct row *r = *row;
	struct lost l;

	setup(NULL);
	add("A/app/d/e/y", true);
	add("A/app/d/z", true);
	add("A/app/x", true);
	add("A/scripts/machine/1.lua", false);
	add(SCRIPT, true);
	happen(r->what);
	look(&l);
	assert_int_equal(l.targets.n, r->targets);
	assert_int_equal(l.scripts.n, r->scripts);
	assert_int_equal(l.held_up.n, r->held_up);
	assert_int_equal(l.changed_files, r->changed);
	assert_int_equal(lost_any(&l), r->targets + r->scripts + r->held_up > 0);
	if (r->what == FILE_GONE)
		assert_string_equal(l.targets.v[0], "A/app/x");
	if (r->what == SCRIPT_GONE)
		assert_string_equal(l.scripts.v[0], SCRIPT);
	if (r->what == IN_THE_WAY)
		assert_non_null(strstr(l.held_up.v[0], "want a directory where it was"));
	lost_free(&l);
	teardown(NULL);
}

/* A value that is missing is put back, one that a person changed isn't. */
static void
settings(void **unused)
{
	struct changeset now = CHANGESET_INIT;
	struct lost l;
	struct err e;

	(void)unused;
	set(&applied.set, "gone", 1);
	set(&applied.set, "changed", 2);
	set(&applied.set, "same", 3);
	set(&applied.set, "taken back", 4);
	assert_ok(changeset_delete(&applied.set, KEY, "taken back", &e), &e);
	set(&now, "changed", 20);
	set(&now, "same", 3);
	assert_ok(settings_apply(s, &now, &e), &e);
	look(&l);
	assert_int_equal(l.settings.n, 1);
	assert_int_equal(l.settings.changes[0].op, CHANGE_SET);
	assert_string_equal(l.settings.changes[0].name, "gone");
	assert_int_equal(l.settings.changes[0].value.number, 1);
	assert_int_equal(l.changed_settings, 1);
	lost_free(&l);
	set(&now, "gone", 1);
	set(&now, "changed", 2);
	assert_ok(settings_apply(s, &now, &e), &e);
	look(&l);
	assert_false(lost_any(&l));
	assert_int_equal(l.changed_settings, 0);
	lost_free(&l);
	changeset_free(&now);
}

static void
many(size_t n, bool there)
{
	char target[40];

	for (size_t i = 0; i < n; i++) {
		snprintf(target, sizeof target, "A/app/%05zu", i);
		add(target, there);
	}
}

/* A disk that may not be mounted isn't filled. */
static void
unmounted(void **unused)
{
	struct lost l;

	(void)unused;
	many(LOST_DISK_MIN - 1, false);
	look(&l);
	assert_int_equal(l.targets.n, LOST_DISK_MIN - 1);
	assert_int_equal(l.held_up.n, 0);
	lost_free(&l);
	add("A/app/x", false);
	look(&l);
	assert_int_equal(l.targets.n, 0);
	assert_int_equal(l.held_up.n, 1);
	assert_non_null(strstr(l.held_up.v[0], "is its disk mounted?"));
	lost_free(&l);
	add("A/app/y", true);
	look(&l);
	assert_int_equal(l.targets.n, LOST_DISK_MIN);
	assert_int_equal(l.held_up.n, 0);
	lost_free(&l);
}

static void
late(void **unused)
{
	struct lost l;
	struct err e;

	(void)unused;
	many(1, false);
	assert_int_equal(lost_look(&st, state, s, &applied, 0, &l, &e), -1);
	assert_int_equal(e.code, ERR_TIMEOUT);
	assert_int_equal(l.targets.n, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest fixed[] = { TEST(settings), TEST(unmounted), TEST(late) };
	struct CMUnitTest tests[N(fixed) + N(rows)];
	size_t n = N(fixed);

	memcpy(tests, fixed, sizeof fixed);
	TEST_ROWS(tests, n, rows, one);
	return cmocka_run_group_tests_name("lost", tests, NULL, NULL);
}
