/* SPDX-License-Identifier: ISC */
/*
 * lib/settings: the store over the registry.  Every test has its own keys below HKLM and HKCU.
 */
#include "tests/unit/common/test.h"

#include <stdbool.h>
#include <wchar.h>

#include <openssl/rand.h>

#include "lib/base/digest.h"
#include "lib/os/wide_windows.h"
#include "lib/settings/application.h"
#include "lib/settings/settings.h"

/* "SlipwayTest-0123…", below SOFTWARE of both roots. */
static char own[64], machine[128], user[128];

static const char *
key(const char *root, const char *rest)
{
	static char out[4][400];
	static int n;

	n = (n + 1) % 4;
	snprintf(out[n], sizeof out[n], "%s%s", root, rest);
	return out[n];
}

static int
store_make(void **state)
{
	char hex[17];
	uint8_t raw[8];
	struct err e;

	if (RAND_bytes(raw, sizeof raw) != 1)
		return -1;
	hex_encode(raw, sizeof raw, hex);
	snprintf(own, sizeof own, "SlipwayTest-%s", hex);
	snprintf(machine, sizeof machine, "HKLM\\SOFTWARE\\%s", own);
	snprintf(user, sizeof user, "HKCU\\Software\\%s", own);
	return (*state = settings_open(&e)) == NULL ? -1 : 0;
}

static wchar_t *
native_key(void)
{
	static wchar_t w[128];

	swprintf(w, N(w), L"SOFTWARE\\%hs", own);
	return w;
}

static int
store_remove(void **state)
{
	settings_close(*state);
	RegDeleteTreeW(HKEY_LOCAL_MACHINE, native_key());
	RegDeleteTreeW(HKEY_CURRENT_USER, native_key());
	return 0;
}

static void
add(struct changeset *c, const char *k, const char *name, const char *text)
{
	struct value v = VALUE_INIT;
	struct err e;

	assert_ok(value_parse(text, strlen(text), &v, &e), &e);
	assert_ok(changeset_set(c, k, name, &v, &e), &e);
	value_free(&v);
}

static void
apply(struct settings *s, struct changeset *c)
{
	struct err e;

	assert_ok(settings_apply(s, c, &e), &e);
	changeset_free(c);
}

/* Type and bytes, as in regedit. */
static void
want_native(HKEY root, const wchar_t *name, DWORD type, const void *bytes, DWORD len)
{
	uint8_t got[1000];
	DWORD got_type, n = sizeof got;
	HKEY h;

	assert_int_equal(RegOpenKeyExW(root, native_key(), 0, KEY_READ | KEY_WOW64_64KEY, &h), 0);
	assert_int_equal(RegQueryValueExW(h, name, NULL, &got_type, got, &n), 0);
	assert_int_equal(got_type, type);
	assert_int_equal(n, len);
	assert_memory_equal(got, bytes, len);
	RegCloseKey(h);
}

static void
put_native(const wchar_t *name, DWORD type, const void *bytes, DWORD len)
{
	HKEY h;

	assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, native_key(), 0, NULL, 0,
			     KEY_WRITE | KEY_WOW64_64KEY, NULL, &h, NULL),
	    0);
	assert_int_equal(RegSetValueExW(h, name, 0, type, bytes, len), 0);
	RegCloseKey(h);
}

#define WIDE(text) (text), sizeof(text)

