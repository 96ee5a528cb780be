/* SPDX-License-Identifier: ISC */
/*
 * updater/plan: the changes of a release, by the files on disk and the applied record; a row a
 * file.
 */
#include "tests/unit/common/test.h"

#ifndef _WIN32
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

#include "lib/os/dir.h"
#include "lib/os/file.h"
#include "tests/unit/common/temp.h"
#include "lib/os/clock.h"
#include "updater/plan/plan.h"

static struct dir *top, *root;
static struct station st;
static char application[] = "A", app_dir[300];

static int
setup(void **unused)
{
	void *d;
	struct err e;

	(void)unused;
	if (temp_make(&d) == -1)
		return -1;
	top = d;
	assert_non_null(root = dir_below(top, "app", true, &e));
	snprintf(app_dir, sizeof app_dir, "%s", dir_path(root));
	st = (struct station){ .application = application, .app_dir = app_dir };
	return 0;
}

static int
teardown(void **unused)
{
	void *d = top;

	(void)unused;
	dir_close(root);
	return temp_remove(&d);
}

static void
hash(const char *text, char out[SHA256_HEX_SIZE])
{
	uint8_t sum[DIGEST_MAX];
	struct err e;

	assert_ok(digest_of(DIGEST_SHA256, text, strlen(text), sum, &e), &e);
	hex_encode(sum, SHA256_SIZE, out);
}

/* Adds a file to a record, by its path below the application; with text NULL adds nothing. */
static void
add(struct record *r, const char *path, const char *text, unsigned mode)
{
	char target[300];
	struct err e;

	r->serial = r->release = 1;
	r->whole = true;
	if (r->roots[LAYOUT_APP] == NULL)
		r->roots[LAYOUT_APP] = strdup(app_dir);
	if (text == NULL)
		return;
	snprintf(target, sizeof target, "A/%s", path);
	assert_ok(list_grow(&r->files, r->n, sizeof *r->files, &e), &e);
	r->files[r->n] = (struct record_file){ .target = strdup(target),
		.state.mode = mode,
		.length = strlen(text) };
	hash(text, r->files[r->n++].state.sha256);
	record_sort(r);
}

static void
put(const char *path, const char *text, unsigned mode)
{
	char parent[300], *slash;
	struct err e;

	snprintf(parent, sizeof parent, "%s", path);
	if ((slash = strrchr(parent, '/')) != NULL) {
		*slash = '\0';
		dir_close(dir_below(root, parent, true, &e));
	}
	assert_ok(file_replace_fast(root, path, text, strlen(text), mode, &e), &e);
}

/* The content of one path on disk, in the applied record and in the release; NULL: none. */
static const struct row {
	const char *name, *disk, *applied, *release;
	enum plan_op op;
	bool aside;    /* a file that a person changed is kept */
	size_t listed; /* files and removals in the plan */
} rows[] = {
	{ "new", NULL, NULL, "1", PLAN_ADD, false, 1 },
	{ "as it is", "1", "1", "1", PLAN_KEEP, false, 1 },
	{ "there already, by chance", "1", NULL, "1", PLAN_KEEP, false, 1 },
	{ "another content", "1", "1", "2", PLAN_REPLACE, false, 1 },
	{ "another length", "1", "1", "twelve", PLAN_REPLACE, false, 1 },
	{ "removed by a person", NULL, "1", "1", PLAN_ADD, false, 1 },
	{ "changed by a person", "mine", "1", "1", PLAN_REPLACE, true, 1 },
	{ "changed by a person, and by the release", "mine", "1", "2", PLAN_REPLACE, true, 1 },
	{ "changed by a person to what comes", "2", "1", "2", PLAN_KEEP, false, 1 },
	{ "a person's file in the way", "mine", NULL, "1", PLAN_REPLACE, true, 1 },
	{ "not in the release", "1", "1", NULL, PLAN_REMOVE, false, 1 },
	{ "not in the release, changed by a person", "mine", "1", NULL, PLAN_REMOVE, true, 1 },
	{ "not in the release, removed by a person", NULL, "1", NULL, PLAN_KEEP, false, 1 },
	{ "a person's own", "mine", NULL, NULL, PLAN_KEEP, false, 0 },
};

