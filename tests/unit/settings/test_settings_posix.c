/* SPDX-License-Identifier: ISC */
/*
 * lib/settings: the store over key files: locks, permissions, and files that can't be used.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/settings/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/os/move.h"
#include "lib/settings/application.h"

static const char *dir, *machine, *user;
static unsigned reads;

int __real_file_read(struct dir *d, const char *name, struct buf *out, struct err *e);
int __wrap_file_read(struct dir *d, const char *name, struct buf *out, struct err *e);

int
__wrap_file_read(struct dir *d, const char *name, struct buf *out, struct err *e)
{
	reads++;
	return __real_file_read(d, name, out, e);
}

static int
make(void **state)
{
	int rc = store_make(state);

	dir = store_path("");
	machine = store_path("etc/machine.conf");
	user = store_path("user.conf");
	return rc;
}

static void
both_files(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct file_info info;
	struct err e;

	assert_int_equal(settings_get(s, "HKLM\\a", "x", &v, &e), 0);
	add_set(&c, "HKLM\\SOFTWARE\\Ipesoft", "x", "dword:1");
	add_set(&c, "HKCU\\u", "y", "two");
	assert_ok(settings_plan(s, &c, NULL, &undo, &e), &e);
	assert_int_equal(undo.n, 2);
	assert_ok(settings_apply(s, &c, &e), &e);
	want_text(machine, STORE_FORMAT "[HKLM\\SOFTWARE\\Ipesoft]\nx = dword:1\n");
	want_text(user, STORE_FORMAT "[HKCU\\u]\ny = two\n");
	assert_int_equal(file_stat(NULL, machine, &info, &e), 1);
	assert_int_equal(info.mode, 0644);
	assert_int_equal(file_stat(NULL, user, &info, &e), 1);
	assert_int_equal(info.mode, 0600);
	assert_int_equal(settings_get(s, "hkey_local_machine/software/IPESOFT", "X", &v, &e), 1);
	assert_int_equal(v.number, 1);
	assert_string_equal(settings_place(s, "HKCU\\u"), user);
	assert_string_equal(settings_place(s, "HKLM\\u"), machine);
	assert_err(settings_get(s, "HKXX\\a", "x", &v, &e), ERR_SYNTAX, &e);
	assert_ok(settings_apply(s, &undo, &e), &e);
	want_text(machine, STORE_FORMAT);
	want_text(user, STORE_FORMAT);
	changeset_free(&c);
	changeset_free(&undo);
}

/* A malformed file is an error, never an absent setting, and neither file is written. */
static void
malformed(void **state)
{
	static const char bad[] = "[HKCU\\u]\nx = 1\nnonsense\n";
	struct settings_walk walk = { NULL, NULL, NULL };
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT, effective = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	char want[256];
	struct err e;

	write_text(user, bad);
	write_text(machine, "[HKLM\\a]\nx = 1\n");
	add_set(&c, "HKLM\\a", "x", "2");
	add_set(&c, "HKCU\\u", "x", "2");
	assert_err(settings_get(s, "HKCU\\u", "x", &v, &e), ERR_SYNTAX, &e);
	snprintf(want, sizeof want, "%s: line 3: want 'name = value'", user);
	assert_memory_equal(e.text, want, strlen(want));
	assert_err(settings_list(s, "HKCU\\u", &walk, &e), ERR_SYNTAX, &e);
	assert_err(settings_plan(s, &c, &effective, &undo, &e), ERR_SYNTAX, &e);
	assert_int_equal(effective.n + undo.n, 0);
	assert_err(settings_apply(s, &c, &e), ERR_SYNTAX, &e);
	want_text(user, bad);
	want_text(machine, "[HKLM\\a]\nx = 1\n");
	assert_int_equal(settings_get(s, "HKLM\\a", "x", &v, &e), 1);
	value_free(&v);
	changeset_free(&c);
}

static void
unreadable(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err e;

	assert_int_equal(mkdir(user, 0755), 0);
	assert_err(settings_get(s, "HKCU\\u", "x", &v, &e), ERR_UNSAFE, &e);
	add_set(&c, "HKCU\\u", "x", "2");
	assert_err(settings_apply(s, &c, &e), ERR_UNSAFE, &e);
	changeset_free(&c);
}