static void
every_type(void **state)
{
	static const char *const texts[] = { "%AppData%\\COV_PB\\server.crt", "expand:%AppData%\\x",
		"dword:305419896", "qword:1311768467463790320", "multi:one\\0two\\0", "hex:00ff",
		"", "\xc5\xbelt\xc3\xbd \xf0\x9f\x94\x91" };
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	struct err e;

	for (size_t i = 0; i < N(texts); i++) {
		struct value want = VALUE_INIT, got = VALUE_INIT;
		char name[16];

		/*
		 * docs/settings.md defines the text form of a multi, so the test writes it by hand
		 * below.
		 */
		if (strncmp(texts[i], "multi:", 6) == 0)
			continue;
		snprintf(name, sizeof name, "v%zu", i);
		assert_ok(value_parse(texts[i], strlen(texts[i]), &want, &e), &e);
		assert_ok(changeset_set(&c, machine, name, &want, &e), &e);
		apply(s, &c);
		assert_int_equal(settings_get(s, machine, name, &got, &e), 1);
		assert_true(value_equal(&want, &got));
		value_free(&want);
		value_free(&got);
	}
	want_native(HKEY_LOCAL_MACHINE, L"v0", REG_SZ, WIDE(L"%AppData%\\COV_PB\\server.crt"));
	want_native(HKEY_LOCAL_MACHINE, L"v1", REG_EXPAND_SZ, WIDE(L"%AppData%\\x"));
	want_native(HKEY_LOCAL_MACHINE, L"v2", REG_DWORD, "\x78\x56\x34\x12", 4);
	want_native(HKEY_LOCAL_MACHINE, L"v3", REG_QWORD, "\xf0\xde\xbc\x9a\x78\x56\x34\x12", 8);
	want_native(HKEY_LOCAL_MACHINE, L"v5", REG_BINARY, "\x00\xff", 2);
	want_native(HKEY_LOCAL_MACHINE, L"v6", REG_SZ, WIDE(L""));
	want_native(HKEY_LOCAL_MACHINE, L"v7", REG_SZ, WIDE(L"\x017elt\x00fd \xd83d\xdd11"));
}

static void
multi(void **state)
{
	static const char *const texts[] = { "one", "dv\xc4\x9b" };
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	struct err e;

	for (size_t n = 0; n <= 2; n++) {
		struct value want = VALUE_INIT, got = VALUE_INIT;

		assert_ok(value_multi(&want, texts, n, &e), &e);
		assert_ok(changeset_set(&c, machine, "m", &want, &e), &e);
		apply(s, &c);
		assert_int_equal(settings_get(s, machine, "m", &got, &e), 1);
		assert_true(value_equal(&want, &got));
		value_free(&want);
		value_free(&got);
	}
	want_native(HKEY_LOCAL_MACHINE, L"m", REG_MULTI_SZ, WIDE(L"one\0dv\x011b\0"));
}

static struct native_row {
	const char *name, *text; /* text: as printed, NULL: it can't be read */
	DWORD type, len;
	const void *bytes;
} native_rows[] = {
	{ "native: text without its end", "ab", REG_SZ, 4, L"ab" },
	{ "native: empty text without its end", "", REG_SZ, 0, "" },
	{ "native: text with an odd length", "a", REG_SZ, 3, L"ab" },
	{ "native: text with a NUL inside", "a", REG_SZ, 8, L"a\0b" },
	{ "native: half a surrogate pair", NULL, REG_SZ, 4, L"\xd83d" },
	{ "native: dword of three bytes", NULL, REG_DWORD, 3, "abc" },
	{ "native: big-endian dword", NULL, REG_DWORD_BIG_ENDIAN, 4, "abcd" },
	{ "native: none", NULL, REG_NONE, 2, "ab" },
	{ "native: link", NULL, REG_LINK, 4, L"ab" },
	{ "native: resources", NULL, REG_RESOURCE_LIST, 4, "abcd" },
};

/* Values of other programs are read or refused, never taken for absent, and can be replaced. */
static void
native(void **state)
{
	const struct native_row *r = *state;
	struct changeset c = CHANGESET_INIT, undo = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct settings *s = NULL;
	struct err e;

	assert_int_equal(store_make((void **)&s), 0);
	put_native(L"x", r->type, r->bytes, r->len);
	add(&c, machine, "x", "new");
	if (r->text != NULL) {
		assert_int_equal(settings_get(s, machine, "x", &v, &e), 1);
		assert_string_equal(value_get_text(&v), r->text);
		assert_ok(settings_apply(s, &c, &e), &e);
	} else {
		assert_err(settings_get(s, machine, "x", &v, &e), ERR_SYNTAX, &e);
		assert_non_null(strstr(e.text, own));
		assert_ok(settings_plan(s, &c, NULL, &undo, &e), &e);
		assert_ok(settings_apply(s, &c, &e), &e);
		want_native(HKEY_LOCAL_MACHINE, L"x", REG_SZ, WIDE(L"new"));
		assert_ok(settings_apply(s, &undo, &e), &e);
		want_native(HKEY_LOCAL_MACHINE, L"x", r->type, r->bytes, r->len);
	}
	value_free(&v);
	changeset_free(&c);
	changeset_free(&undo);
	store_remove((void **)&s);
}

