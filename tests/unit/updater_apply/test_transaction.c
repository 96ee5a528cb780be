/* SPDX-License-Identifier: ISC */
/*
 * updater/apply: transaction and journal: a change of files and settings as a whole, and recovery
 * after a crash.
 */
#include "tests/unit/common/test.h"

#include <limits.h>
#include <stdbool.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/move.h"

#include "updater/apply/journal.h"
#include "tests/unit/settings/store.h"
#include "tests/unit/common/temp.h"
#include "updater/apply/transaction.h"
#include "updater/state/state.h"
#include "updater/state/record.h"

#define WORK ".slipway-test"
#define KEY  "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_A"

static struct dir *top, *root, *state, *source;
static struct transaction t;
static struct station st;
static struct record first;
/* of journals; empty as those of 0.1.0 have none */
static char number[JOURNAL_NUMBER_SIZE];
/* journals without lengths, as those of 0.1.0 */
static bool without_lengths;

/*
 * A release of few files: one becomes a directory, a directory becomes a file.  In order of their
 * paths.
 */
static const struct file {
	const char *path, *old, *new; /* contents; NULL: no file */
	bool early;
} files[] = {
	{ "bin/hi", "one", "two", false },
	{ "doc", "a file", NULL, true },
	{ "doc/read.me", NULL, "below it", false },
	{ "gone.txt", "gone", NULL, false },
	{ "new.txt", NULL, "new", false },
	{ "place", NULL, "the file", false },
	{ "place/a.txt", "in it", NULL, true },
};

static void
put(struct dir *d, const char *path, const char *text)
{
	char parent[100];
	struct dir *made;
	struct err e;

	snprintf(parent, sizeof parent, "%s", path);
	if (strrchr(parent, '/') != NULL) {
		*strrchr(parent, '/') = '\0';
		assert_non_null(made = dir_below(d, parent, true, &e));
		dir_close(made);
	}
	assert_ok(file_replace_fast(d, path, text, strlen(text), 0644, &e), &e);
}

static void
want(struct dir *d, const char *path, const char *text)
{
	struct buf b = BUF_INIT(1000);
	struct file_info info;
	struct err e;

	if (text == NULL) {
		int found = file_stat(d, path, &info, &e);

		assert_int_not_equal(found, -1);
		assert_true(found == 0 || info.type == FILE_DIRECTORY);
		return;
	}
	assert_ok(file_read(d, path, &b, &e), &e);
	assert_string_equal(buf_text(&b), text);
	buf_free(&b);
}

/* Asserts the state before or after, and that no file of a transaction is left. */
static void
want_state(bool after)
{
	static const char *const left[] = { "journal", "journal.new", "journal.undo" };
	struct file_info info;
	struct record applied;
	struct err e;

	for (size_t i = 0; i < N(files); i++)
		want(root, files[i].path, after ? files[i].new : files[i].old);
	store_want(after ? "[" KEY "]\na = two\n" : "[" KEY "]\na = one\n");
	for (size_t i = 0; i < N(left); i++)
		assert_int_equal(file_stat(state, left[i], &info, &e), 0);
	assert_int_equal(file_stat(root, WORK, &info, &e), 0);
	assert_false(state_pending(state));
	assert_ok(record_applied(state, &applied, &e), &e);
	assert_int_equal(applied.serial, after ? 2 : 1);
	record_free(&applied);
}

static void
hash(const char *text, char out[SHA256_HEX_SIZE])
{
	uint8_t sum[DIGEST_MAX];
	struct err e;

	assert_ok(digest_of(DIGEST_SHA256, text, strlen(text), sum, &e), &e);
	hex_encode(sum, SHA256_SIZE, out);
}

static void
fill(struct file_state *s, const char *text)
{
	if (text == NULL)
		return;
	hash(text, s->sha256);
	s->mode = 0644;
	s->length = without_lengths ? FILE_LENGTH_UNKNOWN : strlen(text);
}

/* Fills in a record with the first file and this content. */
static void
fill_record(struct record *r, int serial, const char *content)
{
	struct err e;

	r->serial = r->release = r->newest = serial;
	r->whole = true;
	assert_ok(list_grow(&r->files, r->n, sizeof *r->files, &e), &e);
	r->files[r->n] = (struct record_file){ .target = strdup(files[0].path) };
	fill(&r->files[r->n++].state, content);
}

