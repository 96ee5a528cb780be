/* SPDX-License-Identifier: ISC */
/*
 * lib/os/movable: what can't be renamed, removed or made.  The test answers in the kernel's place,
 * so that each answer is seen on any file system and by any user; tests/endtoend/movable.sh has
 * real ones.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/movable.h"
#include "lib/os/move.h"
#include "lib/os/open_posix.h"

/* One file, of which statx() tells something else than there is. */
static const struct row {
	const char *name, *of; /* path of that file; "" the top */
	uint64_t attributes;
	bool mount, device, stranger; /* another one of each */
	const char *asked, *want;     /* NULL: movable */
} rows[] = {
	{ "a file", "d/file", 0, false, false, false, "d/file", NULL },
	{ "a file that isn't there", "d/file", 0, false, false, false, "d/new", NULL },
	{ "below what isn't there", "d/file", 0, false, false, false, "e/f/new", NULL },
	{ "below a file", "d/file", 0, false, false, false, "d/file/new", NULL },
	{ "a directory", "d/sub", 0, false, false, false, "d/sub", NULL },
	{ "in the top", "d", 0, false, false, false, "d", NULL },
	{ "immutable", "d/file", STATX_ATTR_IMMUTABLE, false, false, false, "d/file", "chattr -i" },
	{ "append-only", "d/file", STATX_ATTR_APPEND, false, false, false, "d/file", "chattr -a" },
	{ "both", "d/file", STATX_ATTR_APPEND | STATX_ATTR_IMMUTABLE, false, false, false, "d/file",
	    "chattr -a" },
	{ "a neighbour", "d/file", STATX_ATTR_IMMUTABLE, false, false, false, "d/sub", NULL },
	{ "an immutable directory", "d/sub", STATX_ATTR_IMMUTABLE, false, false, false, "d/sub",
	    "immutable" },
	{ "in an immutable directory", "d", STATX_ATTR_IMMUTABLE, false, false, false, "d/file",
	    "immutable" },
	{ "new in an immutable directory", "d", STATX_ATTR_IMMUTABLE, false, false, false, "d/new",
	    "immutable" },
	{ "new in an append-only directory", "d", STATX_ATTR_APPEND, false, false, false, "d/new",
	    "append-only" },
	{ "new in an immutable top", "", STATX_ATTR_IMMUTABLE, false, false, false, "new",
	    "immutable" },
	{ "a mount point", "d/file", 0, true, false, false, "d/file", "a mount point" },
	{ "the top of a mount", "d/file", STATX_ATTR_MOUNT_ROOT, false, false, false, "d/file",
	    "a mount point" },
	{ "below a mount point", "d", 0, true, false, false, "d/new", "below one" },
	{ "on another device", "d", 0, false, true, false, "d/new", "below one" },
	{ "a file of another layer", "d/file", 0, false, true, false, "d/file", NULL },
	{ "a stranger's", "d/file", 0, false, false, true, "d/file", NULL },
	{ "a stranger's in a sticky directory", "s/file", 0, false, false, true, "s/file",
	    "sticky" },
	{ "our own in a sticky directory", "d/file", 0, false, false, false, "s/file", NULL },
};

static const struct row *now;
static ino_t inode;
static bool untold, no_statx, no_links;
static uid_t self = 4711; /* an ordinary user, to whom all of this belongs */

int __real_statx(int dir, const char *name, int flags, unsigned mask, struct statx *x);
int __wrap_statx(int dir, const char *name, int flags, unsigned mask, struct statx *x);
int __wrap_linkat(int from, const char *name, int to, const char *newname, int flags);
int __real_linkat(int from, const char *name, int to, const char *newname, int flags);
uid_t __wrap_geteuid(void);

uid_t
__wrap_geteuid(void)
{
	return self;
}

