/* SPDX-License-Identifier: ISC */
/*
 * server/repo/release: which directories are a release, and the targets that they make.
 */
#include "tests/unit/common/test.h"

#include "lib/os/move.h"
#include "lib/tuf/delegation.h"
#include "server/repo/release.h"
#include "tests/unit/common/temp.h"

#define TEN(x)	x x x x x x x x x x
#define NAME135 TEN("0123456789") "01234567890123456789012345678901234"

static struct row {
	const char *name;
	const char *paths[4]; /* of files; one that ends in '/' is an empty directory */
	size_t files;	      /* of the release; 0: it is none */
	const char *says;
	enum err_code want;
} rows[] = {
	{ "each place",
	    { "install/bin/hi", "app/x", "scripts/machine/a.lua", "scripts/user/b.lua" }, 4, NULL,
	    ERR_NONE },
	{ "an empty directory beside files", { "app/x", "install/empty/" }, 1, NULL, ERR_NONE },
	{ "as deep as may be", { "app/2/3/4/5/6/7/8" }, 1, NULL, ERR_NONE },
	{ "the longest name", { "app/" NAME135 }, 1, NULL, ERR_NONE },
	{ "nothing", { "app/" }, 0, "no files in it", ERR_CONFLICT },
	{ "a file at the top", { "app/x", "README" }, 0, "holds only the directories", ERR_UNSAFE },
	{ "another directory", { "app/x", "other/x" }, 0, "other: a release holds only",
	    ERR_UNSAFE },
	{ "a place in another spelling", { "App/x" }, 0, "App: a release holds only", ERR_UNSAFE },
	{ "a script below", { "scripts/machine/x/a.lua" }, 0, "scripts holds only", ERR_UNSAFE },
	{ "a script beside", { "scripts/a.lua" }, 0, "scripts holds only", ERR_UNSAFE },
	{ "no script", { "scripts/user/a.txt" }, 0, "scripts/user/a.txt", ERR_UNSAFE },
	{ "too deep", { "app/2/3/4/5/6/7/8/9" }, 0, "more than 8 levels deep", ERR_TOO_LARGE },
	{ "a name too long", { "app/" NAME135 "6" }, 0, NAME135 "6", ERR_TOO_LARGE },
	{ "a device of Windows", { "app/con.txt" }, 0, "app/con.txt", ERR_UNSAFE },
	{ "two spellings", { "app/x", "app/X" }, 0, "differ only in case", ERR_UNSAFE },
	{ "two directories in two spellings", { "app/d/x", "app/D/y" }, 0, "differ only in case",
	    ERR_UNSAFE },
	{ "two forms of an accent", { "app/\xc3\xa9", "app/e\xcc\x81" }, 0,
	    "how accents are written", ERR_UNSAFE },
	{ "a line end", { "app/a\nb" }, 0, "app/a", ERR_UNSAFE },
	{ "a backslash", { "app/a\\b" }, 0, "app/a", ERR_UNSAFE },
	{ "no UTF-8", { "app/\xff" }, 0, "UTF-8", ERR_UNSAFE },
};

/* Returns false when this file system doesn't take the name. */
static bool
put(struct dir *d, const char *path)
{
	const char *last = strrchr(path, '/');
	char parent[256];
	struct dir *below = d;
	struct err e;
	bool made;

	if (last != NULL) {
		snprintf(parent, sizeof parent, "%.*s", (int)(last - path), path);
		assert_non_null(below = dir_below(d, parent, true, &e));
	}
	last = last == NULL ? path : last + 1;
	made = *last == '\0' || file_replace_fast(below, last, "text", 4, 0644, &e) == 0;
	if (below != d)
		dir_close(below);
	return made;
}

/* Whether this file system takes two names that differ only in case. */
static bool
takes_spellings(struct dir *d)
{
	struct file_info info;
	struct err e;
	bool both;

	assert_ok(file_replace_fast(d, "probe", "", 0, 0644, &e), &e);
	both = file_stat(d, "PROBE", &info, &e) == 0;
	assert_int_equal(file_remove(d, "probe", &e), 1);
	return both;
}