/* Writing keeps permissions, owner, and a link to the file. */
static void
kept(void **state)
{
	struct settings *s = *state;
	struct stat st;
	struct changeset c = CHANGESET_INIT;
	struct file_info info;
	char real[96];
	struct err e;

	snprintf(real, sizeof real, "%s/real.conf", dir);
	write_text(real, "[HKCU\\u]\nx = 1\n");
	assert_int_equal(chmod(real, 0640), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(real, 12345, 23456), 0);
	assert_int_equal(symlink("real.conf", user), 0);
	add_set(&c, "HKCU\\u", "x", "2");
	assert_ok(settings_apply(s, &c, &e), &e);
	want_text(real, "[HKCU\\u]\nx = 2\n");
	assert_int_equal(file_stat(NULL, user, &info, &e), 1);
	assert_int_equal(info.type, FILE_LINK);
	assert_int_equal(file_stat(NULL, real, &info, &e), 1);
	assert_int_equal(info.mode, 0640);
	assert_int_equal(info.uid, geteuid() == 0 ? 12345 : geteuid());
	assert_int_equal(stat(real, &st), 0);
	assert_int_equal(st.st_gid, geteuid() == 0 ? 23456 : getegid());
	changeset_free(&c);
}

/*
 * A change set without effect takes no lock and writes nothing; another waits for the lock, then
 * fails.
 */
static void
locked(void **state)
{
	struct settings *s;
	struct changeset same = CHANGESET_INIT, other = CHANGESET_INIT;
	struct file_info before, after;
	struct file_lock *l;
	struct dir *d;
	struct err e;

	(void)state;
	assert_non_null(s = settings_open_files(machine, user, &e));
	write_text(user, "[HKCU\\u]\nx = 1\n");
	assert_int_equal(file_stat(NULL, user, &before, &e), 1);
	assert_non_null(d = dir_open(dir, &e));
	assert_non_null(l = file_lock(d, ".user.conf.lock", 0, &e));
	add_set(&same, "HKCU\\u", "x", "1");
	add_set(&other, "HKCU\\u", "x", "2");
	assert_ok(settings_apply(s, &same, &e), &e);
	assert_int_equal(file_stat(NULL, user, &after, &e), 1);
	assert_int_equal(before.inode, after.inode);
	assert_int_equal(before.mtime_ns, after.mtime_ns);
	assert_ok(settings_lock(s, &same, 0, &e), &e);
	assert_err(settings_lock(s, &other, 200, &e), ERR_BUSY, &e);
	assert_err(settings_apply(s, &other, &e), ERR_BUSY, &e);
	want_text(user, "[HKCU\\u]\nx = 1\n");
	file_unlock(l);
	assert_ok(settings_lock(s, &other, 0, &e), &e);
	assert_null(file_lock(d, ".user.conf.lock", 0, &e));
	assert_ok(settings_apply(s, &other, &e), &e);
	assert_null(file_lock(d, ".user.conf.lock", 0, &e));
	assert_ok(settings_apply(s, &same, &e), &e);
	settings_unlock(s);
	assert_non_null(l = file_lock(d, ".user.conf.lock", 0, &e));
	file_unlock(l);
	assert_ok(settings_apply(s, &other, &e), &e);
	want_text(user, "[HKCU\\u]\nx = 2\n");
	dir_close(d);
	changeset_free(&same);
	changeset_free(&other);
	settings_close(s);
}

static void
want_value(struct settings *s, const char *want)
{
	struct value v = VALUE_INIT;
	struct err e;

	assert_int_equal(settings_get(s, "HKCU\\u", "x", &v, &e), 1);
	assert_string_equal(value_get_text(&v), want);
	value_free(&v);
}

/* A file is read once, and again when it was changed. */
static void
read_once(void **state)
{
	/* a file that was changed within a second is read each time */
	const struct timespec settle = { 1, 100000000 };
	struct settings_walk nothing = { NULL, NULL, NULL };
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct err e;

	write_text(user, "[HKCU\\u]\nx = 1\n");
	nanosleep(&settle, NULL);
	add_set(&c, "HKCU\\u", "x", "2");
	reads = 0;
	for (int i = 0; i < 3; i++) {
		want_value(s, "1");
		assert_int_equal(settings_list(s, "HKCU\\u", &nothing, &e), 1);
		assert_ok(settings_plan(s, &c, NULL, &undo, &e), &e);
		assert_int_equal(undo.n, 1);
		changeset_free(&undo);
	}
	assert_int_equal(reads, 1);
	assert_ok(settings_apply(s, &c, &e), &e);
	assert_int_equal(reads, 1);
	want_value(s, "2");
	assert_int_equal(reads, 2);
	write_text(user, "[HKCU\\u]\nx = 3\n");
	want_value(s, "3");
	write_text(user, "[HKCU\\u]\nx = 4\n");
	want_value(s, "4");
	assert_int_equal(unlink(user), 0);
	assert_int_equal(settings_list(s, "HKCU\\u", &nothing, &e), 0);
	changeset_free(&c);
}

