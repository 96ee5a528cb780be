/* SPDX-License-Identifier: ISC */
/*
 * lib/settings: the registry as other programs see it: raw values, keys that Slipway made, links,
 * and values that settings can't hold.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/settings/store.h"
#include "tests/unit/settings/store_windows.h"

#include "lib/os/places.h"
#include "lib/settings/application.h"

/* mingw's headers lack it. */
#ifndef REG_OPTION_CREATE_LINK
#define REG_OPTION_CREATE_LINK 2
#endif

LONG NTAPI NtDeleteKey(HANDLE key);
LONG NTAPI NtQueryKey(HANDLE key, int what, void *info, ULONG room, ULONG *len);

/* Each type as Windows' own programs write and read it. */
static struct raw_row {
	const char *name, *text;
	DWORD type;
	const void *data;
	size_t len;
} raw_rows[] = {
	{ "raw: string", "text", REG_SZ, L"text", 10 },
	{ "raw: empty string", "", REG_SZ, L"", 2 },
	{ "raw: string beyond ASCII", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91", REG_SZ,
	    L"\x00e9\x20ac\xd83d\xdd11", 10 },
	{ "raw: expand", "expand:%AppData%\\x", REG_EXPAND_SZ, L"%AppData%\\x", 24 },
	{ "raw: dword", "dword:4294967295", REG_DWORD, "\xff\xff\xff\xff", 4 },
	{ "raw: dword, byte order", "dword:1", REG_DWORD, "\1\0\0", 4 },
	{ "raw: qword", "qword:18446744073709551614", REG_QWORD, "\xfe\xff\xff\xff\xff\xff\xff\xff",
	    8 },
	{ "raw: binary", "hex:0001ff", REG_BINARY, "\0\1\xff", 3 },
	{ "raw: empty binary", "hex:", REG_BINARY, "", 0 },
	{ "raw: multi", "multi:a|b|", REG_MULTI_SZ, L"a\0b\0", 10 },
};

static void
raw(void **state)
{
	struct raw_row *r = *state;
	struct settings *s = NULL;
	struct changeset c = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct value v = VALUE_INIT, want = VALUE_INIT;
	uint8_t got[256];
	DWORD len = sizeof got, type = 0;
	struct err e;

	assert_int_equal(store_make((void **)&s), 0);
	registry_put(HKEY_CURRENT_USER, L"a", L"theirs", r->type, r->data, r->len);
	assert_ok(value_parse(r->text, strlen(r->text), &want, &e), &e);
	assert_int_equal(settings_get(s, "HKCU\\a", "THEIRS", &v, &e), 1);
	assert_true(value_equal(&v, &want));
	value_free(&v);
	add_set(&c, "HKCU\\a", "ours", r->text);
	assert_ok(settings_plan(s, &c, NULL, &undo, &e), &e);
	assert_ok(settings_apply(s, &c, &e), &e);
	assert_int_equal(RegGetValueW(HKEY_CURRENT_USER, L"a", L"ours", RRF_RT_ANY | RRF_NOEXPAND,
			     &type, got, &len),
	    0);
	assert_int_equal(type, r->type);
	assert_int_equal(len, r->len);
	assert_memory_equal(got, r->data, r->len);
	/* Over a value of another type, and back to it exactly. */
	changeset_free(&c);
	changeset_free(&undo);
	add_set(&c, "HKCU\\a", "theirs", r->type == REG_DWORD ? "hex:77" : "dword:7");
	assert_ok(settings_plan(s, &c, NULL, &undo, &e), &e);
	assert_ok(settings_apply(s, &c, &e), &e);
	assert_ok(settings_apply(s, &undo, &e), &e);
	len = sizeof got;
	assert_int_equal(RegGetValueW(HKEY_CURRENT_USER, L"a", L"theirs", RRF_RT_ANY | RRF_NOEXPAND,
			     &type, got, &len),
	    0);
	assert_int_equal(type, r->type);
	assert_int_equal(len, r->len);
	assert_memory_equal(got, r->data, r->len);
	changeset_free(&c);
	changeset_free(&undo);
	value_free(&want);
	assert_int_equal(store_remove((void **)&s), 0);
}