static void
compare(void **row)
{
	const struct row *r = *row;
	struct record applied = RECORD_INIT, release = RECORD_INIT;
	const struct plan_file *f;
	struct plan p;
	struct err e;

	setup(NULL);
	if (r->disk != NULL)
		put("tls/x", r->disk, 0644);
	add(&applied, "app/tls/x", r->applied, 0644);
	add(&release, "app/tls/x", r->release, 0644);
	assert_ok(plan_of_record(&st, &release, CLOCK_NEVER, &p, &e), &e);
	assert_ok(plan_compare(&st, &applied, &p, &e), &e);
	assert_int_equal(p.n + p.nremoved, r->listed);
	if (r->listed == 1) {
		f = &p.files[0];
		assert_string_equal(f->target, "A/app/tls/x");
		assert_string_equal(f->rest, "tls/x");
		assert_int_equal(f->place, LAYOUT_APP);
		assert_int_equal(f->op, r->op);
		assert_int_equal(f->aside != NULL, r->aside);
		if (r->aside)
			assert_non_null(strstr(f->aside, "x.changed-by-hand-"));
		assert_int_equal(f->old.sha256[0] != '\0', r->disk != NULL);
		assert_int_equal(plan_needs(f), r->op == PLAN_ADD || r->op == PLAN_REPLACE);
	}
	assert_int_equal(plan_changes(&p), r->listed == 1 && r->op != PLAN_KEEP);
	plan_free(&p);
	record_free(&applied);
	record_free(&release);
	teardown(NULL);
}

static void
plan(struct plan *p, struct record *applied, struct record *release)
{
	struct err e;

	assert_ok(plan_of_record(&st, release, CLOCK_NEVER, p, &e), &e);
	assert_ok(plan_compare(&st, applied, p, &e), &e);
	record_free(applied);
	record_free(release);
}

/* With another AppDir, no file there is Slipway's, and nothing is removed. */
static void
another_root(void **unused)
{
	struct record applied = RECORD_INIT, release = RECORD_INIT;
	struct plan p;

	(void)unused;
	put("a", "1", 0644);
	put("b", "1", 0644);
	add(&applied, "app/a", "1", 0644);
	add(&applied, "app/b", "1", 0644);
	add(&release, "app/a", "2", 0644);
	free(applied.roots[LAYOUT_APP]);
	applied.roots[LAYOUT_APP] = strdup("/elsewhere");
	plan(&p, &applied, &release);
	assert_int_equal(p.files[0].op, PLAN_REPLACE);
	assert_non_null(p.files[0].aside);
	assert_int_equal(plan_changes(&p), 1);
	plan_free(&p);
}

static void
mode(void **unused)
{
	struct record applied = RECORD_INIT, release = RECORD_INIT;
	struct plan p;

	(void)unused;
#ifdef _WIN32
	print_message("skipped on Windows: files have no such permissions there\n");
	skip();
#endif
	put("a", "1", 0644);
	add(&release, "app/a", "1", 0755);
	plan(&p, &applied, &release);
	assert_int_equal(p.files[0].op, PLAN_MODE);
	assert_int_equal(p.files[0].old.mode, 0644);
	assert_int_equal(p.files[0].mode, 0755);
	assert_false(plan_needs(&p.files[0]));
	plan_free(&p);
}

#ifndef _WIN32
/* With fat set, each file system says that it is FAT. */
static bool fat;

int __real_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs);

int
__wrap_fstatfs(int fd, struct statfs *fs)
{
	int rc = __real_fstatfs(fd, fs);

	if (rc == 0 && fat)
		fs->f_type = MSDOS_SUPER_MAGIC;
	return rc;
}

/* On FAT the permissions of a file are those of the mount, whoever may write there. */
static void
fixed_modes(void **unused)
{
	struct record applied = RECORD_INIT, release = RECORD_INIT;
	struct plan p;

	(void)unused;
	put("a", "1", 0777);
	put("b", "1", 0755);
	add(&release, "app/a", "1", 0644);
	add(&release, "app/b", "2", 0644);
	fat = true;
	plan(&p, &applied, &release);
	fat = false;
	assert_int_equal(p.files[0].op, PLAN_KEEP);
	assert_int_equal(p.files[1].op, PLAN_REPLACE);
	plan_free(&p);
}
#endif

/* Scripts are not installed, and the removals come behind the release's files. */
static void
in_order(void **unused)
{
	struct record applied = RECORD_INIT, release = RECORD_INIT;
	static const char *const want[] = { "A/app/b", "A/app/d", "A/scripts/machine/x.lua",
		"A/app/a", "A/app/c" };
	struct plan p;

	(void)unused;
	for (const char *name = "abcd"; *name != '\0'; name++) {
		char path[8] = { 'a', 'p', 'p', '/', *name, '\0' };

		put(path + 4, "1", 0644);
		add(&applied, path, "1", 0644);
	}
	add(&applied, "scripts/machine/y.lua", "1", 0644);
	add(&release, "scripts/machine/x.lua", "1", 0644);
	add(&release, "app/d", "1", 0644);
	add(&release, "app/b", "2", 0644);
	plan(&p, &applied, &release);
	assert_int_equal(p.n, 3);
	assert_int_equal(plan_changes(&p), 3);
	for (size_t i = 0; i < N(want); i++)
		assert_string_equal(p.files[i].target, want[i]);
	assert_int_equal(p.files[2].op, PLAN_KEEP);
	plan_free(&p);
}