static int
change_meanwhile(void *arg, const char *name, const struct value *v, struct err *e)
{
	(void)name, (void)v, (void)e;
	write_text(user, "[HKCU\\u]\nx = new\n");
	want_value(arg, "old");
	return 0;
}

/*
 * Between settings_hold() and settings_release(), and during a walk, all reading is of one state.
 */
static void
held(void **state)
{
	struct settings *s = *state;
	struct settings_walk walk = { change_meanwhile, NULL, s };
	struct changeset c = CHANGESET_INIT, effective = CHANGESET_INIT;
	struct err e;

	write_text(user, "[HKCU\\u]\nx = old\ny = old\n");
	assert_int_equal(settings_list(s, "HKCU\\u", &walk, &e), 1);
	want_value(s, "new");
	settings_hold(s);
	want_value(s, "new");
	write_text(user, "[HKCU\\u]\nx = newer\n");
	want_value(s, "new");
	settings_hold(s);
	settings_release(s);
	want_value(s, "new");
	add_set(&c, "HKCU\\u", "x", "new");
	assert_ok(settings_plan(s, &c, &effective, NULL, &e), &e);
	assert_int_equal(effective.n, 0);
	assert_err(settings_apply(s, &c, &e), ERR_USAGE, &e);
	settings_release(s);
	want_value(s, "newer");
	assert_ok(settings_apply(s, &c, &e), &e);
	want_text(user, "[HKCU\\u]\nx = new\n");
	changeset_free(&c);
}

static void
bad_names(void **state)
{
	struct value v = VALUE_INIT;
	struct err e;

	assert_err(settings_get(*state, "HKCU\\u", "", &v, &e), ERR_SYNTAX, &e);
	assert_err(settings_get(*state, "HKCU\\u", "=x", &v, &e), ERR_SYNTAX, &e);
}

/* What is done to a user.conf with "x = 1" and, in its last line, "y = 2"; NULL: it is removed. */
static const struct damage_row {
	const char *name, *text, *why;
	bool folder, link;
} damage_rows[] = {
	{ "damage: none", STORE_FORMAT "[HKCU\\u]\nx = 1\ny = 2\n", NULL, false, false },
	{ "damage: a person's line more", STORE_FORMAT "[HKCU\\u]\nx = 1\ny = 2\nz = 3\n", NULL,
	    false, false },
	{ "damage: a person's other value", STORE_FORMAT "[HKCU\\u]\nx = 2\n", NULL, false, false },
	{ "damage: whole lines less", STORE_FORMAT "[HKCU\\u]\nx = 1\n", NULL, false, false },
	{ "damage: an editor without a last line end", STORE_FORMAT "[HKCU\\u]\nx = 1\ny = 2", NULL,
	    false, false },
	{ "damage: the same, and a line less", STORE_FORMAT "[HKCU\\u]\nx = 1", NULL, false,
	    false },
	{ "damage: cut in the first line", "# Settings of Slipway, format ", "is cut in the middle",
	    false, false },
	{ "damage: cut in a value",
	    STORE_FORMAT "[HKCU\\u]\nx = 1\ny =", "is cut in the middle of a line", false, false },
	{ "damage: cut in a name", STORE_FORMAT "[HKCU\\u]\nx = 1\ny", "line 4", false, false },
	{ "damage: empty", "", "is empty", false, false },
	{ "damage: garbage", "\x01\xff\n", "line 1", false, false },
	{ "damage: missing", NULL, "is missing", false, false },
	{ "damage: a directory", NULL, "user.conf", true, false },
	{ "damage: a link to another file", NULL, "line 1", false, true },
};

static int
rename_aside(void *called, struct dir *d, const char *name, const struct err *why, struct err *e)
{
	(void)why;
	++*(int *)called;
	return file_move(d, name, d, "aside", e) == -1 ? -1 : 0;
}

