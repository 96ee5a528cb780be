/* SPDX-License-Identifier: ISC */
/*
 * Directories and keys of the registry as they are at one moment.
 */
#include "tests/unit/common/test.h"
#include "tests/fault/snapshot_windows.h"

#include <stdbool.h>

#include "lib/base/digest.h"
#include "lib/os/file.h"
#include "tests/unit/common/temp.h"

#define ENTRIES_MAX 1000
#define PLACES_MAX  8
#define CONTENT_MAX (1024u * 1024)
#define VALUE_MAX   4096

/* A directory, or a file with its content; a key, or a value of one. */
struct entry {
	char *path; /* of a directory or file; NULL for an entry of the registry */
	HKEY root;
	wchar_t *key, *name, *class; /* name: NULL for the key itself */
	bool directory, read_only;
	DWORD type, len;
	uint8_t *data;
};

struct snapshot {
	struct entry entries[ENTRIES_MAX];
	size_t n;
	/* The directories and keys of the snapshot. */
	char *dirs[PLACES_MAX];
	size_t ndirs;
	struct {
		HKEY root;
		wchar_t *key;
	} keys[PLACES_MAX];
	size_t nkeys;
};

struct snapshot *
snapshot_new(void)
{
	struct snapshot *s = calloc(1, sizeof *s);

	assert_non_null(s);
	return s;
}

static struct entry *
add(struct snapshot *s, const void *data, size_t len)
{
	struct entry *x = &s->entries[s->n++];

	assert_true(s->n <= ENTRIES_MAX);
	assert_non_null(x->data = malloc(len + 1));
	memcpy(x->data, data, len);
	x->len = (DWORD)len;
	return x;
}

static void walk_dir(struct snapshot *s, const char *path);

struct walk {
	struct snapshot *s;
	struct dir *d;
};

static int
add_one(void *arg, const char *name, struct err *e)
{
	struct walk *w = arg;
	struct buf content = BUF_INIT(CONTENT_MAX);
	struct file_info info;
	struct entry *x;
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", dir_path(w->d), name);
	assert_int_equal(file_stat(w->d, name, &info, e), 1);
	if (info.type == FILE_DIRECTORY) {
		walk_dir(w->s, path);
		return 0;
	}
	assert_ok(file_read(w->d, name, &content, e), e);
	x = add(w->s, buf_text(&content), content.len);
	x->path = strdup(path);
	x->read_only = (info.mode & 0200) == 0;
	buf_free(&content);
	return 0;
}

static void
walk_dir(struct snapshot *s, const char *path)
{
	struct err e;
	struct walk w = { s, dir_open(path, &e) };
	struct entry *x;

	if (w.d == NULL) {
		assert_int_equal(e.code, ERR_NOENT);
		return;
	}
	x = add(s, "", 0);
	x->path = strdup(path);
	x->directory = true;
	assert_ok(dir_list(w.d, add_one, &w, &e), &e);
	dir_close(w.d);
}

void
snapshot_add_dir(struct snapshot *s, const char *path)
{
	assert_true(s->ndirs < PLACES_MAX);
	assert_non_null(s->dirs[s->ndirs++] = strdup(path));
	walk_dir(s, path);
}

static void
walk_values(struct snapshot *s, HKEY root, const wchar_t *key, HKEY h)
{
	uint8_t data[VALUE_MAX];
	wchar_t name[256];

	for (DWORD i = 0;; i++) {
		DWORD room = 256, len = sizeof data, type;
		LSTATUS rc = RegEnumValueW(h, i, name, &room, NULL, &type, data, &len);
		struct entry *x;

		if (rc == ERROR_NO_MORE_ITEMS)
			return;
		assert_int_equal(rc, ERROR_SUCCESS);
		x = add(s, data, len);
		x->root = root;
		x->key = _wcsdup(key);
		x->name = _wcsdup(name);
		x->type = type;
	}
}