static void
make_journal(struct journal *j)
{
	struct journal_dir *d;
	struct err e;

	*j = (struct journal){ .set = CHANGESET_INIT, .record = RECORD_INIT };
	memcpy(j->number, number, sizeof number);
	assert_non_null(j->roots[LAYOUT_INSTALL] = strdup(dir_path(root)));
	for (size_t i = 0; i < N(files); i++) {
		struct journal_file *f = journal_add_file(j, &e);

		assert_non_null(f);
		f->path = strdup(files[i].path);
		f->early = files[i].early;
		f->only = true;
		fill(&f->old, files[i].old);
		fill(&f->new, files[i].new);
	}
	assert_non_null(d = journal_add_dir(j, &e));
	d->path = strdup("doc");
	d->made = true;
	assert_non_null(d = journal_add_dir(j, &e));
	d->path = strdup("place");
	d->early = true;
	add_set(&j->set, KEY, "a", "two");
	add_set(&j->record.undo, KEY, "a", "one");
	fill_record(&j->record, 2, files[0].new);
}

static int
setup(void **unused)
{
	char name[SHA256_HEX_SIZE];
	void *d, *settings;
	const struct record none = RECORD_INIT;
	struct err e;

	(void)unused;
	first = none;
	fill_record(&first, 1, files[0].old);
	if (temp_make(&d) == -1 || store_make(&settings) == -1)
		return -1;
	top = d;
	assert_non_null(root = dir_below(top, "root", true, &e));
	assert_non_null(state = dir_make_private(top, "state", &e));
	assert_non_null(source = dir_make_private(state, "staging", &e));
	for (size_t i = 0; i < N(files); i++) {
		if (files[i].old != NULL)
			put(root, files[i].path, files[i].old);
		if (files[i].new == NULL)
			continue;
		hash(files[i].new, name);
		put(source, name, files[i].new);
	}
	store_write("[" KEY "]\na = one\n");
	assert_ok(record_set_applied(state, &none, &first, &e), &e);
	st = (struct station){ .installation = strdup("I"),
		.application = strdup("A"),
		.install_dir = strdup(dir_path(root)) };
	t = (struct transaction){ .st = &st,
		.state = state,
		.deadline = CLOCK_NEVER,
		.source = source,
		.source_is_ours = true,
		.settings = settings,
		.work = WORK };
	return 0;
}

static int
teardown(void **unused)
{
	void *d = top, *settings = t.settings;

	(void)unused;
	station_free(&st);
	record_free(&first);
	dir_close(source);
	dir_close(state);
	dir_close(root);
	store_remove(&settings);
	return temp_remove(&d);
}

/* A station with release 1 anew. */
static void
begin_again(void)
{
	void *unused = NULL;

	assert_int_equal(teardown(&unused), 0);
	assert_int_equal(setup(&unused), 0);
}

static void
whole(void **unused)
{
	struct journal j;
	struct dir *kept;
	char name[SHA256_HEX_SIZE];
	struct err e;

	(void)unused;
	make_journal(&j);
	want_state(false);
	assert_ok(transaction_run(&t, &first, &j, &e), &e);
	want_state(true);
	/* For the way back. */
	assert_non_null(kept = dir_below(state, "kept", false, &e));
	hash("one", name);
	want(kept, name, "one");
	dir_close(kept);
	journal_free(&j);
}

/*
 * An obstacle that can't be replaced is in the place of a file: nothing changes, and the error
 * names the file.
 */
static void
taken_back(void **unused)
{
	struct journal j;
	struct err e;

	(void)unused;
	make_journal(&j);
	put(root, "new.txt/in the way", "x");
	assert_int_equal(transaction_run(&t, &first, &j, &e), -1);
	assert_true(e.code != ERR_TORN);
	assert_non_null(strstr(e.text, "new.txt"));
	want(root, "new.txt/in the way", "x");
	want_state(false);
	journal_free(&j);
}

/* Stages the content of file i as a transaction does. */
static void
stage(struct dir *work, char kind, size_t i, const char *text)
{
	char name[32];

	snprintf(name, sizeof name, "%c%zu", kind, i);
	if (text != NULL)
		put(work, name, text);
}

