/* SPDX-License-Identifier: ISC */
/*
 * Files: reading, replacing, locks, listing.
 */
#include "tests/unit/common/test.h"

#include "tests/unit/common/temp.h"
#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/os/path.h"
#include "lib/os/file.h"
#include "lib/os/move.h"

static void
file_replaced(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct file_info info;
	struct err e;

	assert_ok(file_replace(d, "f", "one", 3, 0600, &e), &e);
	assert_ok(file_replace(d, "f", "second", 6, 0644, &e), &e);
	assert_ok(file_read(d, "f", &b, &e), &e);
	assert_string_equal(buf_text(&b), "second");
	assert_int_equal(file_stat(d, "f", &info, &e), 1);
	assert_int_equal(info.mode, 0644);
	assert_int_equal(info.size, 6);
	assert_err(file_create(d, "f", "x", 1, 0644, &e), ERR_EXISTS, &e);
	assert_int_equal(file_stat(d, ".f.new", &info, &e), 0);
	b.max = 5;
	buf_reset(&b);
	assert_err(file_read(d, "f", &b, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(b.len, 0);
	b.max = 100;
	assert_err(file_read(d, "absent", &b, &e), ERR_NOENT, &e);
	buf_free(&b);
}

static void
file_locked(void **state)
{
	struct dir *d = *state;
	struct file_lock *l;
	struct err e;

	assert_non_null(l = file_lock(d, "lock", 0, &e));
	assert_null(file_lock(d, "lock", 30, &e));
	assert_int_equal(e.code, ERR_BUSY);
	file_unlock(l);
	assert_non_null(l = file_lock(d, "lock", 0, &e));
	file_unlock(l);
}

static int
collect(void *arg, const char *name, struct err *e)
{
	return buf_addf(arg, e, "%s ", name);
}

static void
directory_listed(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct err e;
	uint8_t sum[32];
	char text[SHA256_HEX_SIZE];
	uint64_t size;

	assert_ok(file_replace(d, "b", "abc", 3, 0600, &e), &e);
	assert_ok(file_replace(d, "a", "", 0, 0600, &e), &e);
	assert_ok(file_replace(d, "C", "", 0, 0600, &e), &e);
	assert_ok(dir_list(d, collect, &b, &e), &e);
	assert_string_equal(buf_text(&b), "C a b ");
	assert_ok(file_sha256(d, "b", sum, &size, &e), &e);
	hex_encode(sum, 32, text);
	assert_string_equal(text,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(size, 3);
	assert_int_equal(file_remove(d, "a", &e), 1);
	assert_int_equal(file_remove(d, "a", &e), 0);
	buf_free(&b);
}

static void
real_path(void **state)
{
	struct dir *d = *state;
	struct buf real = BUF_INIT(4096), b = BUF_INIT(100);
	char path[4096];
	struct err e;

	assert_ok(file_replace(d, "f \xc5\xbe", "x", 1, 0644, &e), &e);
	snprintf(path, sizeof path, "%s/./f \xc5\xbe", dir_path(d));
	assert_ok(path_real(&real, path, &e), &e);
	assert_true(path_absolute(buf_text(&real)));
	assert_null(strstr(buf_text(&real), "/."));
	assert_ok(file_read(NULL, buf_text(&real), &b, &e), &e);
	assert_string_equal(buf_text(&b), "x");
	strcat(path, "absent");
	buf_reset(&real);
	assert_err(path_real(&real, path, &e), ERR_NOENT, &e);
	assert_int_equal(real.len, 0);
	buf_free(&real);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(real_path, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_replaced, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_locked, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(directory_listed, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
