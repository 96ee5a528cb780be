/* SPDX-License-Identifier: ISC */
/* The owners and access lists of files that an update puts in their places. */
#include "lib/os/open_windows.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/move.h"
#include "lib/os/places.h"
#include "lib/os/private_windows.h"

static atomic_bool lists_lost;

bool
file_lists_lost(void)
{
	return atomic_load(&lists_lost);
}

/* FAT and some servers take any list, and keep none. */
static void
read_back(HANDLE file, const char *want)
{
	struct buf got = BUF_INIT(ACL_TEXT_MAX);

	if (!windows_lists_made_up() && windows_list(file, &got) == 0 &&
	    !acl_same(buf_text(&got), want))
		atomic_store(&lists_lost, true);
	buf_free(&got);
}

DWORD
file_give_list(HANDLE file, HANDLE directory, unsigned missing, HANDLE replaced)
{
	struct buf self = BUF_INIT(ACL_TEXT_MAX), above = BUF_INIT(ACL_TEXT_MAX),
		   old = BUF_INIT(ACL_TEXT_MAX), text = BUF_INIT(ACL_TEXT_MAX);
	struct acl_file f = { .kind = ACL_INSTALLED,
		/* where owners are made up, none tells of a stranger */
		.privileged = place_privileged() && !windows_lists_made_up(),
		.missing = missing };
	DWORD error = windows_self(&self);
	struct err e;

	if (error == 0)
		error = windows_list(directory, &above);
	if (error == 0 && replaced != NULL)
		error = windows_list(replaced, &old);
	f.self = buf_text(&self);
	f.directory = buf_text(&above);
	f.replaced = replaced == NULL ? NULL : buf_text(&old);
	if (error == 0 && acl_choose(&f, &text, &e) == -1)
		error = e.code == ERR_SYNTAX ? ERROR_INVALID_ACL : ERROR_OUTOFMEMORY;
	/* An owner other than this process's needs a privilege. */
	if (error == 0 && f.privileged)
		windows_use_any_file(true);
	if (error == 0)
		error = windows_set_list(file, buf_text(&text), f.privileged);
	if (f.privileged)
		windows_use_any_file(false);
	if (error == 0)
		read_back(file, buf_text(&text));
	buf_free(&self);
	buf_free(&above);
	buf_free(&old);
	buf_free(&text);
	return error;
}

/*
 * The nearest directory of a file's place that is there, to be closed, and how many below it are
 * missing.  A file or a link in the way makes way for a directory.  NULL with GetLastError().
 */
static HANDLE
open_above(struct dir *root, const char *path, unsigned *missing)
{
	char *at = strdup(path), *slash;
	HANDLE h = NULL;

	*missing = 0;
	while (at != NULL && h == NULL && (slash = strrchr(at, '/')) != NULL) {
		struct err ignored;
		struct dir *d;

		*slash = '\0';
		if ((d = dir_below(root, at, false, &ignored)) != NULL)
			h = file_duplicate(d->handle);
		else
			++*missing;
		dir_close(d);
	}
	if (at == NULL)
		SetLastError(ERROR_OUTOFMEMORY);
	else if (h == NULL)
		h = file_duplicate(root->handle);
	free(at);
	return h;
}

DWORD
file_attributes_kept(DWORD replaced, DWORD now)
{
	const DWORD kept =
	    FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;
	DWORD all = (now & ~(kept | FILE_ATTRIBUTE_NORMAL)) | (replaced & kept);

	return all == 0 ? FILE_ATTRIBUTE_NORMAL : all;
}

/* Not every file system has them, and no update fails for their sake. */
static void
keep_attributes(HANDLE file, HANDLE replaced)
{
	FILE_BASIC_INFO was, now;

	if (!GetFileInformationByHandleEx(replaced, FileBasicInfo, &was, sizeof was) ||
	    !GetFileInformationByHandleEx(file, FileBasicInfo, &now, sizeof now))
		return;
	/* Times of 0 stay as they are. */
	was = (FILE_BASIC_INFO){ .FileAttributes =
				     file_attributes_kept(was.FileAttributes, now.FileAttributes) };
	if (was.FileAttributes != now.FileAttributes)
		SetFileInformationByHandle(file, FileBasicInfo, &was, sizeof was);
}

/* The file that has the place; NULL: there is none whose list counts. */
static HANDLE
open_replaced(struct dir *root, const char *path)
{
	struct file_info info;
	struct err ignored;
	HANDLE h;

	return file_open_regular(root, path, READ_CONTROL, &h, &info, &ignored) == 0 ? h : NULL;
}

/* FAT has no lists, and a user of a network share may not be allowed to set any. */
static bool
has_no_lists(DWORD error)
{
	return error == ERROR_INVALID_FUNCTION || error == ERROR_NOT_SUPPORTED ||
	    (error == ERROR_ACCESS_DENIED && !place_privileged());
}

/* The list and attributes of an open file for its place root/path.  0 or a Windows error. */
static DWORD
give_list_of(HANDLE h, struct dir *root, const char *path, bool keep)
{
	HANDLE replaced = keep ? open_replaced(root, path) : NULL, above;
	unsigned missing;
	DWORD error;

	if ((above = open_above(root, path, &missing)) == NULL)
		error = GetLastError();
	else {
		error = file_give_list(h, above, missing, replaced);
		CloseHandle(above);
	}
	if (replaced != NULL) {
		keep_attributes(h, replaced);
		CloseHandle(replaced);
	}
	return error;
}

int
file_set_list(struct dir *d, const char *name, struct dir *root, const char *path, bool keep,
    struct err *e)
{
	struct file_how how = { READ_CONTROL | WRITE_DAC | FILE_READ_ATTRIBUTES |
		    FILE_WRITE_ATTRIBUTES,
		FILE_OPEN, FILE_NON_DIRECTORY_FILE, false };
	HANDLE h;
	DWORD error;

	if (place_privileged())
		how.access |= WRITE_OWNER;
	if ((error = file_open_at(d, name, &how, &h)) == 0) {
		error = give_list_of(h, root, path, keep);
		CloseHandle(h);
	}
	if (has_no_lists(error)) {
		atomic_store(&lists_lost, true);
		return 0;
	}
	return error == 0 ? 0 : file_fail(d, name, error, e);
}
