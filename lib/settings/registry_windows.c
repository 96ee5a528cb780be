/*
 * Keys and values of the Windows registry, as ours.
 */
#include "settings/registry_windows.h"

#include <stdlib.h>
#include <string.h>

#include "settings/changeset.h"
#include "settings/utf16.h"

#define NAME_UNITS	16384			/* a value's name: 16383 characters, and a NUL */
#define DATA_MAX	(2 * VALUE_SIZE_MAX + 4)	/* bytes of UTF-16 that can be VALUE_SIZE_MAX of UTF-8 */
#define TREE_TRIES	3

static const struct {
	enum value_type type;
	DWORD native;
} types[] = {
	{ VALUE_STRING, REG_SZ },
	{ VALUE_EXPAND, REG_EXPAND_SZ },
	{ VALUE_DWORD, REG_DWORD },
	{ VALUE_QWORD, REG_QWORD },
	{ VALUE_MULTI, REG_MULTI_SZ },
	{ VALUE_BINARY, REG_BINARY },
};

/* The root of a key, and its path below that as Windows wants it, to be freed; NULL with e. */
static wchar_t *
path_of(const char *key, HKEY *root, struct err *e)
{
	const char *rest = strchr(key, '\\');

	*root = setting_key_within(key, "HKCU") ? HKEY_CURRENT_USER : HKEY_LOCAL_MACHINE;
	return wide_of(rest == NULL ? "" : rest + 1, e);
}

int
registry_open(const char *key, REGSAM access, HKEY *out, struct err *e)
{
	HKEY root;
	wchar_t *path = path_of(key, &root, e);
	LSTATUS status;

	if (path == NULL)
		return -1;
	status = RegOpenKeyExW(root, path, 0, access | KEY_WOW64_64KEY, out);
	free(path);
	if (status == ERROR_SUCCESS)
		return 1;
	return status == ERROR_FILE_NOT_FOUND ? 0 : err_windows(e, (DWORD)status, "%s", key);
}

/* The bytes of a text in UTF-16, the NULs at its end left out. */
static size_t
without_end(const uint8_t *data, size_t len, size_t most)
{
	for (; most > 0 && len >= 2 && data[len - 1] == 0 && data[len - 2] == 0; most--)
		len -= 2;
	return len;
}

/* Texts with a NUL each, and one NUL more; the last of these may be missing. */
static int
multi_of(const uint8_t *data, size_t len, struct value *v, struct err *e)
{
	struct buf text = BUF_INIT(VALUE_SIZE_MAX);
	const char **texts = NULL;
	size_t n = 0, at = 0;
	int rc = -1;

	len = without_end(data, len, 2);
	if (utf16_to_utf8(data, len, &text, e) == -1 || (text.len > 0 && buf_addc(&text, '\0', e) == -1))
		goto out;
	if ((texts = malloc((text.len + 1) * sizeof *texts)) == NULL) {
		err_nomem(e);
		goto out;
	}
	for (; at < text.len; at += strlen(texts[n - 1]) + 1)
		texts[n++] = buf_text(&text) + at;
	rc = value_multi(v, texts, n, e);
out:
	free(texts);
	buf_free(&text);
	return rc;
}

static int
text_of(enum value_type type, const uint8_t *data, size_t len, struct value *v, struct err *e)
{
	struct buf text = BUF_INIT(VALUE_SIZE_MAX);
	int rc = -1;

	if (utf16_to_utf8(data, without_end(data, len, 1), &text, e) == 0)
		rc = value_text(v, type, buf_text(&text), text.len, e);
	buf_free(&text);
	return rc;
}

static int
number_of(enum value_type type, const uint8_t *data, size_t len, struct value *v, struct err *e)
{
	size_t want = type == VALUE_DWORD ? sizeof(uint32_t) : sizeof(uint64_t);
	uint64_t number = 0;

	if (len != want)
		return err_setx(e, ERR_SYNTAX, "want %zu bytes of a number, got %zu", want, len);
	memcpy(&number, data, len);	/* Windows is little-endian */
	return value_number(v, type, number, e);
}

