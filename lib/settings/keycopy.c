/* SPDX-License-Identifier: ISC */
/* The copy of a key file. */
#include "lib/settings/keycopy.h"

#include <stdio.h>
#include <string.h>

#include "lib/os/move.h"
#include "lib/settings/keyfile.h"

/* Longer paths have no copy: those of key files are refused. */
#define PATH_SIZE 4096

static const char *
copy_of(const char *path, char copy[static PATH_SIZE])
{
	if ((size_t)snprintf(copy, PATH_SIZE, "%s.copy", path) >= PATH_SIZE)
		*copy = '\0';
	return copy;
}

static int
read_key_file(const char *path, const char *root, struct buf *text, struct err *e)
{
	int rc = file_read(NULL, path, text, e);
	struct keyfile *f = rc == -1 ? NULL : keyfile_parse(text->data, text->len, root, e);

	if (rc == 0 && f == NULL)
		rc = err_context(e, "%s", path);
	keyfile_free(f);
	return rc;
}

static bool
is_no_key_file(const struct err *why)
{
	return why->code == ERR_SYNTAX || why->code == ERR_TOO_LARGE || why->code == ERR_UNSAFE;
}

/* A person removes whole lines, and some editors the end of the last one. */
static bool
is_cut(const struct buf *text, const struct buf *copy)
{
	if (copy->len <= text->len)
		return false;
	return text->len == 0 ||
	    (text->data[text->len - 1] != '\n' && strchr("\r\n", copy->data[text->len]) == NULL &&
		memcmp(copy->data, text->data, text->len) == 0);
}

bool
keycopy_damaged(const char *path, const char *root, struct buf *copy, struct err *why)
{
	struct buf text = BUF_INIT(KEYFILE_SIZE_MAX);
	char name[PATH_SIZE];
	int rc = read_key_file(path, root, &text, why);
	bool damaged = rc == -1 && is_no_key_file(why);
	struct err ignored;

	if (read_key_file(copy_of(path, name), root, copy, &ignored) == -1)
		buf_reset(copy);
	if ((rc == 0 || why->code == ERR_NOENT) && is_cut(&text, copy)) {
		damaged = true;
		err_setx(why, rc == -1 ? ERR_NOENT : ERR_SYNTAX, "%s %s", path,
		    rc == -1		? "is missing"
			: text.len == 0 ? "is empty"
					: "is cut in the middle of a line");
	}
	buf_free(&text);
	return damaged;
}

bool
keycopy_longer(const char *path)
{
	struct file_stamp file, copy;
	char name[PATH_SIZE];

	file_stamp(copy_of(path, name), &copy);
	if (!copy.there)
		return false;
	file_stamp(path, &file);
	return !file.there || copy.size > file.size;
}

bool
keycopy_is_old(const char *path)
{
	struct file_stamp file, copy;
	char name[PATH_SIZE];

	file_stamp(path, &file);
	file_stamp(copy_of(path, name), &copy);
	return file.there && (!copy.there || copy.mtime_ns < file.mtime_ns);
}

void
keycopy_forget(const char *path, bool keep)
{
	char copy[PATH_SIZE], old[PATH_SIZE];
	struct err ignored;

	if (*copy_of(path, copy) == '\0')
		return;
	if (keep && (size_t)snprintf(old, sizeof old, "%s.copy.old", path) < sizeof old)
		file_move(NULL, copy, NULL, old, &ignored);
	else
		file_remove(NULL, copy, &ignored);
}

void
keycopy_make(const char *path, const void *data, size_t len, unsigned mode)
{
	struct file_stamp file;
	char copy[PATH_SIZE];
	struct err ignored;

	file_stamp(path, &file);
	if (file.there && *copy_of(path, copy) != '\0')
		file_replace(NULL, copy, data, len, mode & file.mode, &ignored);
}

int
keycopy_path(const char *path, struct buf *out, struct err *e)
{
	return buf_addf(out, e, "%s.copy", path);
}
