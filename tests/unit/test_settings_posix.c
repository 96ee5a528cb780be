/*
 * lib/settings: the store over key files, and which application's settings a program reads.
 */
#include "test.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "settings/application.h"
#include "settings/settings.h"

/* A directory, two key files in it that aren't there yet, and the store over them. */
static char dir[64], machine[96], user[96];

static int
store_make(void **state)
{
	struct err e;

	strcpy(dir, "/tmp/slipway-unit-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(machine, sizeof machine, "%s/etc/machine.conf", dir);
	snprintf(user, sizeof user, "%s/user.conf", dir);
	return (*state = settings_open_files(machine, user, &e)) == NULL ? -1 : 0;
}

static int
store_remove(void **state)
{
	char command[128];

	settings_close(*state);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static void
write_text(const char *path, const char *text)
{
	char parent[96];
	struct dir *d;
	struct err e;

	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
	assert_non_null(d = dir_make(parent, 0755, &e));
	dir_close(d);
	assert_ok(file_replace(NULL, path, text, strlen(text), 0644, &e), &e);
}

static void
want_text(const char *path, const char *text)
{
	struct buf b = BUF_INIT(100000);
	struct err e;

	assert_ok(file_read(NULL, path, &b, &e), &e);
	assert_string_equal(buf_text(&b), text);
	buf_free(&b);
}

static void
add_set(struct changeset *c, const char *key, const char *name, const char *text)
{
	struct value v = VALUE_INIT;
	struct err e;

	assert_ok(value_parse(text, strlen(text), &v, &e), &e);
	assert_ok(changeset_set(c, key, name, &v, &e), &e);
	value_free(&v);
}

/* What a change set does to a file: lines "set KEY NAME = VALUE" and so on, one a line, as they are printed. */
static struct plan_row {
	const char *name, *before;
	const char *change[4][3];	/* key, name, value; value NULL: delete; name NULL as well: the tree */
	const char *effective, *undo, *after;
} plan_rows[] = {
	{ "plan: new value", "", { { "HKLM\\a", "x", "1" } }, "set HKLM\\a x = 1\n", "delete HKLM\\a x\n",
	    "[HKLM\\a]\nx = 1\n" },
	{ "plan: same value", "[HKLM\\a]\nX=1\n", { { "hklm/A", "x", "1" } }, "", "", "[HKLM\\a]\nX=1\n" },
	{ "plan: same text, another type", "[HKLM\\a]\nx = 1\n", { { "HKLM\\a", "x", "dword:1" } },
	    "set HKLM\\a x = dword:1\n", "set HKLM\\a x = 1\n", "[HKLM\\a]\nx = dword:1\n" },
	{ "plan: set twice, the last counts", "[HKLM\\a]\nx = 2\n",
	    { { "HKLM\\a", "x", "1" }, { "HKLM\\a", "x", "2" } }, "", "", "[HKLM\\a]\nx = 2\n" },
	{ "plan: set and deleted", "[HKLM\\a]\ny = 2\n", { { "HKLM\\a", "x", "1" }, { "HKLM\\a", "x", NULL } },
	    "", "", "[HKLM\\a]\ny = 2\n" },
	{ "plan: deleted and set", "[HKLM\\a]\nx = 1 \n", { { "HKLM\\a", "x", NULL }, { "HKLM\\a", "x", "1" } },
	    "", "", "[HKLM\\a]\nx = 1 \n" },
	{ "plan: tree deleted and set anew keeps its comments", "[HKLM\\a]\n# why\nx = 1\n\n[HKLM\\b]\n",
	    { { "HKLM\\a", NULL, NULL }, { "HKLM\\a", "x", "1" } }, "", "",
	    "[HKLM\\a]\n# why\nx = 1\n\n[HKLM\\b]\n" },
	{ "plan: tree deleted and partly set anew", "[HKLM\\a]\n# why\nx = 1\ny = 2\n",
	    { { "HKLM\\a", NULL, NULL }, { "HKLM\\a", "x", "3" } },
	    "delete HKLM\\a y\nset HKLM\\a x = 3\n", "set HKLM\\a y = 2\nset HKLM\\a x = 1\n",
	    "[HKLM\\a]\n# why\nx = 3\n" },
	{ "plan: tree deleted", "[HKLM\\a]\nx = 1\n[HKLM\\a\\b]\ny = dword:2\n[HKLM\\c]\nz = 3\n",
	    { { "HKLM\\A", NULL, NULL } }, "delete HKLM\\A\n",
	    "set HKLM\\a x = 1\nset HKLM\\a\\b y = dword:2\n", "[HKLM\\c]\nz = 3\n" },
	{ "plan: tree and one in it deleted", "[HKLM\\a]\nx = 1\n[HKLM\\a\\b]\ny = 2\n",
	    { { "HKLM\\a", NULL, NULL }, { "HKLM\\a\\b", NULL, NULL }, { "HKLM\\a", "x", NULL } },
	    "delete HKLM\\a\n", "set HKLM\\a x = 1\nset HKLM\\a\\b y = 2\n", "" },
	{ "plan: absent things deleted", "[HKLM\\a]\nx = 1\n",
	    { { "HKLM\\b", NULL, NULL }, { "HKLM\\a", "y", NULL } }, "", "", "[HKLM\\a]\nx = 1\n" },
	{ "plan: last value deleted", "[HKLM\\a]\nx = 1\n", { { "HKLM\\a", "x", NULL } },
	    "delete HKLM\\a x\n", "set HKLM\\a x = 1\n", "" },
};

static void
plan(void **state)
{
	struct plan_row *r = *state;
	struct changeset c = CHANGESET_INIT, effective = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct buf b = BUF_INIT(10000);
	struct settings *s = NULL;
	struct err e;

	assert_int_equal(store_make((void **)&s), 0);
	write_text(machine, r->before);
	for (size_t i = 0; i < 4 && r->change[i][0] != NULL; i++) {
		const char *const *x = r->change[i];

		if (x[2] != NULL)
			add_set(&c, x[0], x[1], x[2]);
		else if (x[1] != NULL)
			assert_ok(changeset_delete(&c, x[0], x[1], &e), &e);
		else
			assert_ok(changeset_delete_tree(&c, x[0], &e), &e);
	}
	assert_ok(settings_plan(s, &c, &effective, &undo, &e), &e);
	want_text(machine, r->before);
	assert_ok(changeset_format(&effective, &b, &e), &e);
	assert_string_equal(buf_text(&b), r->effective);
	buf_reset(&b);
	assert_ok(changeset_format(&undo, &b, &e), &e);
	assert_string_equal(buf_text(&b), r->undo);
	assert_ok(settings_apply(s, &c, &e), &e);
	want_text(machine, r->after);
	/* Now nothing differs, and undoing leads back: then the same differs again. */
	changeset_free(&effective);
	assert_ok(settings_plan(s, &c, &effective, NULL, &e), &e);
	assert_int_equal(effective.n, 0);
	assert_ok(settings_apply(s, &undo, &e), &e);
	assert_ok(settings_plan(s, &c, &effective, NULL, &e), &e);
	buf_reset(&b);
	assert_ok(changeset_format(&effective, &b, &e), &e);
	assert_string_equal(buf_text(&b), r->effective);
	changeset_free(&c);
	changeset_free(&effective);
	changeset_free(&undo);
	buf_free(&b);
	assert_int_equal(store_remove((void **)&s), 0);
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
	want_text(machine, "[HKLM\\SOFTWARE\\Ipesoft]\nx = dword:1\n");
	want_text(user, "[HKCU\\u]\ny = two\n");
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
	want_text(machine, "");
	want_text(user, "");
	changeset_free(&c);
	changeset_free(&undo);
}

/* A malformed file is an error, never "not there", and neither file is written then. */
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

/* Permissions, owner and the place behind a link are kept. */
static void
kept(void **state)
{
	struct settings *s = *state;
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
	changeset_free(&c);
}

/* What is so already is neither locked nor written; a change waits for the lock and then fails. */
static void
locked(void **state)
{
	struct settings *s = *state;
	struct changeset same = CHANGESET_INIT, other = CHANGESET_INIT;
	struct file_info before, after;
	struct file_lock *l;
	struct dir *d;
	struct err e;

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
	assert_err(settings_apply(s, &other, &e), ERR_BUSY, &e);
	want_text(user, "[HKCU\\u]\nx = 1\n");
	file_unlock(l);
	assert_ok(settings_apply(s, &other, &e), &e);
	want_text(user, "[HKCU\\u]\nx = 2\n");
	dir_close(d);
	changeset_free(&same);
	changeset_free(&other);
}

/* Many processes add a value each: none is lost. */
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

#define ONE	"[HKLM\\SOFTWARE\\Ipesoft\\I1]\nDefaultApplication = A\n" \
		"[HKLM\\SOFTWARE\\Ipesoft\\I1\\cfg_A\\TLS_Client]\nx = 1\n"
#define TWO	ONE "[HKLM\\SOFTWARE\\Ipesoft\\I2\\cfg_B]\nx = 1\n[HKLM\\SOFTWARE\\Ipesoft\\I2\\cfg_C]\nx = 1\n"

static struct find_row {
	const char *name, *text, *installation, *application;
	const char *found;	/* "installation application", or a part of the error's text */
	enum err_code want;
} find_rows[] = {
	{ "find: the default application", ONE, NULL, NULL, "I1 A", ERR_NONE },
	{ "find: of a named installation", TWO, "I1", NULL, "I1 A", ERR_NONE },
	{ "find: the installation of an application", TWO, NULL, "B", "I2 B", ERR_NONE },
	{ "find: both named", TWO, "I2", "C", "I2 C", ERR_NONE },
	{ "find: without regard to case", TWO, "i2", "b", "b", ERR_NONE },
	{ "find: no settings at all", "", NULL, NULL, "none", ERR_NOENT },
	{ "find: application that no installation has", TWO, NULL, "X", "I1, I2", ERR_NOENT },
	{ "find: installation without a default", TWO, "I2", NULL, "I1, I2", ERR_NOENT },
	{ "find: two installations have it", TWO "[HKLM\\SOFTWARE\\Ipesoft\\I3\\cfg_B]\nx = 1\n", NULL, "B",
	    "I1, I2, I3", ERR_NOENT },
	{ "find: absent installation", TWO, "I9", "A", "I1, I2", ERR_NOENT },
	{ "find: default that isn't there", "[HKLM\\SOFTWARE\\Ipesoft\\I1]\nDefaultApplication = Z\n", NULL,
	    NULL, "I1", ERR_NOENT },
	{ "find: malformed file", "x\n", NULL, "A", "line 1", ERR_SYNTAX },
};

static void
find(void **state)
{
	struct find_row *r = *state;
	struct buf installation = BUF_INIT(1000), application = BUF_INIT(1000);
	struct settings *s = NULL;
	char found[256];
	struct err e = { 0 };

	assert_int_equal(store_make((void **)&s), 0);
	write_text(machine, r->text);
	if (r->want == ERR_NONE) {
		assert_ok(application_find(s, r->installation, r->application, &installation,
			      &application, &e), &e);
		snprintf(found, sizeof found, "%s %s", buf_text(&installation), buf_text(&application));
		assert_non_null(strstr(found, r->found));
	} else {
		assert_err(application_find(s, r->installation, r->application, &installation,
			       &application, &e), r->want, &e);
		if (strstr(e.text, r->found) == NULL)
			fail_msg("want '%s' in '%s'", r->found, e.text);
		assert_int_equal(installation.len + application.len, 0);
	}
	buf_free(&installation);
	buf_free(&application);
	assert_int_equal(store_remove((void **)&s), 0);
}

static struct argument_row {
	const char *name, *argument;
	const char *want;	/* NULL: it is none */
} argument_rows[] = {
	{ "argument: application", "/CCOV_PB", "COV_PB" },
	{ "argument: all characters", "/Ca-b_c.9", "a-b_c.9" },
	{ "argument: nothing behind it", "/C", NULL },
	{ "argument: small letter", "/cCOV_PB", NULL },
	{ "argument: dash", "-CCOV_PB", NULL },
	{ "argument: space", "/CCOV PB", NULL },
	{ "argument: path", "/Ca/b", NULL },
	{ "argument: backslash", "/Ca\\b", NULL },
	{ "argument: parent directory", "/C..", NULL },
	{ "argument: hidden", "/C.a", NULL },
	{ "argument: quotes", "/C\"a\"", NULL },
	{ "argument: Unicode", "/C\xc3\xa9", NULL },
	{ "argument: 65 letters", "/Caaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
};

static void
argument(void **state)
{
	struct argument_row *r = *state;
	char first[] = "hi", last[] = "/CLAST", text[128];
	char *argv[] = { first, text, last, NULL };

	strcpy(text, r->argument);
	if (r->want == NULL) {
		assert_null(application_argument(2, argv));
		assert_string_equal(application_argument(3, argv), "LAST");
	} else {
		assert_string_equal(application_argument(3, argv), r->want);
	}
	assert_null(application_argument(0, NULL));
}

int
main(void)
{
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test_setup_teardown(both_files, store_make, store_remove),
		cmocka_unit_test_setup_teardown(malformed, store_make, store_remove),
		cmocka_unit_test_setup_teardown(unreadable, store_make, store_remove),
		cmocka_unit_test_setup_teardown(kept, store_make, store_remove),
		cmocka_unit_test_setup_teardown(locked, store_make, store_remove),
		cmocka_unit_test_setup_teardown(together, store_make, store_remove),
		cmocka_unit_test_setup_teardown(half_a_store, store_make, store_remove),
	};
	size_t n = 7;

	TEST_ROWS(tests, n, plan_rows, plan);
	TEST_ROWS(tests, n, find_rows, find);
	TEST_ROWS(tests, n, argument_rows, argument);
	return _cmocka_run_group_tests("settings", tests, n, NULL, NULL);
}
