/* SPDX-License-Identifier: ISC */
/*
 * The contents of files, on Windows.
 *
 * A file is replaced through a temporary file beside it, ".NAME.new", as on POSIX systems: written,
 * flushed, renamed over the name, and flushed once more so that the rename is on the disk, too.
 */
#include "lib/os/open_windows.h"

#include <stdlib.h>

#include "lib/os/clock.h"
#include "lib/os/private_windows.h"

#define PIECE (1024u * 1024) /* most bytes of one WriteFile() */

int
file_fault(struct err *e, const char *verb, const char *where)
{
	return err_windows(e, GetLastError(), "%s %s", verb, where);
}

/* 0, or -1 with a Windows error for file_fault(). */
static int
leave_error(DWORD error)
{
	SetLastError(error);
	return error == 0 ? 0 : -1;
}

/* h, or -1 with e filled in. */
static intptr_t
handle_of(HANDLE h, DWORD error, struct dir *d, const char *name, struct err *e)
{
	return error == 0 ? (intptr_t)h : file_fail(d, name, error, e);
}

bool
file_modes_lost(void)
{
	return file_lists_lost();
}

bool
file_modes_kept(struct dir *d)
{
	(void)d;
	return true;
}

int
file_stat(struct dir *d, const char *name, struct file_info *info, struct err *e)
{
	struct file_how how = { FILE_READ_ATTRIBUTES, FILE_OPEN, 0, false };
	HANDLE h;
	DWORD error = file_open_at(d, name, &how, &h);

	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ||
	    error == ERROR_DIRECTORY)
		return 0;
	if (error == 0) {
		error = file_info_open(h, info);
		CloseHandle(h);
	}
	return error == 0 ? 1 : file_fail(d, name, error, e);
}

void
file_stamp(const char *path, struct file_stamp *out)
{
	struct file_info info;
	FILE_BASIC_INFO basic;
	wchar_t *w;
	struct err e;
	HANDLE h;

	*out = (struct file_stamp){ .settled = true };
	if ((w = wide_path(path, &e)) == NULL)
		return;
	h = CreateFileW(w, FILE_READ_ATTRIBUTES, FILE_SHARE_ALL, NULL, OPEN_EXISTING,
	    FILE_FLAG_BACKUP_SEMANTICS, NULL);
	free(w);
	if (h == INVALID_HANDLE_VALUE)
		return;
	if (file_info_open(h, &info) == 0 &&
	    GetFileInformationByHandleEx(h, FileBasicInfo, &basic, sizeof basic)) {
		out->there = true;
		out->device = info.device;
		out->inode = info.inode;
		out->size = info.size;
		out->mode = info.mode;
		out->mtime_ns = info.mtime_ns;
		out->ctime_ns = windows_time_ns((uint64_t)basic.ChangeTime.QuadPart);
		out->settled = out->ctime_ns / 1000000000 + 1 < clock_wall();
	} else
		out->settled = false;
	CloseHandle(h);
}

intptr_t
file_open(struct dir *d, const char *name, bool write, struct file_info *info, struct err *e)
{
	HANDLE h;

	return file_open_regular(d, name, write ? GENERIC_WRITE : GENERIC_READ, &h, info, e) == -1
	    ? -1
	    : (intptr_t)h;
}

/* Make a new, empty file, and remove the file that had its name. */
static DWORD
create_temporary(const struct file_at *temp, unsigned mode, HANDLE *out)
{
	struct file_how how = { GENERIC_WRITE | DELETE | FILE_READ_ATTRIBUTES | READ_CONTROL |
		    WRITE_DAC | WRITE_OWNER,
		FILE_CREATE, FILE_NON_DIRECTORY_FILE, (mode & 077) == 0 };
	DWORD error = file_remove_in(temp->parent, temp->leaf, FILE_NON_DIRECTORY_FILE);

	if (error != 0 && error != ERROR_FILE_NOT_FOUND)
		return error;
	return file_open_in(temp->parent, temp->leaf, &how, out);
}

intptr_t
file_open_new(struct dir *d, const char *name, unsigned mode, struct err *e)
{
	struct file_at at;
	HANDLE h = NULL;
	DWORD error;

	if (file_at_open(&at, d, name, &error) == 0) {
		error = create_temporary(&at, mode, &h);
		file_at_close(&at);
	}
	return handle_of(h, error, d, name, e);
}

/*
 * Whoever may read a file can lock it, and keep everybody else from updating: a lock is for its
 * owner, administrators and the system alone, also one that an earlier version made.
 */