static void
want_format(struct changeset *c, const char *want)
{
	struct buf b = BUF_INIT(10000);
	struct err e;
	char *at;

	assert_ok(changeset_format(c, &b, &e), &e);
	/* The test's own key is a random one. */
	while ((at = strstr((char *)b.data == NULL ? (char *)(uintptr_t) "" : (char *)b.data,
		    own)) != NULL) {
		*at = '@';
		memmove(at + 1, at + strlen(own), strlen(at + strlen(own)) + 1);
	}
	assert_string_equal(buf_text(&b), want);
	buf_free(&b);
	changeset_free(c);
}

static void
planned_and_undone(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT, effective = CHANGESET_INIT, undo = CHANGESET_INIT,
			 before = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err e;

	add(&before, machine, "same", "1");
	add(&before, machine, "other", "1");
	add(&before, key(machine, "\\tree\\deep"), "x", "dword:7");
	add(&before, key(user, "\\u"), "gone", "expand:%Temp%");
	apply(s, &before);

	add(&c, machine, "SAME", "1");
	add(&c, machine, "other", "dword:1");
	add(&c, machine, "new", "2");
	assert_ok(changeset_delete(&c, key(user, "\\u"), "gone", &e), &e);
	assert_ok(changeset_delete(&c, key(user, "\\u"), "absent", &e), &e);
	assert_ok(changeset_delete_tree(&c, key(machine, "\\tree"), &e), &e);
	assert_ok(changeset_delete_tree(&c, key(machine, "\\absent"), &e), &e);
	assert_ok(settings_plan(s, &c, &effective, &undo, &e), &e);
	want_format(&effective,
	    "delete HKLM\\SOFTWARE\\@\\tree\nset HKLM\\SOFTWARE\\@ other = dword:1\n"
	    "set HKLM\\SOFTWARE\\@ new = 2\ndelete HKCU\\Software\\@\\u gone\n");
	assert_int_equal(settings_get(s, machine, "new", &v, &e), 0); /* a plan changes nothing */
	assert_ok(settings_apply(s, &c, &e), &e);
	assert_int_equal(settings_get(s, key(machine, "\\tree\\deep"), "x", &v, &e), 0);
	assert_int_equal(settings_get(s, key(user, "\\u"), "gone", &v, &e), 0);
	assert_ok(settings_plan(s, &c, &effective, NULL, &e), &e);
	assert_int_equal(effective.n, 0);

	assert_ok(settings_apply(s, &undo, &e), &e);
	assert_int_equal(settings_get(s, key(machine, "\\tree\\deep"), "x", &v, &e), 1);
	assert_int_equal(v.number, 7);
	value_free(&v);
	assert_int_equal(settings_get(s, key(user, "\\u"), "gone", &v, &e), 1);
	assert_int_equal(v.type, VALUE_EXPAND);
	assert_string_equal(value_get_text(&v), "%Temp%");
	value_free(&v);
	assert_int_equal(settings_get(s, machine, "new", &v, &e), 0);
	want_native(HKEY_LOCAL_MACHINE, L"other", REG_SZ, WIDE(L"1"));
	changeset_free(&c);
	changeset_free(&undo);
}

/* A tree with a value that couldn't be restored isn't deleted. */
static void
tree_with_default_value(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	struct err e;

	put_native(NULL, REG_SZ, WIDE(L"default"));
	assert_ok(changeset_delete_tree(&c, machine, &e), &e);
	assert_err(settings_apply(s, &c, &e), ERR_SYNTAX, &e);
	want_native(HKEY_LOCAL_MACHINE, L"", REG_SZ, WIDE(L"default"));
	changeset_free(&c);
}

static char listed[1000];

static int
list_value(void *arg, const char *name, const struct value *v, struct err *e)
{
	(void)arg;
	(void)e;
	snprintf(listed + strlen(listed), sizeof listed - strlen(listed), "%s=%s ", name,
	    value_get_text(v));
	return 0;
}