static int
value_of(DWORD native, const uint8_t *data, size_t len, struct value *v, struct err *e)
{
	size_t i = 0;

	while (i < sizeof types / sizeof types[0] && types[i].native != native)
		i++;
	if (i == sizeof types / sizeof types[0])
		return err_setx(e, ERR_SYNTAX, "want a text, a number or bytes, got a value of the registry's type %lu",
		    (unsigned long)native);
	switch (types[i].type) {
	case VALUE_DWORD:
	case VALUE_QWORD:
		return number_of(types[i].type, data, len, v, e);
	case VALUE_MULTI:
		return multi_of(data, len, v, e);
	case VALUE_BINARY:
		return value_binary(v, data, len, e);
	default:
		return text_of(types[i].type, data, len, v, e);
	}
}

/* Read an open key's value.  1, 0, -1; the error's text is to be given the value's name. */
static int
get_open(HKEY h, const wchar_t *name, struct value *v, struct err *e)
{
	DWORD native, len = DATA_MAX;
	uint8_t *data = malloc(DATA_MAX);
	LSTATUS status;
	int rc = -1;

	if (data == NULL)
		return err_nomem(e);
	status = RegQueryValueExW(h, name, NULL, &native, data, &len);
	if (status == ERROR_FILE_NOT_FOUND)
		rc = 0;
	else if (status == ERROR_MORE_DATA)
		err_setx(e, ERR_TOO_LARGE, "over %u bytes", DATA_MAX);
	else if (status != ERROR_SUCCESS)
		err_windows(e, (DWORD)status, "read");
	else
		rc = value_of(native, data, len, v, e) == -1 ? -1 : 1;
	free(data);
	return rc;
}

int
registry_get(const char *key, const char *name, struct value *v, struct err *e)
{
	wchar_t *w = wide_of(name, e);
	int rc = -1;
	HKEY h;

	if (w != NULL && (rc = registry_open(key, KEY_QUERY_VALUE, &h, e)) == 1) {
		if ((rc = get_open(h, w, v, e)) == -1)
			err_context(e, "%s %s", key, name);
		RegCloseKey(h);
	}
	free(w);
	return rc;
}

/* The i-th name of an open key, a value's or a subkey's, in UTF-8.  1, 0 there are no more, -1. */
static int
name_at(HKEY h, bool subkey, DWORD i, wchar_t *w, struct buf *name, struct err *e)
{
	DWORD n = NAME_UNITS;
	LSTATUS status = subkey ? RegEnumKeyExW(h, i, w, &n, NULL, NULL, NULL, NULL) :
				  RegEnumValueW(h, i, w, &n, NULL, NULL, NULL, NULL);

	buf_reset(name);
	if (status == ERROR_NO_MORE_ITEMS)
		return 0;
	if (status != ERROR_SUCCESS)
		return err_windows(e, (DWORD)status, "list");
	return wide_add(name, w, e) == -1 ? -1 : 1;
}

static int
list_values(HKEY h, const struct registry_walk *walk, wchar_t *w, struct buf *name, struct err *e)
{
	int rc;

	for (DWORD i = 0; (rc = name_at(h, false, i, w, name, e)) == 1; i++) {
		struct value v = VALUE_INIT;

		if (name->len == 0)
			continue;	/* the key's default value, which settings don't have */
		if ((rc = get_open(h, w, &v, e)) == -1)
			return err_context(e, "%s", buf_text(name));
		if (rc == 1)
			rc = walk->value(walk->arg, buf_text(name), &v, e);
		value_free(&v);
		if (rc == -1)
			return -1;
	}
	return rc;
}

static int
list_subkeys(HKEY h, const struct registry_walk *walk, wchar_t *w, struct buf *name, struct err *e)
{
	int rc;

	for (DWORD i = 0; (rc = name_at(h, true, i, w, name, e)) == 1; i++)
		if (walk->subkey(walk->arg, buf_text(name), e) == -1)
			return -1;
	return rc;
}