static void
damage(void **state)
{
	const struct damage_row *row = *state;
	char other[128], aside[128];
	struct changeset c = CHANGESET_INIT;
	struct settings *s;
	void *store;
	int called = 0;
	const struct settings_aside to = { rename_aside, &called };
	struct file_info info;
	struct err e;

	assert_int_equal(make(&store), 0);
	s = store;
	add_set(&c, "HKCU\\u", "x", "1");
	add_set(&c, "HKCU\\u", "y", "2");
	assert_ok(settings_apply(s, &c, &e), &e);
	assert_false(settings_damaged(s, "HKCU\\u", &e));
	snprintf(other, sizeof other, "%s/other", dir);
	snprintf(aside, sizeof aside, "%s/aside", dir);
	if (row->text != NULL) {
		write_text(user, row->text);
	} else {
		assert_int_equal(unlink(user), 0);
		if (row->folder)
			assert_int_equal(mkdir(user, 0700), 0);
		write_text(other, "of another program\n");
		if (row->link)
			assert_int_equal(symlink(other, user), 0);
	}
	assert_int_equal(settings_damaged(s, "HKCU\\u", &e), row->why != NULL);
	if (row->why != NULL) {
		assert_non_null(strstr(e.text, row->why));
		assert_non_null(strstr(e.text, "slipway update --repair"));
	}
	assert_int_equal(settings_restore(s, "HKCU\\u", &to, &e), row->why != NULL);
	assert_int_equal(called, row->why != NULL);
	assert_false(settings_damaged(s, "HKCU\\u", &e));
	want_text(user, row->why == NULL ? row->text : STORE_FORMAT "[HKCU\\u]\nx = 1\ny = 2\n");
	/* The evidence is kept. */
	if (row->why != NULL && row->text != NULL)
		want_text(aside, row->text);
	if (row->folder || row->link) {
		assert_int_equal(file_stat(NULL, aside, &info, &e), 1);
		assert_int_equal(info.type, row->folder ? FILE_DIRECTORY : FILE_LINK);
		want_text(other, "of another program\n");
	}
	changeset_free(&c);
	store_remove(&store);
}

/* A key file that can't be read and has no copy stays as it is, for a person. */
static void
no_copy(void **state)
{
	static const char bad[] = "[HKCU\\u]\nx = 1\nnonsense\n";
	int called = 0;
	const struct settings_aside to = { rename_aside, &called };
	struct err e;

	write_text(user, bad);
	assert_true(settings_damaged(*state, "HKCU\\u", &e));
	assert_non_null(strstr(e.text, "line 3"));
	assert_non_null(strstr(e.text, "enrol again"));
	assert_err(settings_restore(*state, "HKCU\\u", &to, &e), ERR_SYNTAX, &e);
	assert_int_equal(called, 0);
	want_text(user, bad);
}

/* A person's change, later than the copy. */
static void
change_by_hand(const char *copy, const char *text)
{
	const struct timespec hour_ago[] = { { time(NULL) - 3600, 0 }, { time(NULL) - 3600, 0 } };

	utimensat(AT_FDCWD, copy, hour_ago, 0);
	write_text(user, text);
}

/* The copy follows a person's change, but not one that looks like damage. */
static void
copies(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	char copy[128], old[128];
	struct file_info info;
	struct err e;

	snprintf(copy, sizeof copy, "%s.copy", user);
	snprintf(old, sizeof old, "%s.copy.old", user);
	settings_keep(s);
	assert_int_equal(file_stat(NULL, copy, &info, &e), 0);
	/* One that 0.1.0 or a person made has no copy. */
	change_by_hand(copy, "[HKCU\\u]\nx = 1\ny = 2\n");
	settings_keep(s);
	want_text(copy, "[HKCU\\u]\nx = 1\ny = 2\n");
	assert_int_equal(file_stat(NULL, copy, &info, &e), 1);
	assert_int_equal(info.mode, 0600);
	change_by_hand(copy, "[HKCU\\u]\nx =");
	settings_keep(s);
	want_text(copy, "[HKCU\\u]\nx = 1\ny = 2\n");
	change_by_hand(copy, "[HKCU\\u]\nx = 1\n");
	settings_keep(s);
	want_text(copy, "[HKCU\\u]\nx = 1\n");
	want_text(old, "[HKCU\\u]\nx = 1\ny = 2\n");
	change_by_hand(copy, "[HKCU\\u]\nx = 3000\n");
	settings_keep(s);
	want_text(copy, "[HKCU\\u]\nx = 3000\n");
	/* A change of a damaged file leaves what its copy had. */
	change_by_hand(copy, "");
	add_set(&c, "HKCU\\u", "z", "4");
	assert_ok(settings_apply(s, &c, &e), &e);
	want_text(copy, STORE_FORMAT "[HKCU\\u]\nz = 4\n");
	want_text(old, "[HKCU\\u]\nx = 3000\n");
	changeset_free(&c);
}