static void
scan(void **state)
{
	const struct row *r = *state;
	struct release out;
	struct dir *d;
	struct err e = { 0 };
	bool made;

	assert_int_equal(temp_make((void **)&d), 0);
	made = r->says == NULL || strcmp(r->says, "differ only in case") != 0 || takes_spellings(d);
	for (size_t i = 0; i < N(r->paths) && r->paths[i] != NULL; i++)
		made &= put(d, r->paths[i]);
	if (!made) {
		print_message("skipped: this file system doesn't take the name\n");
		assert_int_equal(temp_remove((void **)&d), 0);
		skip();
	}
	if (r->files > 0) {
		assert_ok(release_scan(&out, "A", dir_path(d), &e), &e);
		assert_int_equal(out.n, r->files);
		assert_int_equal(json_object_size(out.targets), r->files);
		assert_int_equal(out.bytes, 4 * r->files);
	} else {
		assert_err(release_scan(&out, "A", dir_path(d), &e), r->want, &e);
		if (strstr(e.text, r->says) == NULL)
			fail_msg("want '%s' in '%s'", r->says, e.text);
	}
	release_free(&out);
	assert_int_equal(temp_remove((void **)&d), 0);
}

/* The entry of a target has all that a station checks. */
static void
target(void **state)
{
	static const char want[] =
	    "{\"custom\":{\"mode\":\"0644\"},\"hashes\":{\"sha256\":"
	    "\"982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1\"},\"length\":4}";
	struct release out;
	struct err e = { 0 };
	char *text;

	assert_true(put(*state, "app/x"));
	assert_ok(release_scan(&out, "A", dir_path(*state), &e), &e);
	text = json_dumps(json_object_get(out.targets, "A/app/x"), JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, want);
	free(text);
	release_free(&out);
}

/* One pattern for each depth, none of which another application's name matches. */
static void
patterns(void **state)
{
	static const char *const paths[] = { "A", "A/x", "A/app/x", "A/app/2/3/4/5/6/7/8",
		"A/app/2/3/4/5/6/7/8/9", "B/app/x", "AB/app/x" };
	static const bool covered[] = { false, false, true, true, false, false, false };
	json_t *all = release_patterns("A");

	(void)state;
	assert_non_null(all);
	for (size_t i = 0; i < N(paths); i++) {
		bool matches = false;

		for (size_t k = 0; k < json_array_size(all); k++)
			matches |= tuf_glob(json_string_value(json_array_get(all, k)), paths[i]);
		if (matches != covered[i])
			fail_msg("%s: want %d, got %d", paths[i], covered[i], matches);
	}
	json_decref(all);
}

/* Names that programs of Windows may not open, whatever InstallDir is; scripts aren't installed. */
static void
long_paths(void **state)
{
	static const char *const paths[] = { "install/" NAME135 "/" TEN("abcdef") "1234",
		"install/" NAME135 "/" TEN("abcdef") "12345",
		"app/" NAME135 "/" TEN("abcdef") "12345.x", "scripts/user/long.lua" };
	struct dir *d = *state;
	struct release r;
	const char *first;
	struct err e;

	for (size_t i = 0; i < N(paths); i++) {
		if (i == 1) {
			assert_ok(release_scan(&r, "A", dir_path(d), &e), &e);
			assert_int_equal(release_long_paths(&r, &first), 0);
			assert_null(first);
			release_free(&r);
		}
		assert_true(put(d, paths[i]));
	}
	assert_ok(release_scan(&r, "A", dir_path(d), &e), &e);
	assert_int_equal(release_long_paths(&r, &first), 2);
	assert_string_equal(first, paths[2]);
	release_free(&r);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows) + 3] = { cmocka_unit_test(patterns),
		cmocka_unit_test_setup_teardown(long_paths, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(target, temp_make, temp_remove) };
	size_t n = 3;

	TEST_ROWS(tests, n, rows, scan);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
