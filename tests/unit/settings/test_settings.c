/* SPDX-License-Identifier: ISC */
/*
 * lib/settings: the store on every platform, and the application whose settings a program reads.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/settings/store.h"

#include "lib/settings/application.h"

/*
 * The effect of a change set: printed lines such as "set KEY NAME = VALUE".
 */
static struct plan_row {
	const char *name, *before;
	/* key, name, value; value NULL: delete; name NULL as well: the tree */
	const char *change[4][3];
	const char *effective, *undo, *after;
} plan_rows[] = {
	{ "plan: new value", "", { { "HKLM\\a", "x", "1" } }, "set HKLM\\a x = 1\n",
	    "delete HKLM\\a x\n", "[HKLM\\a]\nx = 1\n" },
	{ "plan: same value", "[HKLM\\a]\nX=1\n", { { "hklm/A", "x", "1" } }, "", "",
	    "[HKLM\\a]\nX=1\n" },
	{ "plan: same text, another type", "[HKLM\\a]\nx = 1\n", { { "HKLM\\a", "x", "dword:1" } },
	    "set HKLM\\a x = dword:1\n", "set HKLM\\a x = 1\n", "[HKLM\\a]\nx = dword:1\n" },
	{ "plan: set twice, the last counts", "[HKLM\\a]\nx = 2\n",
	    { { "HKLM\\a", "x", "1" }, { "HKLM\\a", "x", "2" } }, "", "", "[HKLM\\a]\nx = 2\n" },
	{ "plan: set and deleted", "[HKLM\\a]\ny = 2\n",
	    { { "HKLM\\a", "x", "1" }, { "HKLM\\a", "x", NULL } }, "", "", "[HKLM\\a]\ny = 2\n" },
	{ "plan: deleted and set", "[HKLM\\a]\nx = 1 \n",
	    { { "HKLM\\a", "x", NULL }, { "HKLM\\a", "x", "1" } }, "", "", "[HKLM\\a]\nx = 1 \n" },
	{ "plan: tree deleted and set anew keeps its comments",
	    "[HKLM\\a]\n# why\nx = 1\n\n[HKLM\\b]\n",
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
	store_write(r->before);
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
	store_want(r->before);
	assert_ok(changeset_format(&effective, &b, &e), &e);
	assert_string_equal(buf_text(&b), r->effective);
	buf_reset(&b);
	assert_ok(changeset_format(&undo, &b, &e), &e);
	assert_string_equal(buf_text(&b), r->undo);
	assert_ok(settings_apply(s, &c, &e), &e);
	store_want(r->after);
	/* Now nothing differs.  After undoing, the same settings differ again. */
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

#define ONE \
	"[HKLM\\SOFTWARE\\Ipesoft\\I1]\nDefaultApplication = A\n" \
	"[HKLM\\SOFTWARE\\Ipesoft\\I1\\cfg_A\\TLS_Client]\nx = 1\n"
#define TWO \
	ONE "[HKLM\\SOFTWARE\\Ipesoft\\I2\\cfg_B]\nx = 1\n[HKLM\\SOFTWARE\\Ipesoft\\I2\\cfg_C]\nx = 1\n"

static struct find_row {
	const char *name, *text, *installation, *application;
	const char *found; /* "installation application", or a part of the error's text */
	enum err_code want;
} find_rows[] = {
	{ "find: the default application", ONE, NULL, NULL, "I1 A", ERR_NONE },
	{ "find: of a named installation", TWO, "I1", NULL, "I1 A", ERR_NONE },
	{ "find: the installation of an application", TWO, NULL, "B", "I2 B", ERR_NONE },
	{ "find: both named", TWO, "I2", "C", "I2 C", ERR_NONE },
	{ "find: without regard to case", TWO, "i2", "b", "I2 b", ERR_NONE },
	{ "find: no settings at all", "", NULL, NULL, "none", ERR_NOENT },
	{ "find: application that no installation has", TWO, NULL, "X", "I1, I2", ERR_NOENT },
	{ "find: installation without a default", TWO, "I2", NULL,
	    "I1 (DefaultApplication A), I2 (no DefaultApplication)", ERR_NOENT },
	{ "find: two installations have it", TWO "[HKLM\\SOFTWARE\\Ipesoft\\I3\\cfg_B]\nx = 1\n",
	    NULL, "B", "I1, I2, I3", ERR_NOENT },
	{ "find: absent installation", TWO, "I9", "A", "I1, I2", ERR_NOENT },
	{ "find: default that isn't there",
	    "[HKLM\\SOFTWARE\\Ipesoft\\I1]\nDefaultApplication = Z\n", NULL, NULL,
	    "I1 (DefaultApplication Z)", ERR_NOENT },
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
	store_write(r->text);
	if (r->want == ERR_NONE) {
		assert_ok(application_find(s, r->installation, r->application, &installation,
			      &application, &e),
		    &e);
		snprintf(found, sizeof found, "%s %s", buf_text(&installation),
		    buf_text(&application));
		assert_string_equal(found, r->found);
	} else {
		assert_err(application_find(s, r->installation, r->application, &installation,
			       &application, &e),
		    r->want, &e);
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
	const char *want; /* NULL: it is none */
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
	{ "argument: 65 letters",
	    "/Caaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
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
}

static void
no_argument(void **state)
{
	(void)state;
	assert_null(application_argument(0, NULL));
}

/* More names than a message has room for, made by other programs, with the longest of all. */
static void
find_among_many(void **state)
{
	struct buf text = BUF_INIT(1000000), installation = BUF_INIT(1000),
		   application = BUF_INIT(1000);
	struct settings *s = NULL;
	char name[256];
	struct err e;

	(void)state;
	assert_int_equal(store_make((void **)&s), 0);
	for (int i = 0; i < 100; i++) {
		memset(name, 'a' + i % 26, sizeof name);
		name[i < 99 ? 60 : SETTING_PART_MAX] = '\0';
		assert_ok(buf_addf(&text, &e, "[HKLM\\SOFTWARE\\Ipesoft\\%d%s]\nx = 1\n", i,
			      name + (i < 99 ? 0 : 2)),
		    &e);
	}
	assert_ok(buf_adds(&text, ONE, &e), &e);
	store_write(buf_text(&text));
	assert_ok(application_find(s, "I1", "A", &installation, &application, &e), &e);
	assert_ok(application_find(s, NULL, NULL, &installation, &application, &e), &e);
	buf_reset(&installation);
	buf_reset(&application);
	assert_err(application_find(s, NULL, "X", &installation, &application, &e), ERR_NOENT, &e);
	assert_non_null(strstr(e.text, ", ..."));
	buf_free(&text);
	buf_free(&installation);
	buf_free(&application);
	assert_int_equal(store_remove((void **)&s), 0);
}

int
main(void)
{
	static struct CMUnitTest tests[100] = { cmocka_unit_test(find_among_many) };
	size_t n = 1;

	tests[n++] = (struct CMUnitTest)cmocka_unit_test(no_argument);
	TEST_ROWS(tests, n, plan_rows, plan);
	TEST_ROWS(tests, n, find_rows, find);
	TEST_ROWS(tests, n, argument_rows, argument);
	return _cmocka_run_group_tests("settings", tests, n, NULL, NULL);
}