/* A directory in a file's place is removed if Slipway made it; any other is a person's. */
static void
directory(void **unused)
{
	struct record applied = RECORD_INIT, release = RECORD_INIT, none = RECORD_INIT;
	struct plan p;
	struct err e;

	(void)unused;
	put("d/x", "1", 0644);
	add(&applied, "app/d/x", "1", 0644);
	assert_ok(strings_add(&applied.dirs[LAYOUT_APP], "d", &e), &e);
	add(&release, "app/d", "1", 0644);
	assert_ok(plan_of_record(&st, &release, CLOCK_NEVER, &p, &e), &e);
	assert_err(plan_compare(&st, &none, &p, &e), ERR_UNSAFE, &e);
	assert_non_null(strstr(e.text, "found a directory; move it away"));
	plan_free(&p);
	plan(&p, &applied, &release);
	assert_int_equal(p.files[0].op, PLAN_ADD);
	assert_int_equal(p.nremoved, 1);
	assert_int_equal(p.files[1].op, PLAN_REMOVE);
	plan_free(&p);
}

/* InstallDir and AppDir that aren't apart: two names of one file, its content and what comes. */
static const struct places {
	const char *name, *install; /* InstallDir below the test's directory, which has "app" */
	const char *first, *content, *second, *other;
	bool was; /* first is applied and not in the release */
	bool bad;
} places[] = {
	{ "places: apart", "bin", "install/x", "1", "app/x", "2", false, false },
	{ "places: one directory", "app", "install/x", "1", "app/x", "2", false, true },
	{ "places: one directory, the same file", "app", "install/x", "1", "app/x", "1", false,
	    false },
	{ "places: one directory, other names", "app", "install/x", "1", "app/y", "2", false,
	    false },
	{ "places: one in the other", "", "install/app/x", "1", "app/x", "2", false, true },
	{ "places: one in the other, the same file", "", "install/app/x", "1", "app/x", "1", false,
	    false },
	{ "places: another case", "", "install/APP/x", "1", "app/x", "2", false, true },
	{ "places: a file for a directory", "app", "install/d", "1", "app/d/x", "2", false, true },
	{ "places: the other in the one", "app/bin", "install/x", "1", "app/bin/x", "2", false,
	    true },
	{ "places: moved to the other", "app", "install/x", "1", "app/x", "2", true, false },
};

static void
two_places(void **row)
{
	const struct places *r = *row;
	struct record applied = RECORD_INIT, release = RECORD_INIT;
	char install[600];
	struct plan p;
	struct err e;

	setup(NULL);
	snprintf(install, sizeof install, "%s/%s", dir_path(top), r->install);
	st.install_dir = install;
	add(r->was ? &applied : &release, r->first, r->content, 0644);
	add(&release, r->second, r->other, 0644);
	if (r->was) {
		applied.roots[LAYOUT_INSTALL] = strdup(install);
		put("x", "1", 0644);
	}
	assert_ok(plan_of_record(&st, &release, CLOCK_NEVER, &p, &e), &e);
	if (r->bad) {
		assert_err(plan_compare(&st, &applied, &p, &e), ERR_UNSAFE, &e);
		assert_non_null(strstr(e.text, "A/install/"));
		assert_non_null(strstr(e.text, "A/app/"));
	} else {
		assert_ok(plan_compare(&st, &applied, &p, &e), &e);
		for (size_t i = 0; i < p.n + p.nremoved; i++)
			assert_int_not_equal(p.files[i].op, PLAN_REMOVE);
	}
	plan_free(&p);
	record_free(&applied);
	record_free(&release);
	st.install_dir = NULL;
	teardown(NULL);
}

/* Targets for which the whole plan is refused. */
static const struct target {
	const char *name, *first, *second;
	enum err_code want;
	bool foreign; /* of another application */
} targets[] = {
	{ "of another application", "app/x", NULL, ERR_UNSAFE, true },
	{ "in no place", "apps/x", NULL, ERR_UNSAFE, false },
	{ "above", "app/../x", NULL, ERR_UNSAFE, false },
	{ "a script that is none", "scripts/user/x", NULL, ERR_UNSAFE, false },
	{ "a script in a directory", "scripts/user/d/x.lua", NULL, ERR_UNSAFE, false },
	{ "too deep", "app/1/2/3/4/5/6/7/8", NULL, ERR_UNSAFE, false },
	{ "the same but for case", "app/x", "app/X", ERR_UNSAFE, false },
	{ "good", "app/1/2/3/4/5/6/7", "scripts/user/x.lua", ERR_NONE, false },
};