/*
 * Values that settings can't hold.  Those of one name are replaced, deleted and brought back as
 * they were; others stop the deletion of their tree.
 */
static struct misfit_row {
	const char *name;
	const wchar_t *value;
	DWORD type;
	const void *data;
	size_t len;
	const char *asked; /* its name for settings_get(); NULL: it can't be asked for */
	const char *read;  /* its text form; NULL: it can't be read, and is left out of lists */
} misfit_rows[] = {
	{ "misfit: type NONE", L"x", REG_NONE, "ab", 2, "x", NULL },
	{ "misfit: empty type NONE", L"x", REG_NONE, "", 0, "x", NULL },
	{ "misfit: a type of a driver", L"x", 0x20001, "ab", 2, "x", NULL },
	{ "misfit: big-endian dword", L"x", REG_DWORD_BIG_ENDIAN, "\0\0\0\1", 4, "x", NULL },
	{ "misfit: dword of three bytes", L"x", REG_DWORD, "abc", 3, "x", NULL },
	{ "misfit: empty dword", L"x", REG_DWORD, "", 0, "x", NULL },
	{ "misfit: qword of four bytes", L"x", REG_QWORD, "abcd", 4, "x", NULL },
	{ "misfit: odd string", L"x", REG_SZ, L"ab", 3, "x", "a" },
	{ "misfit: NUL in a string", L"x", REG_SZ, L"a\0b", 8, "x", "a" },
	{ "misfit: other bytes behind a string", L"x", REG_EXPAND_SZ, L"%A%\0\xd83d\nx", 13, "x",
	    "expand:%A%" },
	{ "misfit: half a surrogate pair", L"x", REG_EXPAND_SZ, L"\xd83d", 4, "x", NULL },
	{ "misfit: control character", L"x", REG_SZ, L"a\nb", 8, "x", NULL },
	{ "misfit: empty text in a multi", L"x", REG_MULTI_SZ, L"a\0\0b\0", 12, "x", "multi:a|" },
	{ "misfit: default value", L"", REG_SZ, L"a", 4, NULL, NULL },
	{ "misfit: control character in a name", L"a\nb", REG_SZ, L"a", 4, NULL, NULL },
};

/* The value stands there, byte for byte. */
static void
want_misfit(const struct misfit_row *r)
{
	uint8_t got[64];
	DWORD len = sizeof got, type = 0;
	HKEY h;

	assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"a\\b", 0, KEY_READ, &h), 0);
	assert_int_equal(RegQueryValueExW(h, r->value, NULL, &type, got, &len), 0);
	assert_int_equal(type, r->type);
	assert_int_equal(len, r->len);
	assert_memory_equal(got, r->data, len);
	RegCloseKey(h);
}

/* Carries out c, and what leads back. */
static void
there_and_back(struct settings *s, struct changeset *c)
{
	struct changeset undo = CHANGESET_INIT, again = CHANGESET_INIT;
	struct err e;

	assert_ok(settings_plan(s, c, NULL, &undo, &e), &e);
	assert_ok(settings_apply(s, c, &e), &e);
	assert_ok(settings_plan(s, c, &again, NULL, &e), &e);
	assert_int_equal(again.n, 0);
	assert_ok(settings_apply(s, &undo, &e), &e);
	changeset_free(c);
	changeset_free(&undo);
	changeset_free(&again);
}

static int
count_value(void *arg, const char *name, const struct value *v, struct err *e)
{
	size_t *n = arg;

	(void)e;
	if (strcmp(name, "good") == 0)
		assert_int_equal(v->number, 1);
	(*n)++;
	return 0;
}

