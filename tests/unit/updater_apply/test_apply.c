/* SPDX-License-Identifier: ISC */
/*
 * updater/apply: random releases follow each other, and each leaves exactly its own files and
 * directories.  Files become directories, directories become files, and content moves to other
 * names and occurs twice.
 */
#include "tests/unit/common/test.h"

#include "lib/os/dir.h"
#include "lib/os/file.h"
#include "tests/unit/common/temp.h"
#include "lib/os/clock.h"
#include "tests/unit/settings/store.h"
#include "updater/apply/apply.h"

#define RELEASES 50
#define FILES	 12 /* most of a release in each root */

static const char *const contents[] = { "one", "two", "three" };
static const char *const roots[LAYOUT_ROOTS] = { "install", "app" };

static struct dir *top, *state, *source;
static struct station st;
static char application[] = "A", installation[] = "I", dirs[LAYOUT_ROOTS][300];
static uint64_t seed = 1;

/* Random numbers that are the same on every platform (xorshift). */
static size_t
any(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed >> 8) % n;
}

static void
hash(const char *text, char out[SHA256_HEX_SIZE])
{
	uint8_t sum[DIGEST_MAX];
	struct err e;

	assert_ok(digest_of(DIGEST_SHA256, text, strlen(text), sum, &e), &e);
	hex_encode(sum, SHA256_SIZE, out);
}

static int
setup(void **store)
{
	char name[SHA256_HEX_SIZE];
	void *d;
	struct err e;

	if (temp_make(&d) == -1 || store_make(store) == -1)
		return -1;
	top = d;
	assert_non_null(state = dir_make_private(top, "state", &e));
	assert_non_null(source = dir_make_private(state, "staging", &e));
	for (size_t i = 0; i < N(contents); i++) {
		hash(contents[i], name);
		assert_ok(
		    file_replace_fast(source, name, contents[i], strlen(contents[i]), 0644, &e),
		    &e);
	}
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		snprintf(dirs[r], sizeof dirs[r], "%s/%s", dir_path(top), roots[r]);
	st = (struct station){ .application = application,
		.installation = installation,
		.install_dir = dirs[LAYOUT_INSTALL],
		.app_dir = dirs[LAYOUT_APP] };
	return 0;
}

static int
teardown(void **store)
{
	void *d = top;

	dir_close(source);
	dir_close(state);
	store_remove(store);
	return temp_remove(&d);
}

/* Whether one path equals the other or is below it. */
static bool
collide(const char *a, const char *b)
{
	size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return strncmp(a, b, n) == 0 && (a[n] == '\0' || a[n] == '/') &&
	    (b[n] == '\0' || b[n] == '/');
}

/* Makes a release: paths of one to three parts, no path below another. */
static void
make_release(struct record *r, int64_t number)
{
	struct err e;

	*r = (struct record){ .release = number, .version = number, .whole = true };
	for (size_t i = 0, n = any(2 * FILES); i < n; i++) {
		const char *content;
		char target[64];
		bool good = true;

		snprintf(target, sizeof target, "A/%s", roots[any(LAYOUT_ROOTS)]);
		for (size_t part = 0, parts = 1 + any(3); part < parts; part++)
			snprintf(target + strlen(target), sizeof target - strlen(target), "/%c",
			    (int)('a' + any(3)));
		for (size_t k = 0; k < r->n; k++)
			good = good && !collide(r->files[k].target, target);
		if (!good)
			continue;
		assert_ok(list_grow(&r->files, r->n, sizeof *r->files, &e), &e);
		r->files[r->n] = (struct record_file){ .target = strdup(target),
			.state.mode = any(4) == 0 ? 0755 : 0644 };
		content = contents[any(N(contents))];
		hash(content, r->files[r->n].state.sha256);
		r->files[r->n].length = strlen(content);
		r->files[r->n++].state.length = strlen(content);
	}
	record_sort(r);
}

struct looking {
	const struct record *want;
	struct dir *d;
	char path[100]; /* as a target */
	size_t files, dirs[LAYOUT_ROOTS];
	int root;
};

/* Asserts that each file is of the release, and that each directory has such a file below it. */
static int
look(void *arg, const char *name, struct err *e)
{
	struct looking *l = arg, below = *l;
	const struct record_file *f;
	struct file_info info;
	uint8_t sum[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	uint64_t size;
	size_t files = l->files;

	snprintf(below.path, sizeof below.path, "%.60s/%.30s", l->path, name);
	assert_int_equal(file_stat(l->d, name, &info, e), 1);
	if (info.type == FILE_DIRECTORY) {
		assert_non_null(below.d = dir_below(l->d, name, false, e));
		assert_ok(dir_list(below.d, look, &below, e), e);
		dir_close(below.d);
		l->files = below.files;
		memcpy(l->dirs, below.dirs, sizeof l->dirs);
		l->dirs[l->root]++;
		assert_true(l->files > files);
		return 0;
	}
	l->files++;
	if ((f = record_file(l->want, below.path)) == NULL)
		fail_msg("%s is left", below.path);
	assert_ok(file_sha256(l->d, name, sum, &size, e), e);
	hex_encode(sum, sizeof sum, hex);
	assert_string_equal(hex, f->state.sha256);
#ifndef _WIN32
	assert_int_equal(info.mode, f->state.mode);
#endif
	return 0;
}

static void
want_on_disk(const struct record *want, const struct record *applied)
{
	struct looking l = { .want = want };
	struct err e;

	for (l.root = 0; l.root < LAYOUT_ROOTS; l.root++) {
		if ((l.d = dir_open(dirs[l.root], &e)) == NULL)
			continue;
		snprintf(l.path, sizeof l.path, "A/%s", roots[l.root]);
		assert_ok(dir_list(l.d, look, &l, &e), &e);
		dir_close(l.d);
	}
	assert_int_equal(l.files, want->n);
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		assert_int_equal(applied->dirs[r].n, l.dirs[r]);
}

static void
follow(void **store)
{
	struct record applied = RECORD_INIT, release, now, read;
	const struct changeset none = CHANGESET_INIT;
	size_t aside = 0;
	struct err e;

	for (int64_t number = 1; number <= RELEASES; number++) {
		struct plan p;
		struct apply a = { .plan = &p,
			.set = &none,
			.applied = &applied,
			.action = "update",
			.newest = number };
		struct transaction t;
		char work[512];

		make_release(&release, number);
		assert_ok(plan_of_record(&st, &release, CLOCK_NEVER, &p, &e), &e);
		assert_ok(plan_compare(&st, &applied, &p, &e), &e);
		for (size_t i = 0; i < p.n + p.nremoved; i++)
			aside += p.files[i].aside != NULL;
		/* Every second time from a directory that others may write. */
		apply_transaction(&st, state, source, number % 2 == 0, *store, CLOCK_NEVER, work,
		    &t);
		assert_ok(apply(&st, &t, &a, &now, &e), &e);
		want_on_disk(&release, &now);
		assert_ok(record_applied(state, &read, &e), &e);
		assert_int_equal(read.serial, number);
		assert_int_equal(read.from, number - 1);
		assert_int_equal(read.n, release.n);
		assert_int_equal(read.changed_files, (int64_t)plan_changes(&p));
		record_free(&read);
		plan_free(&p);
		record_free(&release);
		record_free(&applied);
		applied = now;
	}
	assert_int_equal(aside, 0); /* nobody changed anything by hand */
	record_free(&applied);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(follow, setup,
	    teardown) };

	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