static void
walk_key(struct snapshot *s, HKEY root, const wchar_t *key)
{
	wchar_t name[256], class[64], path[1024];
	DWORD room = 64;
	struct entry *x;
	HKEY h;

	if (RegOpenKeyExW(root, key, 0, KEY_READ | KEY_WOW64_64KEY, &h) != ERROR_SUCCESS)
		return;
	assert_int_equal(
	    RegQueryInfoKeyW(h, class, &room, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	    0);
	x = add(s, "", 0);
	x->root = root;
	x->key = _wcsdup(key);
	x->class = _wcsdup(class);
	walk_values(s, root, key, h);
	for (DWORD i = 0;
	     room = 256, RegEnumKeyExW(h, i, name, &room, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
	     i++) {
		swprintf(path, sizeof path / sizeof *path, L"%ls\\%ls", key, name);
		walk_key(s, root, path);
	}
	RegCloseKey(h);
}

void
snapshot_add_key(struct snapshot *s, HKEY root, const wchar_t *key)
{
	assert_true(s->nkeys < PLACES_MAX);
	s->keys[s->nkeys].root = root;
	assert_non_null(s->keys[s->nkeys++].key = _wcsdup(key));
	walk_key(s, root, key);
}

void
snapshot_clear(const struct snapshot *s)
{
	struct err e;

	for (size_t i = 0; i < s->ndirs; i++) {
		struct dir *d = dir_open(s->dirs[i], &e);

		if (d == NULL)
			continue;
		assert_ok(temp_empty(d, &e), &e);
		dir_close(d);
		assert_ok(dir_unmake(s->dirs[i], 1, &e), &e);
	}
	for (size_t i = 0; i < s->nkeys; i++) {
		LSTATUS rc = RegDeleteTreeW(s->keys[i].root, s->keys[i].key);

		assert_true(rc == ERROR_SUCCESS || rc == ERROR_FILE_NOT_FOUND);
	}
}

static void
restore_file(const struct entry *x)
{
	struct err e;
	wchar_t *w = wide_path(x->path, &e);
	HANDLE h;
	DWORD n;

	assert_non_null(w);
	h = CreateFileW(w, GENERIC_WRITE, 0, NULL, CREATE_NEW,
	    x->read_only ? FILE_ATTRIBUTE_READONLY : FILE_ATTRIBUTE_NORMAL, NULL);
	assert_true(h != INVALID_HANDLE_VALUE);
	assert_true(WriteFile(h, x->data, x->len, &n, NULL) && n == x->len);
	CloseHandle(h);
	free(w);
}

static void
restore_in_registry(const struct entry *x)
{
	HKEY h;

	assert_int_equal(RegCreateKeyExW(x->root, x->key, 0, x->class, 0,
			     KEY_WRITE | KEY_WOW64_64KEY, NULL, &h, NULL),
	    0);
	if (x->name != NULL)
		assert_int_equal(RegSetValueExW(h, x->name, 0, x->type, x->data, x->len), 0);
	RegCloseKey(h);
}

void
snapshot_restore(const struct snapshot *s)
{
	struct dir *d;
	struct err e;

	snapshot_clear(s);
	for (size_t i = 0; i < s->n; i++) {
		const struct entry *x = &s->entries[i];

		if (x->path == NULL)
			restore_in_registry(x);
		else if (!x->directory)
			restore_file(x);
		else {
			/*
			 * Some directories have to be for their owner only; this does no harm to
			 * the others.
			 */
			assert_non_null(d = dir_make(x->path, 0700, &e));
			dir_close(d);
		}
	}
}

/* Entries below the directory, except those with that name. */
static bool
left_out(const struct snapshot *s, const char *path, const char *without)
{
	for (size_t i = 0; without != NULL && i < s->ndirs; i++) {
		size_t len = strlen(s->dirs[i]);

		if (strncmp(path, s->dirs[i], len) == 0 && path[len] == '/' &&
		    strncmp(path + len + 1, without, strlen(without)) == 0)
			return true;
	}
	return false;
}

/* The line of one entry. */
static void
describe(const struct entry *x, struct buf *out)
{
	uint8_t sum[DIGEST_MAX];
	char hex[SHA256_HEX_SIZE];
	struct err e;

	if (x->path != NULL) {
		assert_ok(buf_addf(out, &e, "%s %s", x->path,
			      x->directory	 ? "directory"
				  : x->read_only ? "read-only"
						 : "file"),
		    &e);
	} else {
		assert_ok(buf_adds(out, x->root == HKEY_LOCAL_MACHINE ? "HKLM\\" : "HKCU\\", &e),
		    &e);
		assert_ok(wide_add(out, x->key, &e), &e);
		if (x->name != NULL) {
			assert_ok(buf_adds(out, " value ", &e), &e);
			assert_ok(wide_add(out, x->name, &e), &e);
			assert_ok(buf_addf(out, &e, " type %lu", (unsigned long)x->type), &e);
		}
	}
	assert_ok(digest_of(DIGEST_SHA256, x->data, x->len, sum, &e), &e);
	hex_encode(sum, SHA256_SIZE, hex);
	assert_ok(buf_addf(out, &e, " %s\n", hex), &e);
}

static int
by_text(const void *a, const void *b)
{
	const struct buf *x = a, *y = b;

	return strcmp(buf_text(x), buf_text(y));
}

void
snapshot_text(const struct snapshot *s, const char *without, struct buf *out)
{
	struct buf *lines = calloc(s->n + 1, sizeof *lines);
	struct err e;
	size_t n = 0;

	assert_non_null(lines);
	for (size_t i = 0; i < s->n; i++) {
		if (s->entries[i].path != NULL && left_out(s, s->entries[i].path, without))
			continue;
		lines[n] = (struct buf)BUF_INIT(8192);
		describe(&s->entries[i], &lines[n++]);
	}
	qsort(lines, n, sizeof *lines, by_text);
	for (size_t i = 0; i < n; i++) {
		assert_ok(buf_adds(out, buf_text(&lines[i]), &e), &e);
		buf_free(&lines[i]);
	}
	free(lines);
}

void
snapshot_free(struct snapshot *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->entries[i].path);
		free(s->entries[i].key);
		free(s->entries[i].name);
		free(s->entries[i].class);
		free(s->entries[i].data);
	}
	for (size_t i = 0; i < s->ndirs; i++)
		free(s->dirs[i]);
	for (size_t i = 0; i < s->nkeys; i++)
		free(s->keys[i].key);
	free(s);
}