int
__wrap_statx(int dir, const char *name, int flags, unsigned mask, struct statx *x)
{
	bool is;

	if (no_statx) {
		errno = EPERM;
		return -1;
	}
	if (__real_statx(dir, name, flags, mask, x) == -1)
		return -1;
	is = x->stx_ino == inode;
	x->stx_attributes = is ? now->attributes : 0;
	x->stx_attributes_mask = untold ? 0 : STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;
	x->stx_mask |= STATX_MNT_ID;
	x->stx_mnt_id = is && now->mount ? 2 : 1;
	x->stx_dev_minor += is && now->device;
	/* The sticky directory is root's, and anybody's to write to. */
	x->stx_uid = S_ISDIR(x->stx_mode) && (x->stx_mode & S_ISVTX) != 0 ? 0
	    : is && now->stranger					  ? 12345
									  : self;
	return 0;
}

/* A file in the place of the file that can't be moved, whatever statx() tells. */
int
__wrap_linkat(int from, const char *name, int to, const char *newname, int flags)
{
	struct stat st;

	if (no_links || (fstatat(from, name, &st, 0) == 0 && st.st_ino == inode)) {
		errno = EPERM;
		return -1;
	}
	return __real_linkat(from, name, to, newname, flags);
}

static int
setup(void **state)
{
	struct dir *d;
	struct err e;

	if (temp_make(state) == -1)
		return -1;
	d = *state;
	assert_ok(dir_make_below(d, "d/sub", &e), &e);
	assert_ok(dir_make_below(d, "s", &e), &e);
	assert_int_equal(fchmodat(d->fd, "s", 01777, 0), 0);
	assert_ok(file_replace_fast(d, "d/file", "x", 1, 0644, &e), &e);
	assert_ok(file_replace_fast(d, "s/file", "x", 1, 0644, &e), &e);
	return 0;
}

static void
look_at(struct dir *d, const struct row *r)
{
	struct stat st;

	now = r;
	assert_int_equal(fstatat(d->fd, r->of, &st, AT_EMPTY_PATH), 0);
	inode = st.st_ino;
}

static void
asked(void **row)
{
	const struct row *r = *row;
	void *top;
	struct err e;

	assert_int_equal(setup(&top), 0);
	look_at(top, r);
	self = 4711;
	if (r->want == NULL) {
		assert_ok(file_check_movable(top, r->asked, &e), &e);
	} else {
		assert_err(file_check_movable(top, r->asked, &e), ERR_ACCESS, &e);
		assert_non_null(strstr(e.text, r->want));
	}
	/* Root may do what a sticky directory forbids others, and nothing else of these. */
	self = 0;
	assert_int_equal(file_check_movable(top, r->asked, &e),
	    r->want == NULL || r->stranger ? 0 : -1);
	/* A filter that refuses statx() is no fault. */
	self = getuid();
	no_statx = true;
	assert_ok(file_check_movable(top, r->asked, &e), &e);
	no_statx = false;
	temp_remove(&top);
}

/* The file system doesn't tell: a file that can't have a second name, where others can. */
static void
linked(void **state)
{
	static const struct row stranger = { .of = "d/file", .stranger = true },
				ours = { .of = "d/file" };
	struct dir *d = *state;
	struct file_info info;
	struct err e;

	self = 4711;
	for (int i = 0; i < 5; i++) {
		bool refused = i == 1;

		untold = i != 0;
		no_links = i == 2;
		look_at(d, i == 3 ? &stranger : &ours);
		if (i == 4)
			inode = 0; /* it can have one */
		if (refused) {
			assert_err(file_link_movable(d, "d/file", d, "second", &e), ERR_ACCESS, &e);
			assert_non_null(strstr(e.text, "d/file"));
		} else
			assert_int_equal(file_link_movable(d, "d/file", d, "second", &e), i == 4);
		assert_int_equal(file_stat(d, "second", &info, &e), i == 4);
		assert_int_equal(file_stat(d, "link", &info, &e), 0);
		assert_int_equal(file_stat(d, "link.second", &info, &e), 0);
	}
	untold = no_links = false;
}

int
main(void)
{
	struct CMUnitTest tests[1 + N(rows)] = { cmocka_unit_test_setup_teardown(linked, setup,
	    temp_remove) };
	size_t n = 1;

	TEST_ROWS(tests, n, rows, asked);
	return _cmocka_run_group_tests("movable_posix", tests, n, NULL, NULL);
}
