/* SPDX-License-Identifier: ISC */
/* lib/os/way: where a privileged process lets itself be led.  The rules are root's alone. */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/os/way.h"

#define STRANGER 12345

static struct dir *top;

static const char *
in(const char *name)
{
	static char path[3][4096];
	static int i;

	i = (i + 1) % 3;
	snprintf(path[i], sizeof path[i], "%s/%s", dir_path(top), name);
	return path[i];
}

/*
 * There are "pub/new/app", "else/app", and links "root" to "else" and "pub/link" to "../else".
 * What is changed, and where a way leads then.
 */
static const struct row {
	const char *name, *changed;
	unsigned mode, owner, group;
	const char *path, *names; /* in the message; NULL: the way is open */
} rows[] = {
	{ "way: nobody else's", NULL, 0, 0, 0, "pub/new/app", NULL },
	{ "way: missing", NULL, 0, 0, 0, "pub/new/none/app", NULL },
	{ "way: root's link", NULL, 0, 0, 0, "root/app", NULL },
	{ "way: root's link at the end", NULL, 0, 0, 0, "root", NULL },
	{ "way: root's link to another directory", NULL, 0, 0, 0, "pub/link/app", NULL },
	{ "way: up and down", NULL, 0, 0, 0, "pub/../root/../pub/./new//app/", NULL },
	{ "way: for all", "pub", 0777, 0, 0, "pub/new/app", "chmod go-w" },
	{ "way: for all, a link", "pub", 0777, 0, 0, "pub/link/app", "chmod go-w" },
	{ "way: for all, behind a link", "else", 0777, 0, 0, "root/app", "/else$" },
	{ "way: for all, missing", "pub", 0777, 0, 0, "pub/none", "chmod go-w" },
	{ "way: for all, up", "pub", 0777, 0, 0, "pub/../else/app", "chmod go-w" },
	{ "way: for the group", "pub", 0775, 0, STRANGER, "pub/new/app", "chmod go-w" },
	{ "way: for root's group", "pub", 0775, 0, 0, "pub/new/app", NULL },
	{ "way: a stranger's", "pub", 0755, STRANGER, 0, "pub/new/app", "chown root" },
	{ "way: a stranger's, missing", "pub", 0755, STRANGER, 0, "pub/none", "chown root" },
	{ "way: a stranger's link", "root", 0, STRANGER, 0, "root/app", "chown -h root" },
	{ "way: a stranger's link at the end", "root", 0, STRANGER, 0, "root", "chown -h root" },
	{ "way: sticky", "pub", 01777, 0, 0, "pub/new/app", NULL },
	{ "way: sticky, missing", "pub", 01777, 0, 0, "pub/none/app", "mkdir -m 755" },
	{ "way: sticky, root's link", "pub", 01777, 0, 0, "pub/link/app", "found a symbolic link" },
	{ "way: sticky for the group", "pub", 01775, 0, STRANGER, "pub/none", "mkdir -m 755" },
	{ "way: a sticky stranger's", "pub", 01777, STRANGER, 0, "pub/new/app", "chown root" },
	{ "way: a stranger's in a sticky one", "pub/new", 0755, STRANGER, 0, "pub/new/app",
	    "chown root" },
	{ "way: at its end for all", "pub/new", 0777, 0, 0, "pub/new", NULL },
	{ "way: at its end for a group", "pub/new", 02775, 0, STRANGER, "pub/new", NULL },
	{ "way: at its end a stranger's", "pub/new", 0755, STRANGER, 0, "pub/new", NULL },
};

static void
make_all(void)
{
	struct err e;

	dir_close(dir_below(top, "pub/new/app", true, &e));
	dir_close(dir_below(top, "else/app", true, &e));
	assert_int_equal(symlink("else", in("root")), 0);
	assert_int_equal(symlink("../else", in("pub/link")), 0);
}

/* Whether the text holds the words; with '$' behind them, at its end. */
static bool
says(const char *text, const char *words)
{
	size_t n = strcspn(words, "$"), len = strlen(text);

	return words[n] == '\0' ? strstr(text, words) != NULL
				: len >= n && strncmp(text + len - n, words, n) == 0;
}

static void
want(struct dir *got, const char *names, struct err *e)
{
	if (names == NULL) {
		if (got == NULL)
			assert_int_equal(e->code, ERR_NOENT);
	} else {
		assert_null(got);
		assert_int_equal(e->code, ERR_UNSAFE);
		assert_true(says(e->text, names));
	}
	dir_close(got);
}

static void
row(void **state)
{
	const struct row *r = *state;
	struct stat st;
	struct err e;
	bool was;
	void *d;

	if (geteuid() != 0) {
		print_message("%s: skipped: not root\n", r->name);
		skip();
	}
	assert_int_equal(temp_make(&d), 0);
	top = d;
	make_all();
	if (r->changed != NULL)
		assert_int_equal(lchown(in(r->changed), r->owner, r->group), 0);
	if (r->mode != 0)
		assert_int_equal(chmod(in(r->changed), r->mode), 0);
	if (strstr(r->name, "in a sticky one") != NULL)
		assert_int_equal(chmod(in("pub"), 01777), 0);
	was = stat(in(r->path), &st) == 0;
	want(way_open(in(r->path), &e), r->names, &e);
	want(way_make(in(r->path), 0755, &e), r->names, &e);
	/* made where the way is open, and nowhere else */
	assert_int_equal(stat(in(r->path), &st) == 0, was || r->names == NULL);
	assert_int_equal(temp_remove(&d), 0);
}