/*
 * Makes the state after a crash: the journal under this name, the new content of the first done
 * files in place, and everything else staged.
 */
static void
crash(const char *name, size_t done)
{
	struct buf text = BUF_INIT(JOURNAL_MAX);
	struct journal j;
	struct dir *work;
	char mark[100];
	struct err e;

	make_journal(&j);
	assert_ok(journal_write(&j, &text, &e), &e);
	assert_ok(file_replace(state, name, text.data, text.len, 0600, &e), &e);
	assert_non_null(work = dir_make_private(root, WORK, &e));
	if (number[0] != '\0') {
		snprintf(mark, sizeof mark, "journal-%s", number);
		put(work, mark, "");
	}
	for (size_t i = 0; i < N(files); i++) {
		stage(work, 'o', i, files[i].old);
		if (i >= done)
			stage(work, 'n', i, files[i].new);
		else if (files[i].new == NULL)
			file_remove(root, files[i].path, &e);
		else
			put(root, files[i].path, files[i].new);
	}
	dir_close(work);
	journal_free(&j);
	buf_free(&text);
}

static void
recovered(const char *name, size_t done, enum transaction_end want_end)
{
	enum transaction_end end;
	struct err e;

	crash(name, done);
	assert_int_equal(state_pending(state), strcmp(name, "journal.new") != 0);
	assert_ok(transaction_recover(&t, &end, &e), &e);
	assert_int_equal(end, want_end);
	want_state(want_end == TRANSACTION_FINISHED);
	assert_ok(transaction_recover(&t, &end, &e), &e);
	assert_int_equal(end, TRANSACTION_NONE);
}

static void
prepared(void **unused)
{
	(void)unused;
	recovered("journal.new", 0, TRANSACTION_UNDONE);
}

static void
committed(void **unused)
{
	(void)unused;
	recovered("journal", 0, TRANSACTION_FINISHED);
}

static void
half_in_place(void **unused)
{
	(void)unused;
	recovered("journal", 3, TRANSACTION_FINISHED);
}

static void
half_in_place_of_0_1_0(void **unused)
{
	(void)unused;
	without_lengths = true;
	recovered("journal", 3, TRANSACTION_FINISHED);
	without_lengths = false;
}

static void
being_taken_back_of_0_1_0(void **unused)
{
	(void)unused;
	without_lengths = true;
	recovered("journal.undo", 3, TRANSACTION_UNDONE);
	without_lengths = false;
}

static void
being_taken_back(void **unused)
{
	(void)unused;
	recovered("journal.undo", 3, TRANSACTION_UNDONE);
}

/*
 * An incomplete journal says that nothing was staged yet; the journal of a decided change is always
 * complete.
 */
static void
cut_journal(void **unused)
{
	struct buf text = BUF_INIT(JOURNAL_MAX);
	enum transaction_end end;
	struct file_info info;
	struct journal j, got;
	struct err e;

	(void)unused;
	make_journal(&j);
	assert_ok(journal_write(&j, &text, &e), &e);
	for (size_t len = 0; len < text.len; len += 97) {
		assert_ok(file_replace_fast(state, "journal.new", text.data, len, 0600, &e), &e);
		assert_ok(transaction_recover(&t, &end, &e), &e);
		assert_int_equal(end, TRANSACTION_NONE);
		assert_int_equal(file_stat(state, "journal.new", &info, &e), 0);
	}
	want_state(false);
	assert_ok(file_replace_fast(state, "journal", text.data, text.len - 1, 0600, &e), &e);
	assert_err(transaction_recover(&t, &end, &e), ERR_TORN, &e);
	assert_non_null(strstr(e.text, "journal"));
	assert_true(state_pending(state));
	/* A newer Slipway's is left as it is, whatever asks for it. */
	assert_ok(file_replace_fast(state, "journal", "slipway-journal 2 x\n", 20, 0600, &e), &e);
	assert_err(transaction_recover(&t, &end, &e), ERR_VERSION, &e);
	assert_true(state_pending(state));

	assert_ok(journal_read(text.data, text.len, &got, &e), &e);
	assert_int_equal(got.nfiles, j.nfiles);
	assert_int_equal(got.ndirs, 2);
	assert_true(got.files[1].early && got.dirs[0].made && !got.dirs[1].made);
	assert_string_equal(got.files[0].new.sha256, j.files[0].new.sha256);
	assert_int_equal(got.set.n, 1);
	journal_free(&got);
	text.data[text.len / 2] ^= 1;
	assert_err(journal_read(text.data, text.len, &got, &e), ERR_HASH, &e);
	assert_int_equal(got.nfiles, 0);
	journal_free(&j);
	buf_free(&text);
}

