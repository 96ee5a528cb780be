/* SPDX-License-Identifier: ISC */
/*
 * Files: reading, replacing, locks, listing.
 */
#include "tests/unit/common/test.h"

#include "tests/unit/common/temp.h"
#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/os/path.h"
#include "lib/os/clock.h"
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
	assert_non_null(strstr(e.text, "want at most 5 bytes, got 6"));
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
	int64_t begun;
	struct err e;

	assert_non_null(l = file_lock(d, "lock", 0, &e));
	begun = clock_mono_ms();
	assert_null(file_lock(d, "lock", 60, &e));
	assert_int_equal(e.code, ERR_BUSY);
	assert_true(clock_mono_ms() - begun >= 60);
	begun = clock_mono_ms();
	assert_null(file_lock(d, "lock", 0, &e));
	assert_int_equal(e.code, ERR_BUSY);
	assert_true(clock_mono_ms() - begun < 10000);
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

static void
assert_content(struct dir *d, const char *name, const char *want)
{
	struct buf b = BUF_INIT(1000);
	struct err e;

	assert_ok(file_read(d, name, &b, &e), &e);
	assert_string_equal(buf_text(&b), want);
	buf_free(&b);
}

static void
appended(void **state)
{
	struct dir *d = *state;
	struct err e;

	assert_err(file_append(d, "log", 0, "x", 1, &e), ERR_NOENT, &e);
	assert_ok(file_replace(d, "log", "one ", 4, 0600, &e), &e);
	assert_ok(file_append(d, "log", 4, "two", 3, &e), &e);
	assert_content(d, "log", "one two");
	/* The bytes after the offset are removed. */
	assert_ok(file_append(d, "log", 3, "!", 1, &e), &e);
	assert_content(d, "log", "one!");
	assert_err(file_append(d, "log", 5, "x", 1, &e), ERR_UNSAFE, &e);
	assert_content(d, "log", "one!");
	dir_close(dir_below(d, "dir", true, &e));
	assert_int_equal(file_append(d, "dir", 0, "x", 1, &e), -1);
}

/* More than one piece, so that nothing depends on the size of a piece. */
#define LARGE 200000

static void
copied(void **state)
{
	struct dir *d = *state, *below;
	struct buf b = BUF_INIT(2 * LARGE);
	struct file_info info;
	uint8_t *data = malloc(LARGE);
	struct err e;

	assert_non_null(data);
	for (size_t i = 0; i < LARGE; i++)
		data[i] = (uint8_t)(i * 31 >> 3);
	assert_non_null(below = dir_below(d, "below", true, &e));
	assert_ok(file_replace(d, "from", data, LARGE, 0600, &e), &e);
	assert_ok(file_replace(below, "to", "old", 3, 0600, &e), &e);
	assert_ok(file_copy(d, "from", below, "to", 0644, &e), &e);
	assert_ok(file_read(below, "to", &b, &e), &e);
	assert_int_equal(b.len, LARGE);
	assert_memory_equal(b.data, data, LARGE);
	assert_int_equal(file_stat(below, "to", &info, &e), 1);
	assert_int_equal(info.mode, 0644);
	assert_int_equal(file_stat(below, ".to.new", &info, &e), 0);
	assert_err(file_copy(d, "absent", below, "to", 0644, &e), ERR_NOENT, &e);
	assert_err(file_copy(d, "below", below, "to", 0644, &e), ERR_UNSAFE, &e);
	assert_int_equal(file_stat(below, "to", &info, &e), 1);
	assert_int_equal(info.size, LARGE);
	dir_close(below);
	buf_free(&b);
	free(data);
}

static void
read_in_pieces(void **state)
{
	struct dir *d = *state;
	struct file_in *in;
	char piece[4];
	size_t got;
	struct err e;

	assert_null(file_in_open(d, "absent", 0, &e));
	assert_int_equal(e.code, ERR_NOENT);
	assert_ok(file_replace(d, "f", "abcdefghi", 9, 0600, &e), &e);
	assert_non_null(in = file_in_open(d, "f", 3, &e));
	assert_ok(file_in_read(in, piece, 4, &got, &e), &e);
	assert_int_equal(got, 4);
	assert_memory_equal(piece, "defg", 4);
	assert_ok(file_in_read(in, piece, 4, &got, &e), &e);
	assert_int_equal(got, 2);
	assert_memory_equal(piece, "hi", 2);
	assert_ok(file_in_read(in, piece, 4, &got, &e), &e);
	assert_int_equal(got, 0);
	file_in_close(in);
	/* Beyond the end there is nothing. */
	assert_non_null(in = file_in_open(d, "f", 100, &e));
	assert_ok(file_in_read(in, piece, 4, &got, &e), &e);
	assert_int_equal(got, 0);
	file_in_close(in);
	assert_null(file_in_open(d, "f", UINT64_MAX, &e));
	file_in_close(NULL);
}

static void
written_in_pieces(void **state)
{
	struct dir *d = *state;
	struct file_out *out;
	struct err e;

	assert_ok(file_replace(d, "f", "something long", 14, 0600, &e), &e);
	assert_non_null(out = file_out_open(d, "f", 0644, &e));
	assert_ok(file_out_write(out, "abc", 3, &e), &e);
	assert_ok(file_out_write(out, "def", 3, &e), &e);
	assert_ok(file_out_close(out, true, &e), &e);
	assert_content(d, "f", "abcdef");
	assert_non_null(out = file_out_continue(d, "f", 4, &e));
	assert_ok(file_out_write(out, "xyz", 3, &e), &e);
	assert_ok(file_out_close(out, false, &e), &e);
	assert_content(d, "f", "abcdxyz");
	assert_null(file_out_continue(d, "f", 8, &e));
	assert_int_equal(e.code, ERR_UNSAFE);
	assert_content(d, "f", "abcdxyz");
	assert_null(file_out_continue(d, "absent", 0, &e));
	assert_int_equal(e.code, ERR_NOENT);
	assert_ok(file_out_close(NULL, true, &e), &e);
}

