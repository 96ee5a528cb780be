/* SPDX-License-Identifier: ISC */
/* The names of files on Windows. */
#include "lib/os/move.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/open_windows.h"

#define LINK_INFORMATION 11

NTSTATUS NTAPI NtSetInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, FILE_INFORMATION_CLASS);

struct link_information {
	BOOLEAN replace;
	HANDLE root;
	ULONG length; /* bytes */
	wchar_t name[1];
};

/* Give an open file a second name. */
static DWORD
link_open(HANDLE file, const struct file_at *to)
{
	size_t bytes = wcslen(to->leaf) * sizeof(wchar_t),
	       size = sizeof(struct link_information) + bytes;
	struct link_information *l = calloc(1, size);
	IO_STATUS_BLOCK io;
	NTSTATUS status;

	if (l == NULL)
		return ERROR_OUTOFMEMORY;
	l->root = to->parent;
	l->length = (ULONG)bytes;
	memcpy(l->name, to->leaf, bytes);
	status = NtSetInformationFile(file, &io, l, (ULONG)size,
	    (FILE_INFORMATION_CLASS)LINK_INFORMATION);
	free(l);
	if (file_status_unsupported(status))
		return ERROR_NOT_SUPPORTED;
	return status >= 0 ? 0 : RtlNtStatusToDosError(status);
}

int
file_link(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e)
{
	/* Ask for DELETE: otherwise the second name couldn't be removed again. */
	struct file_how how = { DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, FILE_OPEN,
		FILE_NON_DIRECTORY_FILE, false };
	struct file_at at;
	HANDLE h;
	DWORD error = file_open_at(from, name, &how, &h);

	if (error == ERROR_ACCESS_DENIED)
		return 0;
	if (error != 0)
		return file_fail(from, name, error, e);
	if (file_at_open(&at, to, newname, &error) == 0) {
		error = link_open(h, &at);
		file_at_close(&at);
	}
	CloseHandle(h);
	if (error == 0)
		return 1;
	/*
	 * Another volume, one without links (FAT), a full link count, or a right that is missing.
	 */
	if (error == ERROR_NOT_SAME_DEVICE || error == ERROR_NOT_SUPPORTED ||
	    error == ERROR_TOO_MANY_LINKS || error == ERROR_ACCESS_DENIED)
		return 0;
	return file_fail(to, newname, error, e);
}

/*
 * Move; with sync, durably, and over a file that is in use.  1, 0 when there is no such name, -1.
 */
static int
move(struct dir *from, const char *name, struct dir *to, const char *newname, bool sync,
    struct err *e)
{
	struct file_how how = { DELETE | FILE_READ_ATTRIBUTES | (sync ? FILE_WRITE_DATA : 0),
		FILE_OPEN, 0, false };
	bool flush = sync;
	struct file_at at;
	HANDLE h;
	DWORD error = file_open_at(from, name, &how, &h);

	if (error == ERROR_ACCESS_DENIED && flush) {
		/* Read-only: it can be moved, and flushing it is then up to dir_sync(). */
		how.access &= ~(ACCESS_MASK)FILE_WRITE_DATA;
		flush = false;
		error = file_open_at(from, name, &how, &h);
	}
	if (error == ERROR_FILE_NOT_FOUND)
		return 0;
	if (error != 0)
		return file_fail(from, name, error, e);
	if (file_at_open(&at, to, newname, &error) == 0) {
		error = sync ? file_put_open(h, &at) : file_rename_open(h, &at, true);
		file_at_close(&at);
	}
	if (error == 0 && flush && !FlushFileBuffers(h))
		error = GetLastError();
	CloseHandle(h);
	return error == 0 ? 1 : file_fail(to, newname, error, e);
}

int
file_move(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e)
{
	return move(from, name, to, newname, false, e);
}

int
file_rename(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e)
{
	int rc = move(from, name, to, newname, true, e);

	if (rc != 1)
		return rc == -1 ? -1 : file_fail(from, name, ERROR_FILE_NOT_FOUND, e);
	return to == NULL || dir_sync(to, e) == 0
	    ? from == NULL || from == to ? 0 : dir_sync(from, e)
	    : -1;
}

/*
 * Flushing needs a handle for writing, which a read-only file refuses: make it writable for a
 * moment.
 */
static DWORD
sync_read_only(struct dir *d, const char *name, HANDLE attributes)
{
	struct file_how how = { GENERIC_WRITE, FILE_OPEN, FILE_NON_DIRECTORY_FILE, false };
	DWORD error = file_set_read_only(attributes, false), again;
	HANDLE h;

	if (error != 0)
		return error;
	error = file_open_at(d, name, &how, &h);
	again = file_set_read_only(attributes, true);
	if (error != 0)
		return error;
	error = FlushFileBuffers(h) ? again : GetLastError();
	CloseHandle(h);
	return error;
}

int
file_sync(struct dir *d, const char *name, struct err *e)
{
	struct file_info info;
	DWORD error;
	HANDLE h;

	if (file_open_regular(d, name, FILE_WRITE_ATTRIBUTES, &h, &info, e) == -1)
		return -1;
	if ((info.mode & 0200) == 0)
		error = sync_read_only(d, name, h);
	else {
		CloseHandle(h);
		if (file_open_regular(d, name, GENERIC_WRITE, &h, &info, e) == -1)
			return -1;
		error = FlushFileBuffers(h) ? 0 : GetLastError();
	}
	CloseHandle(h);
	return error == 0 ? 0 : file_fail(d, name, error, e);
}

/* Windows has no permission bits: only the right to write is kept, as the read-only attribute. */
int
file_set_mode(struct dir *d, const char *name, unsigned mode, struct err *e)
{
	struct file_info info;
	DWORD error;
	HANDLE h;

	if (file_open_regular(d, name, FILE_WRITE_ATTRIBUTES, &h, &info, e) == -1)
		return -1;
	error = file_set_read_only(h, (mode & 0200) == 0);
	CloseHandle(h);
	return error == 0 ? 0 : file_fail(d, name, error, e);
}

static int
remove_at(struct dir *d, const char *name, ULONG options, struct err *e)
{
	struct file_at at;
	DWORD error;

	if (file_at_open(&at, d, name, &error) == 0) {
		error = file_remove_in(at.parent, at.leaf, options);
		file_at_close(&at);
	}
	if (error == 0)
		return 1;
	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
		return 0;
	if (options == FILE_DIRECTORY_FILE &&
	    (error == ERROR_DIRECTORY || error == ERROR_DIR_NOT_EMPTY))
		return 0;
	return file_fail(d, name, error, e);
}

int
file_remove(struct dir *d, const char *name, struct err *e)
{
	return remove_at(d, name, FILE_NON_DIRECTORY_FILE, e);
}

int
dir_remove(struct dir *d, const char *name, struct err *e)
{
	return remove_at(d, name, FILE_DIRECTORY_FILE, e);
}