/*
 * The deadline passes before the commit: nothing changes.  Without a deadline the change is done.
 */
static void
late(void **unused)
{
	struct journal j;
	struct err e;

	(void)unused;
	make_journal(&j);
	t.deadline = clock_mono_ms();
	assert_err(transaction_run(&t, &first, &j, &e), ERR_TIMEOUT, &e);
	want_state(false);
	assert_false(state_pending(state));
	t.deadline = CLOCK_NEVER;
	assert_ok(transaction_run(&t, &first, &j, &e), &e);
	want_state(true);
	journal_free(&j);
}

/* Unread content counts as changed by hand: the file is kept beside the new one. */
static void
unread(void **unused)
{
	struct buf text = BUF_INIT(JOURNAL_MAX);
	struct journal j, got;
	struct err e;

	(void)unused;
	for (int i = 0; i < 3; i++) {
		make_journal(&j);
		snprintf((i == 1 ? &j.files[0].new : &j.files[0].old)->sha256, SHA256_HEX_SIZE,
		    FILE_UNREAD);
		if (i != 0)
			j.files[0].aside = strdup("beside");
		buf_reset(&text);
		assert_ok(journal_write(&j, &text, &e), &e);
		if (i == 2) {
			assert_ok(journal_read(text.data, text.len, &got, &e), &e);
			assert_string_equal(got.files[0].old.sha256, FILE_UNREAD);
			assert_int_equal(got.files[0].old.length, j.files[0].old.length);
			journal_free(&got);
		} else
			assert_err(journal_read(text.data, text.len, &got, &e), ERR_SYNTAX, &e);
		journal_free(&j);
	}
	buf_free(&text);
}

/* Recovery that runs out of time goes on in the same direction at the next start. */
static void
late_recovery(void **unused)
{
	enum transaction_end end;
	struct err e;

	(void)unused;
	crash("journal", 3);
	t.deadline = clock_mono_ms();
	for (int i = 0; i < 2; i++) {
		assert_err(transaction_recover(&t, &end, &e), ERR_TORN, &e);
		assert_true(state_pending(state));
	}
	t.deadline = CLOCK_NEVER;
	assert_ok(transaction_recover(&t, &end, &e), &e);
	assert_int_equal(end, TRANSACTION_FINISHED);
	want_state(true);
}

static void
late_taking_back(void **unused)
{
	enum transaction_end end;
	struct err e;

	(void)unused;
	crash("journal.undo", 3);
	t.deadline = clock_mono_ms();
	assert_err(transaction_recover(&t, &end, &e), ERR_TORN, &e);
	assert_true(state_pending(state));
	t.deadline = CLOCK_NEVER;
	assert_ok(transaction_recover(&t, &end, &e), &e);
	assert_int_equal(end, TRANSACTION_UNDONE);
	want_state(false);
}

#ifndef _WIN32
static void
sparse(const char *path, off_t size)
{
	char full[PATH_MAX];

	snprintf(full, sizeof full, "%s/%s", dir_path(root), path);
	assert_int_equal(truncate(full, size), 0);
}

/*
 * A sparse file of terabytes in the place of an installed file, and nothing is staged any more: its
 * size differs, so it isn't read.  With a journal without lengths, recovery ends at the deadline.
 */
static void
sparse_in_place(void **unused)
{
	enum transaction_end end;
	struct dir *work;
	struct err e;

	(void)unused;
	alarm(120);
	for (int old = 0; old < 2; old++) {
		without_lengths = old == 1;
		crash(old ? "journal.undo" : "journal", 1);
		assert_non_null(work = dir_open_private(root, WORK, &e));
		file_remove(work, "n0", &e);
		file_remove(work, "o0", &e);
		dir_close(work);
		sparse("bin/hi", (off_t)1 << 42);
		t.deadline = old ? clock_mono_ms() + 300 : CLOCK_NEVER;
		assert_err(transaction_recover(&t, &end, &e), ERR_TORN, &e);
		assert_true(state_pending(state));
	}
	without_lengths = false;
	alarm(0);
}
#endif