/* What a newer Slipway made is neither read nor taken for damaged. */
static void
newer_format(void **state)
{
	static const char newer[] = "# Settings of Slipway, format 2\n[HKCU\\u]\nx = 1\n";
	int called = 0;
	const struct settings_aside to = { rename_aside, &called };
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err e;

	write_text(user, newer);
	assert_err(settings_get(*state, "HKCU\\u", "x", &v, &e), ERR_VERSION, &e);
	assert_false(settings_damaged(*state, "HKCU\\u", &e));
	assert_int_equal(settings_restore(*state, "HKCU\\u", &to, &e), 0);
	add_set(&c, "HKCU\\u", "z", "4");
	assert_err(settings_apply(*state, &c, &e), ERR_VERSION, &e);
	want_text(user, newer);
	changeset_free(&c);
}

/* Many processes add a value each, and no value is lost. */
static void
together(void **state)
{
	enum { WRITERS = 8, EACH = 5 };
	struct settings *s = *state;
	struct value v = VALUE_INIT;
	char name[32];
	struct err e;
	int status;

	for (int i = 0; i < WRITERS; i++) {
		pid_t pid = fork();

		assert_true(pid != -1);
		if (pid != 0)
			continue;
		for (int j = 0; j < EACH; j++) {
			struct changeset c = CHANGESET_INIT;

			snprintf(name, sizeof name, "n%d-%d", i, j);
			add_set(&c, "HKCU\\u", name, "x");
			if (settings_apply(s, &c, &e) == -1)
				_exit(1);
			changeset_free(&c);
		}
		_exit(0);
	}
	for (int i = 0; i < WRITERS; i++) {
		assert_true(wait(&status) != -1);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	for (int i = 0; i < WRITERS * EACH; i++) {
		snprintf(name, sizeof name, "n%d-%d", i / EACH, i % EACH);
		assert_int_equal(settings_get(s, "HKCU\\u", name, &v, &e), 1);
		value_free(&v);
	}
}

static void
half_a_store(void **state)
{
	struct settings *s;
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err e;

	(void)state;
	write_text(machine, "[HKLM\\a]\nx = 1\n");
	assert_non_null(s = settings_open_files(machine, NULL, &e));
	assert_int_equal(settings_get(s, "HKLM\\a", "x", &v, &e), 1);
	value_free(&v);
	assert_int_equal(settings_get(s, "HKCU\\a", "x", &v, &e), 0);
	add_set(&c, "HKLM\\a", "x", "2");
	add_set(&c, "HKCU\\a", "x", "2");
	assert_err(settings_apply(s, &c, &e), ERR_CONFIG, &e);
	want_text(machine, "[HKLM\\a]\nx = 1\n");
	changeset_free(&c);
	settings_close(s);
}

/* A search in settings that can't be read fails with the reason. */
static void
find_malformed(void **state)
{
	struct buf installation = BUF_INIT(1000), application = BUF_INIT(1000);
	struct err e;

	write_text(machine, "x\n");
	assert_err(application_find(*state, NULL, "A", &installation, &application, &e), ERR_SYNTAX,
	    &e);
	assert_non_null(strstr(e.text, "line 1"));
	assert_int_equal(installation.len + application.len, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_files, make, store_remove),
		cmocka_unit_test_setup_teardown(malformed, make, store_remove),
		cmocka_unit_test_setup_teardown(unreadable, make, store_remove),
		cmocka_unit_test_setup_teardown(kept, make, store_remove),
		cmocka_unit_test_setup_teardown(locked, make, store_remove),
		cmocka_unit_test_setup_teardown(read_once, make, store_remove),
		cmocka_unit_test_setup_teardown(held, make, store_remove),
		cmocka_unit_test_setup_teardown(bad_names, make, store_remove),
		cmocka_unit_test_setup_teardown(no_copy, make, store_remove),
		cmocka_unit_test_setup_teardown(copies, make, store_remove),
		cmocka_unit_test_setup_teardown(newer_format, make, store_remove),
		cmocka_unit_test_setup_teardown(together, make, store_remove),
		cmocka_unit_test_setup_teardown(half_a_store, make, store_remove),
		cmocka_unit_test_setup_teardown(find_malformed, make, store_remove),
	};

	static struct CMUnitTest rows[N(damage_rows)];
	size_t n = 0;

	TEST_ROWS(rows, n, damage_rows, damage);
	return _cmocka_run_group_tests("settings_posix: damage", rows, n, NULL, NULL) +
	    cmocka_run_group_tests_name("settings_posix", tests, NULL, NULL);
}