int
registry_list(const char *key, const struct registry_walk *walk, struct err *e)
{
	struct buf name = BUF_INIT(3 * NAME_UNITS);
	wchar_t *w = NULL;
	HKEY h;
	int rc = registry_open(key, KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS, &h, e);

	if (rc != 1)
		return rc;
	if ((w = malloc(NAME_UNITS * sizeof *w)) == NULL)
		rc = err_nomem(e);
	else if ((walk->value != NULL && list_values(h, walk, w, &name, e) == -1) ||
	    (walk->subkey != NULL && list_subkeys(h, walk, w, &name, e) == -1))
		rc = err_context(e, "%s", key);
	free(w);
	buf_free(&name);
	RegCloseKey(h);
	return rc;
}

/* A value's bytes as the registry has them, appended. */
static int
bytes_of(const struct value *v, DWORD *native, struct buf *out, struct err *e)
{
	static const uint8_t nul[2] = { 0, 0 };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i].type == v->type)
			*native = types[i].native;
	switch (v->type) {
	case VALUE_DWORD:
		return buf_add(out, &v->number, sizeof(uint32_t), e);
	case VALUE_QWORD:
		return buf_add(out, &v->number, sizeof(uint64_t), e);
	case VALUE_BINARY:
		return buf_add(out, v->data, v->len, e);
	default:
		/* A multi's texts have their NULs already; one more ends them all. */
		return utf8_to_utf16((const char *)v->data, v->len, out, e) == -1 ? -1 : buf_add(out, nul, sizeof nul, e);
	}
}

int
registry_set(const char *key, const char *name, const struct value *v, struct err *e)
{
	struct buf bytes = BUF_INIT(DATA_MAX);
	wchar_t *path = NULL, *w = NULL;
	HKEY root, h = NULL;
	DWORD native = REG_NONE;
	LSTATUS status;
	int rc = -1;

	if (bytes_of(v, &native, &bytes, e) == -1 || (path = path_of(key, &root, e)) == NULL || (w = wide_of(name, e)) == NULL)
		goto out;
	status = RegCreateKeyExW(root, path, 0, NULL, REG_OPTION_NON_VOLATILE, KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &h, NULL);
	if (status == ERROR_SUCCESS)
		status = RegSetValueExW(h, w, 0, native, bytes.data, (DWORD)bytes.len);
	rc = status == ERROR_SUCCESS ? 0 : err_windows(e, (DWORD)status, "%s %s", key, name);
out:
	if (h != NULL)
		RegCloseKey(h);
	free(path);
	free(w);
	buf_free(&bytes);
	return rc;
}

int
registry_delete(const char *key, const char *name, struct err *e)
{
	wchar_t *w = wide_of(name, e);
	LSTATUS status;
	int rc = -1;
	HKEY h;

	if (w != NULL && (rc = registry_open(key, KEY_SET_VALUE, &h, e)) == 1) {
		status = RegDeleteValueW(h, w);
		rc = status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND ? 0 :
		    err_windows(e, (DWORD)status, "%s %s", key, name);
		RegCloseKey(h);
	}
	free(w);
	return rc;
}

int
registry_delete_tree(const char *key, struct err *e)
{
	HKEY root;
	wchar_t *path = path_of(key, &root, e);
	LSTATUS status;

	if (path == NULL)
		return -1;
	if (*path == L'\0') {
		free(path);
		return err_setx(e, ERR_UNSAFE, "%s: want a key below it", key);
	}
	/* A program that is adding keys meanwhile makes it fail with "not empty" or the like. */
	for (int tries = 1;; tries++) {
		status = RegDeleteTreeW(root, path);
		if (status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND || status == ERROR_ACCESS_DENIED || tries == TREE_TRIES)
			break;
	}
	free(path);
	return status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND ? 0 : err_windows(e, (DWORD)status, "%s", key);
}

int
registry_flush(const char *key, struct err *e)
{
	char *k = _strdup(key), *slash;
	LSTATUS status;
	int rc = 0;
	HKEY h;

	if (k == NULL)
		return err_nomem(e);
	while ((rc = registry_open(k, KEY_QUERY_VALUE, &h, e)) == 0 && (slash = strrchr(k, '\\')) != NULL)
		*slash = '\0';
	if (rc == 1) {
		status = RegFlushKey(h);
		RegCloseKey(h);
		rc = status == ERROR_SUCCESS ? 0 : err_windows(e, (DWORD)status, "%s", k);
	}
	free(k);
	return rc;
}