/* The staged files are gone: the change can neither be finished nor taken back until --repair. */
static void
torn(void **unused)
{
	struct buf left = BUF_INIT(1000);
	enum transaction_end end;
	struct file_info info;
	struct dir *work;
	struct err e;

	(void)unused;
	crash("journal", 0);
	put(root, "bin/hi", "neither");
	assert_non_null(work = dir_open_private(root, WORK, &e));
	assert_int_equal(file_remove(work, "n0", &e), 1);
	assert_int_equal(file_remove(work, "o0", &e), 1);
	dir_close(work);
	for (int i = 0; i < 2; i++) {
		assert_err(transaction_recover(&t, &end, &e), ERR_TORN, &e);
		assert_true(state_pending(state));
	}
	assert_ok(transaction_abandon(state, &left, &e), &e);
	assert_non_null(strstr(buf_text(&left), "release 2"));
	buf_free(&left);
	assert_false(state_pending(state));
	assert_int_equal(file_stat(state, "journal.torn", &info, &e), 1);
	assert_ok(transaction_recover(&t, &end, &e), &e);
	assert_int_equal(end, TRANSACTION_NONE);
}

#ifndef _WIN32
/*
 * A disk that isn't mounted: at the root's path is another directory, or none.  The journal stays
 * until the right one is back, which is known by the number, whatever else is there.
 */
static void
unmounted(void **unused)
{
	static const char *const names[] = { "journal", "journal.undo" };
	enum transaction_end end;
	struct dir *other;
	struct err e;

	(void)unused;
	for (int i = 0; i < 6; i++) {
		bool undo = i % 2 == 1;

		snprintf(number, sizeof number, "%032d", i + 1);
		crash(names[undo], i < 2 ? 0 : 3);
		assert_int_equal(file_move(top, "root", top, "away", &e), 1);
		if (i >= 2)
			assert_non_null(other = dir_below(top, "root", true, &e));
		if (i >= 4) { /* a backup of an earlier transaction's time */
			stage(other, 'n', 0, "two");
			dir_close(dir_make_private(other, WORK, &e));
		}
		for (int again = 0; again < 2; again++) {
			assert_err(transaction_recover(&t, &end, &e), ERR_TORN, &e);
			assert_non_null(strstr(e.text, "is its disk mounted?"));
			assert_true(state_pending(state));
		}
		if (i >= 2) {
			want(other, "bin/hi", NULL);
			assert_ok(temp_empty(other, &e), &e);
			dir_close(other);
			assert_int_equal(dir_remove(top, "root", &e), 1);
		}
		assert_int_equal(file_move(top, "away", top, "root", &e), 1);
		assert_ok(transaction_recover(&t, &end, &e), &e);
		want_state(!undo);
		begin_again();
	}
	number[0] = '\0';
}

#endif

/*
 * A recorded change needs its directories to keep the old content; after that nothing is left to do
 * but to clean up, and a start goes on without them.
 */
static void
unmounted_in_the_end(void **unused)
{
	enum transaction_end end;
	struct dir *work;
	struct journal j;
	struct err e;

	(void)unused;
	snprintf(number, sizeof number, "%032d", 7);
	make_journal(&j);
	for (int tidy = 0; tidy < 2; tidy++) {
		crash(tidy ? "journal.new" : "journal", 3);
		assert_ok(record_set_applied(state, &first, &j.record, &e), &e);
		assert_non_null(work = dir_open_private(root, WORK, &e));
		assert_ok(temp_empty(work, &e), &e);
		dir_close(work);
		assert_int_equal(dir_remove(root, WORK, &e), 1);
		assert_int_equal(transaction_recover(&t, &end, &e), tidy ? 0 : -1);
		assert_int_equal(end, tidy ? TRANSACTION_FINISHED : TRANSACTION_NONE);
		assert_int_equal(state_pending(state), !tidy);
		begin_again();
	}
	journal_free(&j);
	number[0] = '\0';
}

