/* SPDX-License-Identifier: ISC */
/*
 * A key of the test below HKCU\Software, which replaces HKLM and HKCU in this process.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/settings/store.h"
#include "tests/unit/settings/store_windows.h"

#include <openssl/rand.h>

#include "lib/settings/keyfile.h"
#include "lib/settings/rawvalue.h"

static wchar_t place[64];
static HKEY own, halves[2];

int
store_make(void **state)
{
	unsigned raw[2];
	struct err e;

	if (RAND_bytes((unsigned char *)raw, sizeof raw) != 1)
		return -1;
	swprintf(place, sizeof place / sizeof *place, L"Software\\Slipway-unit-%08x%08x", raw[0],
	    raw[1]);
	if (RegCreateKeyExW(HKEY_CURRENT_USER, place, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &own,
		NULL) != 0 ||
	    RegCreateKeyExW(own, L"M", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &halves[0], NULL) != 0 ||
	    RegCreateKeyExW(own, L"U", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &halves[1], NULL) != 0 ||
	    RegOverridePredefKey(HKEY_LOCAL_MACHINE, halves[0]) != 0 ||
	    RegOverridePredefKey(HKEY_CURRENT_USER, halves[1]) != 0)
		return -1;
	return (*state = settings_open(&e)) == NULL ? -1 : 0;
}

int
store_remove(void **state)
{
	settings_close(*state);
	RegOverridePredefKey(HKEY_LOCAL_MACHINE, NULL);
	RegOverridePredefKey(HKEY_CURRENT_USER, NULL);
	RegCloseKey(halves[0]);
	RegCloseKey(halves[1]);
	RegCloseKey(own);
	return RegDeleteTreeW(HKEY_CURRENT_USER, place) == 0 ? 0 : -1;
}

void
registry_put(HKEY root, const wchar_t *key, const wchar_t *name, DWORD type, const void *data,
    size_t len)
{
	HKEY h;

	assert_int_equal(RegCreateKeyExW(root, key, 0, NULL, 0, KEY_SET_VALUE, NULL, &h, NULL), 0);
	assert_int_equal(RegSetValueExW(h, name, 0, type, data, (DWORD)len), 0);
	RegCloseKey(h);
}

bool
registry_has(HKEY root, const wchar_t *key)
{
	HKEY h;

	if (RegOpenKeyExW(root, key, 0, KEY_READ, &h) != 0)
		return false;
	RegCloseKey(h);
	return true;
}

static int
put(void *arg, const char *key, const char *name, const struct value *v, struct err *e)
{
	struct buf raw = BUF_INIT(RAW_SIZE_MAX);
	wchar_t *k = wide_of(key, e), *n = wide_of(name, e);
	uint32_t type;

	(void)arg;
	assert_ok(raw_format(v, &type, &raw, e), e);
	registry_put(HKEY_LOCAL_MACHINE, k + 5, n, type, raw.data, raw.len);
	free(k);
	free(n);
	buf_free(&raw);
	return 0;
}

void
store_write(const char *text)
{
	struct err e;
	struct keyfile *f = keyfile_parse(text, strlen(text), "HKLM", &e);

	assert_non_null(f);
	/* As on other platforms, HKLM then has only the settings of the text. */
	assert_int_equal(RegDeleteTreeW(halves[0], NULL), 0);
	assert_ok(keyfile_each(f, "HKLM", put, NULL, &e), &e);
	keyfile_free(f);
}

/* Wine writes ProfileList by itself when a program asks where profiles are. */
static DWORD
count(HKEY h)
{
	wchar_t name[256];
	DWORD values = 0, len = 256;
	HKEY below;

	assert_int_equal(RegQueryInfoKeyW(h, NULL, NULL, NULL, NULL, NULL, NULL, &values, NULL,
			     NULL, NULL, NULL),
	    0);
	for (DWORD i = 0; RegEnumKeyExW(h, i, name, &len, NULL, NULL, NULL, NULL) == 0;
	     i++, len = 256) {
		if (wcscmp(name, L"ProfileList") == 0)
			continue;
		assert_int_equal(RegOpenKeyExW(h, name, 0, KEY_READ, &below), 0);
		values += count(below);
		RegCloseKey(below);
	}
	return values;
}

struct wanted {
	struct settings *s;
	DWORD n;
};

static int
want(void *arg, const char *key, const char *name, const struct value *v, struct err *e)
{
	struct wanted *w = arg;
	struct value got = VALUE_INIT;

	assert_int_equal(settings_get(w->s, key, name, &got, e), 1);
	assert_true(value_equal(&got, v));
	value_free(&got);
	w->n++;
	return 0;
}

void
store_want(const char *text)
{
	struct err e;
	struct keyfile *f = keyfile_parse(text, strlen(text), "HKLM", &e);
	struct wanted w = { settings_open(&e), 0 };

	assert_non_null(f);
	assert_non_null(w.s);
	assert_ok(keyfile_each(f, "HKLM", want, &w, &e), &e);
	assert_int_equal(count(halves[0]), w.n);
	settings_close(w.s);
	keyfile_free(f);
}