intptr_t
file_open_lock(struct dir *d, const char *name, struct err *e)
{
	struct file_how how = { GENERIC_READ | GENERIC_WRITE | READ_CONTROL | WRITE_DAC,
		FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE, true };
	HANDLE h = NULL;
	DWORD error = file_open_at(d, name, &how, &h);
	struct err open_to_others;

	if (error == 0 && windows_check_private(h, name, &open_to_others) == -1)
		windows_make_private(h, d == NULL ? NULL : d->handle);
	if (error == ERROR_ACCESS_DENIED) {
		how.access = GENERIC_READ | GENERIC_WRITE;
		error = file_open_at(d, name, &how, &h);
	}
	return handle_of(h, error, d, name, e);
}

int
file_try_lock(intptr_t f)
{
	OVERLAPPED whole = { 0 };
	DWORD error;

	if (LockFileEx((HANDLE)f, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, MAXDWORD,
		MAXDWORD, &whole))
		return 1;
	error = GetLastError();
	return error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING ? 0 : -1;
}

int
file_check_secret(intptr_t f, const struct file_info *info, const char *where, struct err *e)
{
	(void)info;
	return windows_check_private((HANDLE)f, where, e);
}

int
file_read_some(intptr_t f, void *data, size_t len, size_t *got)
{
	DWORD n = 0;
	BOOL ok = ReadFile((HANDLE)f, data, len > INT32_MAX ? INT32_MAX : (DWORD)len, &n, NULL);

	*got = n;
	return ok ? 0 : -1;
}

int
file_write_all(intptr_t f, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		DWORD n;

		if (!WriteFile((HANDLE)f, p, len > PIECE ? PIECE : (DWORD)len, &n, NULL))
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}

int
file_seek(intptr_t f, uint64_t at)
{
	LARGE_INTEGER to = { .QuadPart = (LONGLONG)at };

	if (at > INT64_MAX)
		return leave_error(ERROR_INVALID_PARAMETER);
	return SetFilePointerEx((HANDLE)f, to, NULL, FILE_BEGIN) ? 0 : -1;
}

int
file_cut(intptr_t f, uint64_t at)
{
	return file_seek(f, at) == 0 && SetEndOfFile((HANDLE)f) ? 0 : -1;
}

int
file_flush(intptr_t f)
{
	return FlushFileBuffers((HANDLE)f) ? 0 : -1;
}

int
file_close(intptr_t f)
{
	return CloseHandle((HANDLE)f) ? 0 : -1;
}

static DWORD
flush_handle(HANDLE h)
{
	return FlushFileBuffers(h) ? 0 : GetLastError();
}

/* Give the list of the file at to the open file h, in the same directory. */
static DWORD
take_after(HANDLE h, const struct file_at *at)
{
	struct file_how how = { READ_CONTROL, FILE_OPEN, FILE_NON_DIRECTORY_FILE, false };
	HANDLE old;
	DWORD error = file_open_in(at->parent, at->leaf, &how, &old);

	if (error == ERROR_FILE_NOT_FOUND)
		return 0;
	if (error != 0)
		return error;
	error = file_give_list(h, at->parent, 0, old);
	CloseHandle(old);
	return error;
}

/* Give the new content its name, durably. */
static DWORD
put_content(HANDLE h, const struct file_at *at, enum file_put how)
{
	DWORD error = 0;

	if (how == FILE_PUT_KEEP)
		error = take_after(h, at);
	if (error == 0 && how != FILE_PUT_FAST)
		error = flush_handle(h);
	if (error == 0)
		error = how == FILE_PUT_NEW ? file_rename_open(h, at, false) : file_put_open(h, at);
	if (error == 0 && how != FILE_PUT_FAST)
		return flush_handle(h);
	if (error != 0)
		file_remove_open(h);
	return error;
}

int
file_put(struct dir *d, const char *name, unsigned mode, enum file_put how,
    int (*fill)(intptr_t f, void *arg), void *arg, struct err *e)
{
	struct file_at at, temp = { NULL, NULL };
	HANDLE h;
	DWORD error;

	if (file_at_open(&at, d, name, &error) == -1)
		return file_fail(d, name, error, e);
	if ((error = file_beside(&at, L".new", &temp)) == 0 &&
	    (error = create_temporary(&temp, mode, &h)) == 0) {
		if (fill((intptr_t)h, arg) == -1) {
			error = GetLastError();
			file_remove_open(h);
		} else
			error = put_content(h, &at, how);
		CloseHandle(h);
	}
	free(temp.leaf);
	file_at_close(&at);
	return error == 0 ? 0 : file_fail(d, name, error, e);
}

long
file_lock_holder(struct dir *d, const char *name)
{
	(void)d;
	(void)name;
	return 0;
}