/* The content of the file beside path that is kept because a person changed it. */
static void
want_aside(const char *path, const char *text)
{
	char name[200], when[DATE_TEXT_SIZE];

	date_format(clock_wall(), when);
	snprintf(name, sizeof name, "%s.changed-by-hand-%.10s", path, when);
	want(root, name, text);
}

static void
want_kept(const char *content, bool is)
{
	struct dir *kept;
	struct file_info info;
	char name[SHA256_HEX_SIZE];
	struct err e;

	assert_non_null(kept = dir_below(state, "kept", false, &e));
	hash(content, name);
	if (is)
		want(kept, name, content);
	else
		assert_int_equal(file_stat(kept, name, &info, &e), 0);
	dir_close(kept);
}

/* Append to a file, whatever its names. */
static void
write_to(struct dir *d, const char *name, const char *text)
{
	struct err e;

	assert_ok(file_append(d, name, 0, text, strlen(text), &e), &e);
}

/* A person wrote to files after the plan had looked at them, and before they were staged. */
static void
written_before_staging(void **unused)
{
	struct journal j;
	struct err e;

	(void)unused;
	make_journal(&j);
	write_to(root, "bin/hi", "mine, in place");
	put(root, "gone.txt", "mine, another file");
	put(root, "new.txt", "mine, where nothing was");
	assert_ok(transaction_run(&t, &first, &j, &e), &e);
	want_aside("bin/hi", "mine, in place");
	want_aside("gone.txt", "mine, another file");
	want_aside("new.txt", "mine, where nothing was");
	want_kept("one", false);
	want_state(true);
	journal_free(&j);
}

/* And after they were staged: in place, through a descriptor, and by another file of the name. */
static void
written_after_staging(void **unused)
{
	enum transaction_end end;
	struct dir *work;
	struct err e;

	(void)unused;
	crash("journal", 0);
	put(root, "bin/hi", "mine, another file");
	put(root, "new.txt", "mine, where nothing was");
	put(root, "gone.txt", "mine, to be removed");
	assert_non_null(work = dir_open_private(root, WORK, &e));
	write_to(work, "o6", "mine, through a descriptor");
	dir_close(work);
	assert_ok(transaction_recover(&t, &end, &e), &e);
	want_aside("bin/hi", "mine, another file");
	want_aside("a.txt", "mine, through a descriptor"); /* its directory is a file now */
	want_aside("new.txt", "mine, where nothing was");
	want_aside("gone.txt", "mine, to be removed");
	want_kept("one", true);
	want_kept("in it", false);
	want_state(true);
}

/* What comes of it when the change is taken back. */
static void
written_and_taken_back(void **unused)
{
	enum transaction_end end;
	struct err e;

	(void)unused;
	crash("journal.undo", 3);
	put(root, "bin/hi", "mine");
	assert_ok(transaction_recover(&t, &end, &e), &e);
	want_aside("bin/hi", "mine");
	want_state(false);
}

#ifndef _WIN32
static long syncs;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int
__wrap_fsync(int fd)
{
	syncs++;
	return __real_fsync(fd);
}

#define MANY 400

/*
 * Many files, each in a directory of its own, are made durable at once, also when they are copied
 * from where others could write, as a rollback does.
 */
static void
many(void **unused)
{
	char path[100], content[100], name[SHA256_HEX_SIZE];
	struct journal j;
	struct err e;

	(void)unused;
	for (int copied = 0; copied < 2; copied++) {
		make_journal(&j);
		t.source_is_ours = copied == 0;
		for (int i = 0; i < MANY; i++) {
			struct journal_dir *d = journal_add_dir(&j, &e);
			struct journal_file *f = journal_add_file(&j, &e);

			snprintf(path, sizeof path, "z/%03d", i);
			assert_non_null(d);
			d->path = strdup(path);
			d->made = true;
			snprintf(path, sizeof path, "z/%03d/file", i);
			snprintf(content, sizeof content, "content %d", i);
			assert_non_null(f);
			f->path = strdup(path);
			f->only = true;
			fill(&f->new, content);
			hash(content, name);
			put(source, name, content);
		}
		syncs = 0;
		assert_ok(transaction_run(&t, &first, &j, &e), &e);
		assert_in_range(syncs, 1, 30);
		want(root, path, content);
		journal_free(&j);
		begin_again();
	}
}
#endif