static void
misfit(void **state)
{
	const struct misfit_row *r = *state;
	struct settings *s = NULL;
	struct changeset c = CHANGESET_INIT, effective = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct buf text = BUF_INIT(1000);
	size_t n = 0;
	const struct settings_walk walk = { count_value, NULL, &n };
	struct err e;

	assert_int_equal(store_make((void **)&s), 0);
	registry_put(HKEY_LOCAL_MACHINE, L"a\\b", r->value, r->type, r->data, r->len);
	registry_put(HKEY_LOCAL_MACHINE, L"a\\b", L"good", REG_DWORD, "\1\0\0", 4);
	assert_int_equal(settings_list(s, "HKLM\\a\\b", &walk, &e), 1);
	assert_int_equal(n, r->read != NULL ? 2 : 1);
	if (r->read != NULL) {
		assert_int_equal(settings_get(s, "HKLM\\a\\b", r->asked, &v, &e), 1);
		assert_ok(value_format(&v, &text, &e), &e);
		assert_string_equal(buf_text(&text), r->read);
		value_free(&v);
	} else if (r->asked != NULL) {
		assert_err(settings_get(s, "HKLM\\a\\b", r->asked, &v, &e), ERR_SYNTAX, &e);
		assert_non_null(strstr(e.text, "HKLM\\a\\b: value x: "));
	}
	if (r->asked != NULL) {
		add_set(&c, "HKLM\\a\\b", r->asked, "2");
		there_and_back(s, &c);
		want_misfit(r);
		assert_ok(changeset_delete(&c, "HKLM\\a\\b", r->asked, &e), &e);
		there_and_back(s, &c);
		want_misfit(r);
		assert_ok(changeset_delete_tree(&c, "HKLM\\a", &e), &e);
		there_and_back(s, &c);
		want_misfit(r);
	} else {
		assert_ok(changeset_delete_tree(&c, "HKLM\\a", &e), &e);
		assert_err(settings_plan(s, &c, &effective, &undo, &e), ERR_SYNTAX, &e);
		assert_int_equal(effective.n + undo.n, 0);
		assert_err(settings_apply(s, &c, &e), ERR_SYNTAX, &e);
		want_misfit(r);
		changeset_free(&c);
	}
	buf_free(&text);
	assert_int_equal(store_remove((void **)&s), 0);
}

/*
 * Texts with no NUL or several NULs at the end, of other programs, are read as Windows reads them.
 */
static void
unended(void **state)
{
	struct settings *s = *state;
	struct value v = VALUE_INIT;
	struct err e;

	registry_put(HKEY_CURRENT_USER, L"a", L"none", REG_SZ, L"ab", 4);
	registry_put(HKEY_CURRENT_USER, L"a", L"many", REG_SZ, L"ab\0\0", 10);
	registry_put(HKEY_CURRENT_USER, L"a", L"nothing", REG_SZ, L"", 0);
	assert_int_equal(settings_get(s, "HKCU\\a", "none", &v, &e), 1);
	assert_string_equal(value_get_text(&v), "ab");
	value_free(&v);
	assert_int_equal(settings_get(s, "HKCU\\a", "many", &v, &e), 1);
	assert_string_equal(value_get_text(&v), "ab");
	value_free(&v);
	assert_int_equal(settings_get(s, "HKCU\\a", "nothing", &v, &e), 1);
	assert_string_equal(value_get_text(&v), "");
	value_free(&v);
}

/*
 * A key that Slipway made is removed with its last value; a key that existed before stays, and so
 * do values of others in our key.
 */
