/* SPDX-License-Identifier: ISC */
/*
 * updater/plan and updater/apply: names that change only in case or in the form of accents, on file
 * systems that take both for one name and on others; interrupted before each change of a name.
 */
#include "tests/unit/common/test.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/dir.h"
#include "lib/os/file.h"
#include "tests/unit/common/caseless_posix.h"
#include "tests/unit/common/temp.h"
#include "tests/unit/settings/store.h"
#include "updater/apply/apply.h"

#define CUTS_MAX 200

/* The files of a release: "PATH=CONTENT" each. */
static const struct row {
	const char *name, *old[5], *new[5];
} rows[] = {
	{ "a file", { "server.crt=one" }, { "Server.crt=one" } },
	{ "a file, other content", { "server.crt=one" }, { "Server.crt=two" } },
	{ "a file in a directory", { "tls/a.crt=one", "tls/b=two" },
	    { "tls/A.crt=one", "tls/b=two" } },
	{ "a directory", { "tls/a=one", "tls/b=two" }, { "TLS/a=one", "TLS/b=two" } },
	{ "a directory, other content", { "tls/a=one", "tls/b=two" },
	    { "Tls/a=two", "Tls/b=three" } },
	{ "a directory and a file in it", { "tls/a=one", "tls/b=two" },
	    { "TLS/A=one", "TLS/b=two" } },
	{ "a directory that loses a file", { "d/a=one", "d/b=two" }, { "D/a=one" } },
	{ "a directory in a directory", { "d/e/a=one", "d/b=two" }, { "d/E/a=one", "d/b=two" } },
	{ "both directories", { "d/e/a=one" }, { "D/E/a=one" } },
	{ "two files at once", { "a=one", "b=two" }, { "A=two", "B=one" } },
	{ "a letter with an accent", { "\xc3\x84.txt=one" }, { "\xc3\xa4.txt=one" } },
	{ "an accent of its own", { "\xc3\xa9=one" }, { "e\xcc\x81=one" } },
	{ "Z with a caron", { "\xc5\xbdilina/x=one" }, { "\xc5\xbeilina/x=one" } },
	{ "a file that becomes a directory", { "x=one" }, { "X/y=one" } },
	{ "a directory that becomes a file", { "x/y=one" }, { "X=one" } },
	{ "and a file that stays", { "a=one", "k=two" }, { "A=one", "k=two" } },
};

static const char *const contents[] = { "one", "two", "three" };
static struct dir *top, *state, *source;
static struct station st;
static char application[] = "A", installation[] = "I", app_dir[300];
static void *store;

static void
hash(const char *text, char out[SHA256_HEX_SIZE])
{
	uint8_t sum[DIGEST_MAX];
	struct err e;

	assert_ok(digest_of(DIGEST_SHA256, text, strlen(text), sum, &e), &e);
	hex_encode(sum, SHA256_SIZE, out);
}

static void
begin(void)
{
	void *d;
	struct err e;

	assert_int_equal(temp_make(&d), 0);
	assert_int_equal(store_make(&store), 0);
	top = d;
	assert_non_null(state = dir_make_private(top, "state", &e));
	assert_non_null(source = dir_make_private(state, "staging", &e));
	snprintf(app_dir, sizeof app_dir, "%s/app", dir_path(top));
	st = (struct station){ .application = application,
		.installation = installation,
		.app_dir = app_dir };
}

static void
end(void)
{
	void *d = top;

	dir_close(source);
	dir_close(state);
	store_remove(&store);
	temp_remove(&d);
}

static void
make_release(struct record *r, int64_t number, const char *const files[5])
{
	struct err e;

	*r = (struct record){ .release = number, .version = number, .whole = true };
	for (size_t i = 0; i < 5 && files[i] != NULL; i++) {
		const char *is = strchr(files[i], '=');
		char target[100];

		snprintf(target, sizeof target, "A/app/%.*s", (int)(is - files[i]), files[i]);
		assert_ok(list_grow(&r->files, r->n, sizeof *r->files, &e), &e);
		r->files[r->n] =
		    (struct record_file){ .target = strdup(target), .state.mode = 0644 };
		r->files[r->n].length = r->files[r->n].state.length = strlen(is + 1);
		hash(is + 1, r->files[r->n++].state.sha256);
	}
	record_sort(r);
}

/* Applies a release; no replaced file was changed by hand. */
static int
follow(const struct record *applied, const struct record *release, struct err *e)
{
	struct changeset none = CHANGESET_INIT;
	struct plan p;
	struct apply a = { .plan = &p,
		.set = &none,
		.applied = applied,
		.action = "update",
		.newest = release->release };
	struct transaction t;
	struct record now;
	char work[512];
	int rc = -1;

	for (size_t i = 0; i < N(contents); i++) {
		char name[SHA256_HEX_SIZE];

		hash(contents[i], name);
		assert_ok(
		    file_replace_fast(source, name, contents[i], strlen(contents[i]), 0644, e), e);
	}
	if (plan_of_record(&st, release, CLOCK_NEVER, &p, e) == -1)
		return -1;
	if (plan_compare(&st, applied, &p, e) == 0) {
		for (size_t i = 0; i < p.n + p.nremoved; i++)
			assert_null(p.files[i].aside);
		apply_transaction(&st, state, source, true, store, CLOCK_NEVER, work, &t);
		if ((rc = apply(&st, &t, &a, &now, e)) == 0)
			record_free(&now);
	}
	plan_free(&p);
	return rc;
}