/* Changes outside of the station in a journal that somebody planted. */
static const struct beyond {
	const char *name, *root, *key, *value, *undo;
	bool user, tree;
} beyonds[] = {
#ifdef _WIN32
	{ .name = "planted: another root", .root = "C:/" },
#else
	{ .name = "planted: another root", .root = "/" },
#endif
	{ .name = "planted: below the root", .root = "%s/bin" },
	{ .name = "planted: the root with a slash", .root = "%s/" },
	{ .name = "planted: above the root", .root = "%s/.." },
	{ .name = "planted: Run",
	    .key = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run" },
	{ .name = "planted: own settings", .key = "HKLM\\SOFTWARE\\Slipway\\I\\A" },
	{ .name = "planted: own settings of 32 bits",
	    .key = "HKLM\\SOFTWARE\\WOW6432Node\\Slipway\\I\\A" },
	{ .name = "planted: another application", .key = "HKLM\\SOFTWARE\\Ipesoft\\I\\cfg_AB" },
	{ .name = "planted: the installation", .key = "HKLM\\SOFTWARE\\Ipesoft\\I" },
	{ .name = "planted: a user's", .key = "HKCU\\SOFTWARE\\Ipesoft\\I\\cfg_A" },
	{ .name = "planted: a tree above", .key = "HKLM\\SOFTWARE\\Ipesoft\\I", .tree = true },
	{ .name = "planted: in the way back", .undo = "HKLM\\SOFTWARE\\Microsoft" },
	{ .name = "planted: files in a user's", .user = true },
};

static void
planted(void **row)
{
	static const char *const names[] = { STATE_JOURNAL_COMMITTED, STATE_JOURNAL_UNDOING,
		STATE_JOURNAL_PREPARED };
	const struct beyond *r = *row;
	struct buf text = BUF_INIT(100000);
	enum transaction_end ended;
	struct file_info info;
	char path[4096];
	void *unused = NULL;
	struct journal j;
	struct err e;

	assert_int_equal(setup(&unused), 0);
	make_journal(&j);
	if (r->root != NULL) {
		snprintf(path, sizeof path, r->root[0] == '%' ? "%s%s" : "%s",
		    r->root[0] == '%' ? dir_path(root) : r->root, r->root + 2);
		free(j.roots[LAYOUT_INSTALL]);
		j.roots[LAYOUT_INSTALL] = strdup(path);
	}
	if (r->key != NULL && r->tree)
		assert_ok(changeset_delete_tree(&j.set, r->key, &e), &e);
	else if (r->key != NULL)
		add_set(&j.set, r->key, "a", "two");
	if (r->undo != NULL)
		add_set(&j.record.undo, r->undo, "a", "two");
	t.user = r->user;
	assert_ok(journal_write(&j, &text, &e), &e);
	for (size_t i = 0; i < N(names); i++) {
		bool prepared = i == 2;

		assert_ok(file_replace(state, names[i], text.data, text.len, 0600, &e), &e);
		err_clear(&e);
		assert_int_equal(transaction_recover(&t, &ended, &e), prepared ? 0 : -1);
		if (!prepared) {
			assert_int_equal(e.code, ERR_TORN);
			assert_non_null(strstr(e.text, "not carried out"));
			assert_int_equal(file_remove(state, names[i], &e), 1);
		}
		assert_int_equal(file_stat(state, names[i], &info, &e), 0);
	}
	want_state(false);
	/* A planted journal is refused, too, when it looks like one of this program. */
	assert_int_equal(transaction_run(&t, &first, &j, &e), -1);
	want_state(false);
	buf_free(&text);
	journal_free(&j);
	teardown(&unused);
}

/* DefaultApplication of the only enrolled application, and changes of scripts there. */
static void
default_application(void **unused)
{
	struct journal j;
	struct err e;

	(void)unused;
	make_journal(&j);
	add_set(&j.set, "HKLM\\SOFTWARE\\Ipesoft\\I", "DefaultApplication", "A");
	store_write(
	    "[HKLM\\SOFTWARE\\Slipway\\I\\A]\nServer = x\n[HKLM\\SOFTWARE\\Slipway\\I\\B]\nServer "
	    "= x\n[" KEY "]\na = one\n");
	assert_int_equal(transaction_run(&t, &first, &j, &e), -1);
	store_write("[HKLM\\SOFTWARE\\Slipway\\I\\A]\nServer = x\n[" KEY "]\na = one\n");
	assert_ok(changeset_delete(&j.record.undo, "HKLM\\SOFTWARE\\Ipesoft\\I",
		      "DefaultApplication", &e),
	    &e);
	assert_ok(transaction_run(&t, &first, &j, &e), &e);
	journal_free(&j);
}

/*
 * Another station, which shares the directory, is at work there: nothing is changed, neither here
 * nor of what it has staged.
 */
static void
other_station(void **unused)
{
	static const char mark[] = WORK "/journal-ffffffffffffffffffffffffffffffff";
	enum transaction_end end;
	struct file_info info;
	struct journal j;
	enum transaction_others others = OTHERS_NONE;
	struct err e;

	(void)unused;
	snprintf(number, sizeof number, "%032d", 9);
	make_journal(&j);
	t.others = &others;
	dir_close(dir_make_private(root, WORK, &e));
	put(root, mark, "");
	put(root, WORK "/n0", "of the other one");
	assert_err(transaction_run(&t, &first, &j, &e), ERR_BUSY, &e);
	assert_int_equal(others, OTHERS_AT_WORK);
	assert_non_null(strstr(e.text, "another station"));
	assert_int_equal(file_stat(state, "journal.new", &info, &e), 0);
	want(root, WORK "/n0", "of the other one");
	want(root, mark, "");
	want(root, files[0].path, files[0].old);
	assert_int_equal(
	    file_stat(root, WORK "/journal-00000000000000000000000000000009", &info, &e), 0);
	/* The same after a crash before the commit. */
	crash("journal.new", 0);
	assert_ok(transaction_recover(&t, &end, &e), &e);
	want(root, mark, "");
	assert_int_equal(file_stat(state, "journal.new", &info, &e), 0);
	/* A person decides that there is no other station. */
	t.take_over = true;
	others = OTHERS_NONE;
	assert_ok(transaction_run(&t, &first, &j, &e), &e);
	assert_int_equal(others, OTHERS_NONE);
	want_state(true);
	journal_free(&j);
	number[0] = '\0';
}

/* What another station changed since the plan looked is looked at again first. */
static void
changed_since(void **unused)
{
	int64_t looked[LAYOUT_ROOTS] = { 0 };
	struct journal j;
	enum transaction_others others = OTHERS_NONE;
	struct err e;

	(void)unused;
	make_journal(&j);
	looked[LAYOUT_INSTALL] = dir_changed(root) - 1;
	t.looked = looked;
	t.others = &others;
	assert_err(transaction_run(&t, &first, &j, &e), ERR_BUSY, &e);
	assert_int_equal(others, OTHERS_CHANGED);
	want_state(false);
	looked[LAYOUT_INSTALL] = dir_changed(root);
	assert_ok(transaction_run(&t, &first, &j, &e), &e);
	want_state(true);
	journal_free(&j);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	struct CMUnitTest tests[24 + N(beyonds)] = { TEST(whole), TEST(taken_back), TEST(prepared),
		TEST(committed), TEST(half_in_place), TEST(being_taken_back), TEST(cut_journal),
		TEST(torn), TEST(default_application), TEST(half_in_place_of_0_1_0),
		TEST(being_taken_back_of_0_1_0), TEST(late), TEST(late_recovery),
		TEST(late_taking_back), TEST(unread), TEST(unmounted_in_the_end),
		TEST(written_before_staging), TEST(written_after_staging),
		TEST(written_and_taken_back), TEST(other_station), TEST(changed_since) };
	size_t n = 21;

#ifndef _WIN32
	tests[n++] = (struct CMUnitTest)TEST(sparse_in_place);
	tests[n++] = (struct CMUnitTest)TEST(many);
	tests[n++] = (struct CMUnitTest)TEST(unmounted);
#endif

	TEST_ROWS(tests, n, beyonds, planted);
	return _cmocka_run_group_tests("transaction", tests, n, NULL, NULL);
}