static void
refuse(void **row)
{
	const struct target *r = *row;
	struct record release = RECORD_INIT;
	struct plan p;
	struct err e;

	setup(NULL);
	add(&release, "app/a", "1", 0644);
	add(&release, r->first, "1", 0644);
	if (r->second != NULL)
		add(&release, r->second, "1", 0644);
	if (r->foreign)
		release.files[0].target[0] = 'B';
	if (r->want == ERR_NONE) {
		assert_ok(plan_of_record(&st, &release, CLOCK_NEVER, &p, &e), &e);
		assert_int_equal(p.n, 3);
	} else {
		assert_err(plan_of_record(&st, &release, CLOCK_NEVER, &p, &e), r->want, &e);
		assert_null(p.files);
		assert_int_equal(p.n, 0);
	}
	plan_free(&p);
	record_free(&release);
	teardown(NULL);
}

/* Whether a release is applied: its number, and the version of its metadata. */
static const struct known {
	const char *name;
	int64_t release, version; /* of the plan */
	int64_t applied, applied_version, newest;
	bool want;
} known[] = {
	{ "nothing applied", 1, 1, 0, 0, 0, false },
	{ "applied", 3, 5, 3, 5, 3, true },
	{ "signed anew", 3, 6, 3, 5, 3, false },
	{ "newer", 4, 6, 3, 5, 3, false },
	{ "rolled back from it", 3, 5, 2, 4, 3, true },
	{ "rolled back from it, signed anew", 3, 6, 2, 4, 3, true },
	{ "rolled back, a newer one", 4, 7, 2, 4, 3, false },
	{ "rolled back, the same one", 2, 4, 2, 4, 3, false },
};

static void
is_applied(void **row)
{
	const struct known *r = *row;
	struct plan p = { .release = r->release, .version = r->version };
	struct record applied = { .release = r->applied,
		.version = r->applied_version,
		.newest = r->newest };

	assert_int_equal(plan_is_applied(&p, &applied), r->want);
}

/* Paths are shortened to their existing part. */
static void
existing(void **unused)
{
	char path[600];
	unsigned missing;
	struct err e;

	(void)unused;
	snprintf(path, sizeof path, "%s", app_dir);
	assert_ok(plan_existing(path, &missing, &e), &e);
	assert_int_equal(missing, 0);
	assert_string_equal(path, app_dir);
	snprintf(path, sizeof path, "%s/", app_dir);
	assert_ok(plan_existing(path, &missing, &e), &e);
	assert_int_equal(missing, 0);
	snprintf(path, sizeof path, "%s/a/b/c//", app_dir);
	assert_ok(plan_existing(path, &missing, &e), &e);
	assert_int_equal(missing, 3);
	assert_string_equal(path, app_dir);
#ifndef _WIN32
	snprintf(path, sizeof path, "/nowhere-at-all/x");
	assert_ok(plan_existing(path, &missing, &e), &e);
	assert_int_equal(missing, 1);
	assert_string_equal(path, "/");
#endif
}

/* A deadline that has passed ends comparing, before the first file and in the middle of one. */
static void
late(void **unused)
{
	struct record applied = RECORD_INIT, release = RECORD_INIT;
	struct plan p;
	struct err e;

	(void)unused;
	put("tls/x", "1", 0644);
	add(&applied, "app/tls/x", "1", 0644);
	add(&release, "app/tls/x", "1", 0644);
	assert_err(plan_of_record(&st, &release, 0, &p, &e), ERR_TIMEOUT, &e);
	assert_ok(plan_of_record(&st, &release, CLOCK_NEVER, &p, &e), &e);
	p.deadline = clock_mono_ms();
	assert_err(plan_compare(&st, &applied, &p, &e), ERR_TIMEOUT, &e);
	plan_free(&p);
	record_free(&applied);
	record_free(&release);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest fixed[] = { TEST(another_root), TEST(mode), TEST(in_order),
		TEST(directory), TEST(existing), TEST(late),
#ifndef _WIN32
		TEST(fixed_modes)
#endif
	};
	struct CMUnitTest tests[N(fixed) + N(rows) + N(targets) + N(known) + N(places)];
	size_t n = N(fixed);

	memcpy(tests, fixed, sizeof fixed);
	TEST_ROWS(tests, n, rows, compare);
	TEST_ROWS(tests, n, targets, refuse);
	TEST_ROWS(tests, n, known, is_applied);
	TEST_ROWS(tests, n, places, two_places);
	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