/* A disk that isn't mounted: nothing is made in its place, and the error names the link. */
static void
to_nothing(void **state)
{
	struct err e;

	top = *state;
	assert_int_equal(symlink("mnt/disk", in("data")), 0);
	assert_null(way_open(in("data/app"), &e));
	assert_int_equal(e.code, ERR_NOENT);
	assert_null(way_make(in("data/app"), 0755, &e));
	assert_int_equal(e.code, ERR_UNSAFE);
	assert_non_null(strstr(e.text, "is its disk mounted?"));
	assert_int_equal(access(in("mnt"), F_OK), -1);
}

static void
in_circles(void **state)
{
	struct err e;

	top = *state;
	assert_int_equal(symlink("b", in("a")), 0);
	assert_int_equal(symlink("a", in("b")), 0);
	assert_null(way_open(in("a/x"), &e));
	if (geteuid() == 0)
		assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_int_equal(symlink("x", in("c")), 0);
	assert_ok(file_replace(top, "x", "x", 1, 0600, &e), &e);
	assert_null(way_make(in("c/x"), 0755, &e));
	assert_null(way_open(in("x/x"), &e));
}

/* The group's bits are root's, and the list lets a stranger write. */
static void
access_list(void **state)
{
	static const unsigned char list[] = { 2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 7,
		0, 0x39, 0x30, 0, 0, 4, 0, 7, 0, 255, 255, 255, 255, 16, 0, 7, 0, 255, 255, 255,
		255, 32, 0, 5, 0, 255, 255, 255, 255 };
	struct buf who = BUF_INIT(1000), mend = BUF_INIT(1000);
	struct err e;

	top = *state;
	make_all();
	if (geteuid() != 0 ||
	    setxattr(in("pub"), "system.posix_acl_access", list, sizeof list, 0) != 0) {
		print_message("skipped: not root, or no access lists here\n");
		skip();
	}
	want(way_open(in("pub/new"), &e), "setfacl -b", &e);
	assert_ok(way_writers(in("pub"), &who, &mend, &e), &e);
	assert_string_equal(buf_text(&who), "whoever its access list names");
	assert_memory_equal(mend.data, "setfacl -b ", 11);
	buf_free(&who);
	buf_free(&mend);
}

static const struct writers {
	const char *name;
	unsigned mode, owner, group;
	const char *want, *mend; /* mend: before the directory's path */
	enum way_others others;	 /* of a file like that */
} writers[] = {
	{ "writers: nobody", 0755, 0, 0, "", "", WAY_NOBODY },
	{ "writers: root's group", 02775, 0, 0, "", "", WAY_MAY_WRITE },
	{ "writers: a group", 02775, 0, STRANGER, "group 12345", "chmod go-w ", WAY_MAY_WRITE },
	{ "writers: everybody", 01777, 0, STRANGER, "everybody", "chmod go-w ", WAY_MAY_WRITE },
	{ "writers: a user", 0755, STRANGER, 0, "user 12345", "chown root ", WAY_OWNS },
	{ "writers: a user and a group", 0775, STRANGER, STRANGER, "user 12345, group 12345",
	    "chown root ", WAY_OWNS },
	{ "writers: a user with a name", 0755, 65534, 0, "user nobody", "chown root ", WAY_OWNS },
};

static void
writers_row(void **state)
{
	const struct writers *r = *state;
	struct buf who = BUF_INIT(1000), mend = BUF_INIT(1000);
	struct err e;
	void *d;

	if (geteuid() != 0) {
		print_message("skipped: only root gives files to another account\n");
		skip();
	}
	assert_int_equal(temp_make(&d), 0);
	top = d;
	make_all();
	assert_int_equal(chown(in("pub"), r->owner, r->group), 0);
	assert_int_equal(chmod(in("pub"), r->mode), 0);
	assert_ok(way_writers(in("pub"), &who, &mend, &e), &e);
	assert_string_equal(buf_text(&who), r->want);
	assert_int_equal(mend.len > 0, who.len > 0);
	if (mend.len > 0)
		assert_memory_equal(mend.data, r->mend, strlen(r->mend));
	assert_ok(way_writers(in("none"), &who, &mend, &e), &e);
	assert_int_equal(way_others(top, "pub"), r->others);
	assert_int_equal(way_others(top, "none"), WAY_NOBODY);
	buf_free(&who);
	buf_free(&mend);
	assert_int_equal(temp_remove(&d), 0);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + N(writers) + 3] = {
		cmocka_unit_test_setup_teardown(to_nothing, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(in_circles, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(access_list, temp_make, temp_remove),
	};
	size_t n = 3;

	TEST_ROWS(tests, n, rows, row);
	TEST_ROWS(tests, n, writers, writers_row);
	return _cmocka_run_group_tests("way_posix", tests, n, NULL, NULL);
}
