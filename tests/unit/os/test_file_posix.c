/* SPDX-License-Identifier: ISC */
/*
 * lib/base: what is special about files on POSIX systems: symbolic links, FIFOs, permissions.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/os/file.h"
#include "lib/os/move.h"

static void
file_links(void **state)
{
	struct dir *d = *state, *below;
	struct buf b = BUF_INIT(1000);
	struct err e;
	char name[256];

	snprintf(name, sizeof name, "%s/link", dir_path(d));
	assert_int_equal(symlink("/etc", name), 0);
	assert_err(file_read(d, "link/passwd", &b, &e), ERR_UNSAFE, &e);
	assert_err(file_replace(d, "link/x", "x", 1, 0644, &e), ERR_UNSAFE, &e);
	assert_err(file_read(d, "../etc/passwd", &b, &e), ERR_UNSAFE, &e);
	assert_null(dir_below(d, "link", true, &e));
	assert_non_null(below = dir_below(d, "a/b/c", true, &e));
	assert_ok(file_replace(below, "x", "deep", 4, 0600, &e), &e);
	dir_close(below);
	assert_ok(file_read(d, "a/b/c/x", &b, &e), &e);
	assert_string_equal(buf_text(&b), "deep");
	/* replaces the link itself */
	assert_ok(file_rename(d, "a/b/c/x", d, "link", &e), &e);
	buf_reset(&b);
	assert_ok(file_read(d, "link", &b, &e), &e);
	assert_err(file_read(d, "a", &b, &e), ERR_UNSAFE, &e);
	assert_int_equal(mkfifo(strcat(name, ".fifo"), 0600), 0);
	assert_err(file_read(d, "link.fifo", &b, &e), ERR_UNSAFE, &e);
	buf_free(&b);
}

static void
file_secret(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct err e;

	assert_ok(file_replace(d, "key", "k", 1, 0600, &e), &e);
	assert_ok(file_read_secret(d, "key", &b, &e), &e);
	assert_ok(file_replace(d, "key", "k", 1, 0640, &e), &e);
	assert_err(file_read_secret(d, "key", &b, &e), ERR_ACCESS, &e);
	buf_free(&b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(file_links, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_secret, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