struct looking {
	const struct record *want;
	struct dir *d;
	char path[100];
	size_t files;
};

static int
look(void *arg, const char *name, struct err *e)
{
	struct looking *l = arg, below = *l;
	const struct record_file *f;
	struct file_info info;
	uint8_t sum[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	uint64_t size;

	snprintf(below.path, sizeof below.path, "%.60s/%.30s", l->path, name);
	assert_int_equal(file_stat(l->d, name, &info, e), 1);
	if (info.type == FILE_DIRECTORY) {
		assert_non_null(below.d = dir_below(l->d, name, false, e));
		assert_ok(dir_list(below.d, look, &below, e), e);
		dir_close(below.d);
		assert_true(below.files > l->files);
		l->files = below.files;
		return 0;
	}
	l->files++;
	if ((f = record_file(l->want, below.path)) == NULL)
		fail_msg("%s is there", below.path);
	assert_ok(file_sha256(l->d, name, sum, &size, e), e);
	hex_encode(sum, sizeof sum, hex);
	assert_string_equal(hex, f->state.sha256);
	return 0;
}

/* Asserts that exactly the files of the release exist, with its spelling. */
static void
want_on_disk(const struct record *want)
{
	struct looking l = { .want = want, .path = "A/app" };
	struct err e;

	assert_non_null(l.d = dir_open(app_dir, &e));
	assert_ok(dir_list(l.d, look, &l, &e), &e);
	dir_close(l.d);
	assert_int_equal(l.files, want->n);
}

/* Interrupts at the step (-1: never); then a start recovers, and the update runs once more. */
static bool
change(const struct row *r, long cut)
{
	struct record none = RECORD_INIT, old, new, applied;
	enum transaction_end recovered;
	struct transaction t;
	struct err e = { 0 };
	char work[512];
	bool was_cut;
	int status;
	pid_t child;

	begin();
	make_release(&old, 1, r->old);
	make_release(&new, 2, r->new);
	assert_ok(follow(&none, &old, &e), &e);
	want_on_disk(&old);
	assert_ok(record_applied(state, &applied, &e), &e);
	if ((child = fork()) == 0) {
		caseless_steps = cut;
		_exit(follow(&applied, &new, &e) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	was_cut = WEXITSTATUS(status) == CASELESS_CUT;
	assert_true(was_cut || WEXITSTATUS(status) == 0);
	record_free(&applied);
	apply_transaction(&st, state, NULL, true, store, CLOCK_NEVER, work, &t);
	/* Recovery is interrupted, too: in each third case, at each step of the recovery. */
	for (long step = (cut + (r - rows)) % 3 == 0 ? 1 : CUTS_MAX; was_cut; step++) {
		if ((child = fork()) == 0) {
			caseless_steps = step;
			_exit(transaction_recover(&t, &recovered, &e) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) != CASELESS_CUT)
			break;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_ok(record_applied(state, &applied, &e), &e);
	want_on_disk(applied.release == 2 ? &new : &old);
	assert_true(was_cut || applied.release == 2);
	/* To the new release, and back to the old one. */
	assert_ok(follow(&applied, &new, &e), &e);
	want_on_disk(&new);
	record_free(&applied);
	assert_ok(record_applied(state, &applied, &e), &e);
	assert_ok(follow(&applied, &old, &e), &e);
	want_on_disk(&old);
	record_free(&applied);
	record_free(&old);
	record_free(&new);
	end();
	return was_cut;
}

static void
without_case(void **row)
{
	long cut = 1;

	caseless = true;
	change(*row, -1);
	while (cut < CUTS_MAX && change(*row, cut))
		cut++;
	caseless = false;
	assert_true(cut > 3 && cut < CUTS_MAX);
}

static void
with_case(void **row)
{
	caseless = false;
	change(*row, -1);
}

/* The file system of the test ignores case. */
static void
is_caseless(void **unused)
{
	struct file_info a, b;
	struct dir *d;
	struct err e;

	(void)unused;
	begin();
	caseless = true;
	assert_non_null(d = dir_below(top, "D", true, &e));
	assert_ok(file_replace(d, "\xc3\xa9.TXT", "x", 1, 0644, &e), &e);
	assert_int_equal(file_stat(top, "d/e\xcc\x81.txt", &a, &e), 1);
	assert_int_equal(file_stat(top, "D/\xc3\xa9.TXT", &b, &e), 1);
	assert_true(a.inode == b.inode);
	caseless = false;
	assert_int_equal(file_stat(top, "d/e\xcc\x81.txt", &a, &e), 0);
	dir_close(d);
	end();
}

int
main(void)
{
	static struct CMUnitTest tests[2 * N(rows) + 1] = { cmocka_unit_test(is_caseless) };
	static char names[2 * N(rows)][80];
	size_t n = 1;

	for (size_t i = 0; i < N(rows); i++)
		for (int without = 0; without < 2; without++, n++) {
			snprintf(names[n - 1], sizeof names[0], "%s, %s case", rows[i].name,
			    without ? "without" : "with");
			tests[n] = (struct CMUnitTest){ .name = names[n - 1],
				.test_func = without ? without_case : with_case,
				.initial_state = (void *)(uintptr_t)&rows[i] };
		}
	return _cmocka_run_group_tests("spelling", tests, n, NULL, NULL);
}