static void
keys(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct err e;
	HKEY h;

	assert_int_equal(
	    RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"there", 0, NULL, 0, KEY_READ, NULL, &h, NULL), 0);
	RegCloseKey(h);
	add_set(&c, "HKLM\\there\\a\\b\\c", "x", "1");
	add_set(&c, "HKLM\\there", "y", "1");
	add_set(&c, "HKLM\\new\\a", "z", "1");
	assert_ok(settings_plan(s, &c, NULL, &undo, &e), &e);
	assert_ok(settings_apply(s, &c, &e), &e);
	assert_true(registry_has(HKEY_LOCAL_MACHINE, L"there\\a\\b\\c"));
	registry_put(HKEY_LOCAL_MACHINE, L"there\\a", L"theirs", REG_SZ, L"1", 4);
	assert_ok(settings_apply(s, &undo, &e), &e);
	assert_true(registry_has(HKEY_LOCAL_MACHINE, L"there\\a"));
	assert_false(registry_has(HKEY_LOCAL_MACHINE, L"there\\a\\b"));
	assert_false(registry_has(HKEY_LOCAL_MACHINE, L"new"));
	changeset_free(&c);
	changeset_free(&undo);
	/* The same when a whole tree is deleted. */
	add_set(&c, "HKLM\\new\\a\\b", "x", "1");
	assert_ok(settings_apply(s, &c, &e), &e);
	changeset_free(&c);
	assert_ok(changeset_delete_tree(&c, "HKLM\\new\\a", &e), &e);
	assert_ok(changeset_delete_tree(&c, "HKLM\\there\\a", &e), &e);
	assert_ok(settings_apply(s, &c, &e), &e);
	assert_false(registry_has(HKEY_LOCAL_MACHINE, L"new"));
	assert_false(registry_has(HKEY_LOCAL_MACHINE, L"there\\a"));
	assert_true(registry_has(HKEY_LOCAL_MACHINE, L"there"));
	changeset_free(&c);
}

/* Makes a link at key to another key of this test, both below the key that replaces the root. */
static void
link_to(HKEY root, const wchar_t *key, const wchar_t *target)
{
	wchar_t path[512] = L"";
	HKEY h, to;
	DWORD len = 0;
	struct {
		ULONG length;
		wchar_t name[600];
	} info;

	assert_int_equal(RegCreateKeyExW(root, target, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &to, NULL),
	    0);
	/* KeyNameInformation */
	assert_int_equal(NtQueryKey(to, 3, &info, sizeof info, &len), 0);
	RegCloseKey(to);
	assert_true(info.length < sizeof path);
	memcpy(path, info.name, info.length);
	assert_int_equal(RegCreateKeyExW(root, key, 0, NULL, REG_OPTION_CREATE_LINK,
			     KEY_SET_VALUE | KEY_CREATE_LINK, NULL, &h, NULL),
	    0);
	assert_int_equal(
	    RegSetValueExW(h, L"SymbolicLinkValue", 0, REG_LINK, (const BYTE *)path, info.length),
	    0);
	RegCloseKey(h);
}

/*
 * A user who may write to HKCU can't make a privileged process write elsewhere, nor delete the
 * target of a link.
 */
static void
links(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err e;
	HKEY h;

	registry_put(HKEY_CURRENT_USER, L"secret", L"x", REG_SZ, L"1", 4);
	registry_put(HKEY_CURRENT_USER, L"a\\b", L"y", REG_SZ, L"1", 4);
	link_to(HKEY_CURRENT_USER, L"a\\link", L"secret");
	/* Windows itself follows it. */
	assert_true(registry_has(HKEY_CURRENT_USER, L"a\\link"));
	assert_ok(changeset_delete_tree(&c, "HKCU\\a", &e), &e);
	assert_err(settings_apply(s, &c, &e), ERR_UNSAFE, &e);
	assert_non_null(strstr(e.text, "HKCU\\a\\link"));
	changeset_free(&c);
	assert_int_equal(settings_get(s, "HKCU\\a\\b", "y", &v, &e), 1);
	value_free(&v);
	if (place_privileged()) {
		assert_err(settings_get(s, "HKCU\\a\\link", "x", &v, &e), ERR_UNSAFE, &e);
		add_set(&c, "HKCU\\a\\link", "x", "2");
		assert_err(settings_apply(s, &c, &e), ERR_UNSAFE, &e);
		changeset_free(&c);
		add_set(&c, "HKCU\\a\\link\\below", "x", "2");
		assert_err(settings_apply(s, &c, &e), ERR_UNSAFE, &e);
		changeset_free(&c);
	}
	assert_int_equal(settings_get(s, "HKCU\\secret", "x", &v, &e), 1);
	assert_string_equal(value_get_text(&v), "1");
	value_free(&v);
	assert_false(registry_has(HKEY_CURRENT_USER, L"secret\\below"));
	/* Deletes the link by its handle; otherwise its target would be deleted. */
	assert_int_equal(
	    RegOpenKeyExW(HKEY_CURRENT_USER, L"a\\link", REG_OPTION_OPEN_LINK, DELETE, &h), 0);
	assert_int_equal(NtDeleteKey(h), 0);
	RegCloseKey(h);
}