static int
list_key(void *arg, const char *subkey, struct err *e)
{
	(void)arg;
	(void)e;
	snprintf(listed + strlen(listed), sizeof listed - strlen(listed), "[%s] ", subkey);
	return 0;
}

static void
list(void **state)
{
	struct settings_walk walk = { list_value, list_key, NULL }, nothing = { NULL, NULL, NULL };
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	struct err e;

	assert_int_equal(settings_list(s, machine, &nothing, &e), 0);
	add(&c, machine, "a", "1");
	add(&c, machine, "\xc5\xbe", "2");
	add(&c, key(machine, "\\k\\deeper"), "b", "3");
	apply(s, &c);
	put_native(NULL, REG_SZ, WIDE(L"default"));
	listed[0] = '\0';
	assert_int_equal(settings_list(s, machine, &walk, &e), 1);
	assert_string_equal(listed, "a=1 \xc5\xbe=2 [k] ");
	assert_string_equal(settings_place(s, machine), "the registry");
}

static void
stamps(void **state)
{
	struct settings_stamp a, b;
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;

	add(&c, machine, "x", "1");
	apply(s, &c);
	settings_stamp(s, "HKLM", &a);
	settings_stamp(s, "HKLM", &b);
	assert_true(settings_stamp_same(&a, &b));
	add(&c, key(machine, "\\deep\\down"), "x", "2");
	apply(s, &c);
	settings_stamp(s, "HKLM", &b);
	assert_false(settings_stamp_same(&a, &b));
	settings_stamp(s, "HKLM", &a);
	assert_true(settings_stamp_same(&a, &b));
	settings_stamp(s, "HKCU", &b);
	assert_false(settings_stamp_same(&a, &b));
}

/* One of several values can't be written: the values before are restored. */
static void
taken_back(void **state)
{
	struct settings *s = *state;
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	struct err e;
	HKEY h;

	/* Only a volatile key can be made below a volatile key. */
	assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, native_key(), 0, NULL, 0,
			     KEY_WRITE | KEY_WOW64_64KEY, NULL, &h, NULL),
	    0);
	RegCloseKey(h);
	assert_int_equal(RegCreateKeyExW(HKEY_CURRENT_USER, native_key(), 0, NULL,
			     REG_OPTION_VOLATILE, KEY_WRITE | KEY_WOW64_64KEY, NULL, &h, NULL),
	    0);
	RegCloseKey(h);
	add(&c, machine, "x", "1");
	add(&c, key(user, "\\below"), "y", "2");
	assert_int_equal(settings_apply(s, &c, &e), -1);
	assert_non_null(strstr(e.text, own));
	assert_int_equal(settings_get(s, machine, "x", &v, &e), 0);
	changeset_free(&c);
}

static void
bad_names(void **state)
{
	struct settings *s = *state;
	struct value v = VALUE_INIT;
	struct err e;

	assert_err(settings_get(s, "HKXX\\a", "x", &v, &e), ERR_SYNTAX, &e);
	assert_err(settings_get(s, machine, "", &v, &e), ERR_SYNTAX, &e);
	assert_null(settings_open_files("a", "b", &e));
	assert_int_equal(e.code, ERR_CONFIG);
}

int
main(void)
{
	struct CMUnitTest tests[8 + N(native_rows)] = {
		cmocka_unit_test_setup_teardown(every_type, store_make, store_remove),
		cmocka_unit_test_setup_teardown(multi, store_make, store_remove),
		cmocka_unit_test_setup_teardown(planned_and_undone, store_make, store_remove),
		cmocka_unit_test_setup_teardown(tree_with_default_value, store_make, store_remove),
		cmocka_unit_test_setup_teardown(list, store_make, store_remove),
		cmocka_unit_test_setup_teardown(stamps, store_make, store_remove),
		cmocka_unit_test_setup_teardown(taken_back, store_make, store_remove),
		cmocka_unit_test_setup_teardown(bad_names, store_make, store_remove),
	};
	size_t n = 8;

	TEST_ROWS(tests, n, native_rows, native);
	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
