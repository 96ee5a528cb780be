/* SPDX-License-Identifier: ISC */
/* lib/os/owned: files that others than a privileged process can change. */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/owned.h"

#define STRANGER 12345

static struct dir *top;

static const char *
in(const char *name)
{
	static char path[2][4096];
	static int i;

	i = !i;
	snprintf(path[i], sizeof path[i], "%s/%s", dir_path(top), name);
	return path[i];
}

/* A change of "a/b/file" and of a link "way" to "a/b". */
static const struct row {
	const char *name, *changed;
	unsigned mode;
	bool stranger; /* gets it */
	const char *path;
	bool entries, bad;
} rows[] = {
	{ "owned: as it should be", NULL, 0, false, "a/b/file", false, false },
	{ "owned: with entries", NULL, 0, false, "a/b", true, false },
	{ "owned: nothing there", NULL, 0, false, "a/none/x", true, false },
	{ "owned: file for the group", "a/b/file", 0620, false, "a/b/file", false, true },
	{ "owned: file for all", "a/b/file", 0602, false, "a/b/file", false, true },
	{ "owned: directory for all", "a/b", 0777, false, "a/b", false, true },
	{ "owned: directory for the group", "a/b", 0770, false, "a/b/file", false, true },
	{ "owned: parent for all", "a", 0777, false, "a/b/file", false, true },
	{ "owned: sticky parent", "a", 01777, false, "a/b/file", false, false },
	{ "owned: sticky itself", "a/b", 01777, false, "a/b", false, true },
	{ "owned: entry for all", "a/b/file", 0666, false, "a/b", true, true },
	{ "owned: entries aren't asked for", "a/b/file", 0666, false, "a/b", false, false },
	{ "owned: behind a link", NULL, 0, false, "way/file", false, false },
	{ "owned: bad behind a link", "a/b/file", 0666, false, "way/file", false, true },
	{ "owned: a link to a bad place", "a", 0777, false, "way/file", false, true },
	{ "owned: nothing there in a bad place", "a", 0777, false, "a/none", false, true },
	{ "owned: up and down", "a", 0777, false, "a/b/../../way", false, true },
	{ "owned: read by all", "a/b/file", 0755, false, "a/b/file", false, false },
	{ "owned: a stranger's file", "a/b/file", 0600, true, "a/b/file", false, true },
	{ "owned: a stranger's directory", "a/b", 0755, true, "a/b/file", false, true },
	{ "owned: a stranger's in a sticky one", "a/b/file", 0600, true, "a/b", true, true },
	{ "owned: a stranger's link", "way", 0, true, "way/file", false, true },
};

static void
row(void **state)
{
	const struct row *r = *state;
	void *d;
	struct err e;
	int rc;

	if (r->stranger && geteuid() != 0) {
		print_message("%s: skipped: not root\n", r->name);
		skip();
	}
	assert_int_equal(temp_make(&d), 0);
	top = d;
	dir_close(dir_below(top, "a/b", true, &e));
	assert_ok(file_replace(top, "a/b/file", "x", 1, 0600, &e), &e);
	assert_int_equal(symlink("a/b", in("way")), 0);
	if (r->changed != NULL && r->mode != 0)
		assert_int_equal(chmod(in(r->changed), r->mode), 0);
	if (r->stranger)
		assert_int_equal(lchown(in(r->changed), STRANGER, STRANGER), 0);
	err_clear(&e);
	rc = owned_check(in(r->path), r->entries ? OWNED_ENTRIES : 0, NULL, &e);
	if (r->bad) {
		assert_int_equal(rc, -1);
		assert_int_equal(e.code, ERR_UNSAFE);
		assert_non_null(strstr(e.text, r->stranger ? "chown" : "chmod go-w"));
	} else {
		assert_ok(rc, &e);
	}
	assert_int_equal(temp_remove(&d), 0);
}

/* One file, whatever the way to it is. */
static void
one_file(void **state)
{
	static const struct {
		unsigned mode;
		bool bad;
	} modes[] = { { 0600, false }, { 0644, false }, { 0664, true }, { 0602, true } };
	struct dir *b;
	struct err e;
	void *d;

	(void)state;
	assert_int_equal(temp_make(&d), 0);
	top = d;
	assert_non_null(b = dir_below(top, "b", true, &e));
	assert_int_equal(chmod(in("b"), 0777), 0);
	assert_err(owned_file(b, "file", &e), ERR_NOENT, &e);
	for (size_t i = 0; i < N(modes); i++) {
		assert_ok(file_replace(b, "file", "x", 1, 0600, &e), &e);
		assert_int_equal(chmod(in("b/file"), modes[i].mode), 0);
		if (modes[i].bad)
			assert_err(owned_file(b, "file", &e), ERR_UNSAFE, &e);
		else
			assert_ok(owned_file(b, "file", &e), &e);
	}
	assert_int_equal(chmod(in("b/file"), 0600), 0);
	assert_int_equal(symlink("file", in("b/link")), 0);
	assert_err(owned_file(b, "link", &e), ERR_UNSAFE, &e);
	dir_close(dir_below(b, "folder", true, &e));
	assert_err(owned_file(b, "folder", &e), ERR_UNSAFE, &e);
	if (geteuid() == 0) {
		assert_int_equal(lchown(in("b/file"), STRANGER, STRANGER), 0);
		assert_err(owned_file(b, "file", &e), ERR_UNSAFE, &e);
	}
	dir_close(b);
	assert_int_equal(temp_remove(&d), 0);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + 1] = { cmocka_unit_test(one_file) };
	size_t n = 1;

	TEST_ROWS(tests, n, rows, row);
	return _cmocka_run_group_tests("owned_posix", tests, n, NULL, NULL);
}