/* When the last of several values can't be written, the values before are restored. */
static void
half_way(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err e;
	HKEY h;

	registry_put(HKEY_LOCAL_MACHINE, L"a", L"x", REG_SZ, L"1", 4);
	add_set(&c, "HKLM\\a", "x", "2");
	add_set(&c, "HKLM\\new", "y", "2");
	add_set(&c, "HKCU\\volatile\\k", "z", "2");
	/* No lasting key can be made below a volatile key. */
	assert_int_equal(RegCreateKeyExW(HKEY_CURRENT_USER, L"volatile", 0, NULL,
			     REG_OPTION_VOLATILE, KEY_READ, NULL, &h, NULL),
	    0);
	RegCloseKey(h);
	assert_int_equal(settings_apply(s, &c, &e), -1);
	assert_non_null(strstr(e.text, "HKCU\\volatile\\k"));
	assert_int_equal(settings_get(s, "HKLM\\a", "x", &v, &e), 1);
	assert_string_equal(value_get_text(&v), "1");
	value_free(&v);
	assert_false(registry_has(HKEY_LOCAL_MACHINE, L"new"));
	changeset_free(&c);
}

/*
 * Limits: the longest name and the largest value are written and read back; longer ones change
 * nothing.
 */
static void
limits(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT, got = VALUE_INIT;
	char name[SETTING_NAME_MAX + 1], *big = malloc(VALUE_SIZE_MAX);
	static const wchar_t too_big[VALUE_SIZE_MAX + 8];
	const char *const texts[] = { "a", "", "b" };
	struct err e;

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_non_null(big);
	memset(big, 'v', VALUE_SIZE_MAX);
	assert_ok(value_text(&v, VALUE_STRING, big, VALUE_SIZE_MAX, &e), &e);
	assert_ok(changeset_set(&c, "HKCU\\a", name, &v, &e), &e);
	assert_ok(settings_apply(s, &c, &e), &e);
	assert_int_equal(settings_get(s, "HKCU\\a", name, &got, &e), 1);
	assert_true(value_equal(&v, &got));
	value_free(&got);
	value_free(&v);
	changeset_free(&c);
	registry_put(HKEY_CURRENT_USER, L"a", L"big", REG_BINARY, too_big, sizeof too_big);
	assert_err(settings_get(s, "HKCU\\a", "big", &got, &e), ERR_TOO_LARGE, &e);
	/* An empty text ends the texts of a multi. */
	assert_ok(value_multi(&v, texts, 3, &e), &e);
	add_set(&c, "HKCU\\z", "first", "1");
	assert_ok(changeset_set(&c, "HKCU\\z", "m", &v, &e), &e);
	assert_err(settings_apply(s, &c, &e), ERR_SYNTAX, &e);
	assert_false(registry_has(HKEY_CURRENT_USER, L"z"));
	value_free(&v);
	changeset_free(&c);
	free(big);
}

/* A stamp stays the same until any program changes a value below the key. */
static void
stamp(void **state)
{
	struct settings *s = *state;
	struct settings_stamp a, b;

	settings_stamp(s, "HKLM\\a", &a);
	registry_put(HKEY_LOCAL_MACHINE, L"a\\b", L"x", REG_SZ, L"1", 4);
	settings_stamp(s, "HKLM\\a", &b);
	assert_false(settings_stamp_same(&a, &b));
	settings_stamp(s, "HKLM\\a", &a);
	assert_true(settings_stamp_same(&a, &b));
	for (int i = 0; i < 3; i++) {
		registry_put(HKEY_LOCAL_MACHINE, L"a\\b", L"x", REG_SZ, i % 2 == 0 ? L"2" : L"1",
		    4);
		settings_stamp(s, "HKLM\\a", &b);
		assert_false(settings_stamp_same(&a, &b));
		settings_stamp(s, "HKLM\\a", &a);
		assert_true(settings_stamp_same(&a, &b));
	}
	registry_put(HKEY_LOCAL_MACHINE, L"other", L"x", REG_SZ, L"1", 4);
	settings_stamp(s, "HKLM\\a", &b);
	assert_true(settings_stamp_same(&a, &b));
	assert_int_equal(RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"a"), 0);
	settings_stamp(s, "HKLM\\a", &b);
	assert_false(settings_stamp_same(&a, &b));
	registry_put(HKEY_LOCAL_MACHINE, L"a", L"x", REG_SZ, L"1", 4);
	settings_stamp(s, "HKLM\\a", &a);
	assert_false(settings_stamp_same(&a, &b));
}