static void
kept(void **state)
{
	struct dir *d = *state;
	struct err e;

	assert_ok(file_replace_keep(d, "f", "new", 3, 0600, &e), &e);
	assert_content(d, "f", "new");
	assert_ok(file_replace_keep(d, "f", "newer", 5, 0600, &e), &e);
	assert_content(d, "f", "newer");
	assert_ok(file_replace_fast(d, "f", "newest", 6, 0600, &e), &e);
	assert_content(d, "f", "newest");
}

static void
moved(void **state)
{
	struct dir *d = *state, *below;
	struct err e;

	assert_non_null(below = dir_below(d, "below", true, &e));
	assert_int_equal(file_move(d, "f", below, "g", &e), 0);
	assert_ok(file_replace(d, "f", "one", 3, 0600, &e), &e);
	assert_ok(file_replace(below, "g", "two", 3, 0600, &e), &e);
	assert_err(file_link(d, "f", below, "g", &e), ERR_EXISTS, &e);
	assert_content(below, "g", "two");
	assert_int_equal(file_move(d, "f", below, "g", &e), 1);
	assert_content(below, "g", "one");
	assert_err(file_read(d, "f", &(struct buf)BUF_INIT(10), &e), ERR_NOENT, &e);
	if (file_link(below, "g", d, "f", &e) == 1) {
		assert_content(d, "f", "one");
		/* A rename over another name of the same file would do nothing on POSIX systems. */
		assert_int_equal(file_remove(d, "f", &e), 1);
	}
	assert_ok(file_sync(below, "g", &e), &e);
	assert_ok(file_rename(below, "g", d, "f", &e), &e);
	assert_content(d, "f", "one");
	assert_err(file_rename(below, "g", d, "f", &e), ERR_NOENT, &e);
	assert_int_equal(dir_remove(d, "f", &e), 0);
	assert_int_equal(dir_remove(d, "absent", &e), 0);
	assert_int_equal(dir_remove(d, "below", &e), 1);
	dir_close(below);
}

static void
directories(void **state)
{
	struct dir *d = *state, *made;
	struct dir_room room;
	char path[4096];
	struct err e;

	assert_null(dir_below(d, "a/b", false, &e));
	assert_int_equal(e.code, ERR_NOENT);
	snprintf(path, sizeof path, "%s/a/b/c", dir_path(d));
	assert_non_null(made = dir_make(path, 0700, &e));
	assert_string_equal(dir_path(made), path);
	assert_ok(dir_check_private(made, &e), &e);
	assert_ok(dir_sync(made, &e), &e);
	assert_int_not_equal(dir_sync_all(made, &e), -1);
	assert_ok(dir_room(made, &room, &e), &e);
	assert_true(room.bytes > 0 && room.files > 0);
	dir_close(made);
	/* A directory that isn't empty ends the removal. */
	assert_ok(file_replace(d, "a/x", "x", 1, 0600, &e), &e);
	assert_ok(dir_unmake(path, 3, &e), &e);
	assert_null(dir_below(d, "a/b", false, &e));
	assert_content(d, "a/x", "x");
	/* Missing entries are ignored. */
	assert_int_equal(file_remove(d, "a/x", &e), 1);
	assert_ok(dir_unmake(path, 3, &e), &e);
	assert_null(dir_below(d, "a", false, &e));
	assert_non_null(made = dir_make_private(d, "own", &e));
	assert_ok(dir_check_private(made, &e), &e);
	dir_close(made);
	assert_non_null(made = dir_open_private(d, "own", &e));
	dir_close(made);
	assert_ok(file_replace(d, "file", "x", 1, 0600, &e), &e);
	assert_null(dir_make_private(d, "file", &e));
	assert_int_equal(e.code, ERR_UNSAFE);
	assert_null(dir_below(d, "file/x", true, &e));
}

static void
stamped(void **state)
{
	struct dir *d = *state;
	struct file_stamp none, none_again, one;
	char path[4096];
	struct err e;

	snprintf(path, sizeof path, "%s/f", dir_path(d));
	file_stamp(path, &none);
	file_stamp(path, &none_again);
	assert_false(none.there);
	assert_true(file_stamp_same(&none, &none_again));
	assert_ok(file_replace(d, "f", "x", 1, 0600, &e), &e);
	file_stamp(path, &one);
	assert_true(one.there);
	assert_false(file_stamp_same(&none, &one));
	/* A file that was changed just now has a stamp of its own. */
	assert_false(one.settled);
	assert_false(file_stamp_same(&one, &one));
}

static void
path_cut_up(void **state)
{
	struct dir *d = *state;
	char path[4096], *leaf;

	snprintf(path, sizeof path, "%s/a/b", dir_path(d));
	leaf = path_cut(path);
	assert_string_equal(leaf, "b");
	leaf = path_cut(path);
	assert_string_equal(leaf, "a");
	assert_string_equal(path, dir_path(d));
	/* As far as the root. */
	for (int i = 0; path_cut(path) != NULL; i++)
		assert_true(i < 100);
	assert_true(path_absolute(path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(real_path, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_replaced, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_locked, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(directory_listed, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(appended, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(copied, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(read_in_pieces, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(written_in_pieces, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(kept, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(moved, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(directories, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(stamped, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(path_cut_up, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