/* A search in settings that can't be read fails with the reason. */
static void
find_malformed(void **state)
{
	struct buf installation = BUF_INIT(1000), application = BUF_INIT(1000);
	struct err e;

	registry_put(HKEY_LOCAL_MACHINE, L"SOFTWARE\\" SETTINGS_VENDOR "\\I1",
	    L"DefaultApplication", REG_SZ, L"a\nb", 8);
	assert_err(application_find(*state, "I1", NULL, &installation, &application, &e),
	    ERR_SYNTAX, &e);
	assert_non_null(strstr(e.text, "value DefaultApplication"));
	assert_int_equal(installation.len + application.len, 0);
}

#define LINK L"SOFTWARE\\" SETTINGS_VENDOR "\\Link"

/* A link, and a value that can't be read, which other programs made beside the installation. */
static void
find_beside_foreign(void **state)
{
	struct buf installation = BUF_INIT(1000), application = BUF_INIT(1000);
	struct err e;
	HKEY h;

	registry_put(HKEY_LOCAL_MACHINE, L"SOFTWARE\\" SETTINGS_VENDOR "\\I1",
	    L"DefaultApplication", REG_SZ, L"A", 4);
	registry_put(HKEY_LOCAL_MACHINE, L"SOFTWARE\\" SETTINGS_VENDOR "\\I1\\cfg_A", L"x", REG_SZ,
	    L"1", 4);
	registry_put(HKEY_LOCAL_MACHINE, L"SOFTWARE\\" SETTINGS_VENDOR "\\Bad",
	    L"DefaultApplication", REG_SZ, L"\xd800", 4);
	link_to(HKEY_LOCAL_MACHINE, LINK, L"target");
	assert_ok(application_find(*state, "I1", "A", &installation, &application, &e), &e);
	assert_ok(application_find(*state, "I1", NULL, &installation, &application, &e), &e);
	assert_ok(application_find(*state, NULL, NULL, &installation, &application, &e), &e);
	assert_ok(application_find(*state, NULL, "A", &installation, &application, &e), &e);
	assert_string_equal(buf_text(&installation), "I1I1I1I1");
	/* Deletes the link by its handle; otherwise its target would be deleted. */
	assert_int_equal(RegOpenKeyExW(HKEY_LOCAL_MACHINE, LINK, REG_OPTION_OPEN_LINK, DELETE, &h),
	    0);
	assert_int_equal(NtDeleteKey(h), 0);
	RegCloseKey(h);
	buf_free(&installation);
	buf_free(&application);
}

int
main(void)
{
	static struct CMUnitTest tests[60] = {
		cmocka_unit_test_setup_teardown(unended, store_make, store_remove),
		cmocka_unit_test_setup_teardown(keys, store_make, store_remove),
		cmocka_unit_test_setup_teardown(links, store_make, store_remove),
		cmocka_unit_test_setup_teardown(half_way, store_make, store_remove),
		cmocka_unit_test_setup_teardown(limits, store_make, store_remove),
		cmocka_unit_test_setup_teardown(stamp, store_make, store_remove),
		cmocka_unit_test_setup_teardown(find_malformed, store_make, store_remove),
		cmocka_unit_test_setup_teardown(find_beside_foreign, store_make, store_remove),
	};
	size_t n = 8;

	TEST_ROWS(tests, n, raw_rows, raw);
	TEST_ROWS(tests, n, misfit_rows, misfit);
	return _cmocka_run_group_tests("registry_windows", tests, n, NULL, NULL);
}
