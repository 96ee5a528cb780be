/* SPDX-License-Identifier: ISC */
/* Opening, renaming and removing what a name below a directory stands for, on Windows. */
#include "lib/os/open_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/private_windows.h"

#define ASIDE_MAX 10 /* old ones of one file that are still running */

/* Parts of FILE_RENAME_INFORMATION and of the disposition that mingw's headers don't name. */
#define RENAME_INFORMATION	   10
#define DISPOSITION_INFORMATION	   13
#define DISPOSITION_INFORMATION_EX 64
#define RENAME_INFORMATION_EX	   65
#define RENAME_REPLACE		   0x1u
#define RENAME_POSIX		   0x2u
#define RENAME_IGNORE_READONLY	   0x40u
#define REMOVE_POSIX		   0x3u /* remove, with the name gone at once */
#define REMOVE_IGNORE_READONLY	   0x10u

/* IsReparseTagNameSurrogate(), and attributes that mingw's headers lack. */
#define TAG_NAME_SURROGATE    0x20000000u
#define RECALL_ON_OPEN	      0x00040000u
#define RECALL_ON_DATA_ACCESS 0x00400000u

#define DIR_ACCESS \
	(FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE)

NTSTATUS NTAPI NtSetInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, FILE_INFORMATION_CLASS);

struct rename_information {
	ULONG flags; /* the old form reads its first byte alone */
	HANDLE root;
	ULONG length; /* bytes */
	wchar_t name[1];
};

int
file_fail(const struct dir *d, const char *name, DWORD error, struct err *e)
{
	char where[FILE_SHOWN_MAX];

	file_shown(d, name, where);
	if (error == ERROR_REPARSE_TAG_MISMATCH)
		return err_setx(e, ERR_UNSAFE, "%s: a link or junction stands in the way", where);
	if (error == ERROR_DIRECTORY)
		return err_setx(e, ERR_UNSAFE, "%s: something in the way is not a directory",
		    where);
	if (error == ERROR_INVALID_NAME)
		return err_setx(e, ERR_UNSAFE, "%s: want a plain name below the directory", where);
	if (error == ERROR_SHARING_VIOLATION)
		return err_setx(e, ERR_BUSY, "%s: a program runs it or has it open", where);
	return err_windows(e, error, "%s", where);
}

/* Whether name is a plain entry of a directory: no stream, no device, no way up. */
static bool
valid_leaf(const wchar_t *name)
{
	return *name != L'\0' && wcscmp(name, L".") != 0 && wcscmp(name, L"..") != 0 &&
	    wcspbrk(name, L"\\/:*?\"<>|") == NULL;
}

/*
 * Errors that pass: another program (a virus scanner, an indexer) has the file open for a moment,
 * or the file is being removed.
 */
static bool
passes_by(NTSTATUS status)
{
	return status == (NTSTATUS)0xC0000043 /* STATUS_SHARING_VIOLATION */ ||
	    status == (NTSTATUS)0xC0000056 /* STATUS_DELETE_PENDING */;
}

/* as_itself: FILE_OPEN_REPARSE_POINT, or 0 */
static DWORD
open_name(HANDLE parent, const wchar_t *leaf, const struct file_how *how, ULONG as_itself,
    HANDLE *out)
{
	size_t bytes = wcslen(leaf) * sizeof *leaf;
	UNICODE_STRING name = { (USHORT)bytes, (USHORT)bytes, (wchar_t *)(uintptr_t)leaf };
	OBJECT_ATTRIBUTES attributes;
	PSECURITY_DESCRIPTOR sd = NULL;
	IO_STATUS_BLOCK io;
	NTSTATUS status;

	if (bytes > UNICODE_STRING_MAX_BYTES)
		return ERROR_FILENAME_EXCED_RANGE;
	if (how->secret && (sd = windows_private(parent)) == NULL)
		return GetLastError();
	InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, parent, sd);
	for (int tries = 0;; tries++) {
		status = NtCreateFile(out, how->access | SYNCHRONIZE, &attributes, &io, NULL,
		    FILE_ATTRIBUTE_NORMAL, FILE_SHARE_ALL, how->disposition,
		    how->options | as_itself | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
		if (!passes_by(status) || tries == FILE_BUSY_TRIES)
			break;
		clock_sleep_ms(FILE_BUSY_WAIT_MS);
	}
	LocalFree(sd);
	return status >= 0 ? 0 : RtlNtStatusToDosError(status);
}

DWORD
file_open_in(HANDLE parent, const wchar_t *leaf, const struct file_how *how, HANDLE *out)
{
	return open_name(parent, leaf, how, FILE_OPEN_REPARSE_POINT, out);
}

enum file_type
file_type_of(DWORD attributes, DWORD tag, bool *elsewhere)
{
	*elsewhere = (attributes & (RECALL_ON_OPEN | RECALL_ON_DATA_ACCESS)) != 0;
	if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 && (tag & TAG_NAME_SURROGATE) != 0)
		return FILE_LINK;
	return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? FILE_DIRECTORY
	    : (attributes & FILE_ATTRIBUTE_DEVICE) != 0	    ? FILE_OTHER
							    : FILE_REGULAR;
}

/* The attributes of an open file, and its tag.  0 or a Windows error. */
static DWORD
look_at_tag(HANDLE h, FILE_ATTRIBUTE_TAG_INFO *tag)
{
	if (!GetFileInformationByHandleEx(h, FileAttributeTagInfo, tag, sizeof *tag))
		return GetLastError();
	return 0;
}

static bool
is_same(HANDLE a, HANDLE b)
{
	BY_HANDLE_FILE_INFORMATION one, other;

	return GetFileInformationByHandle(a, &one) && GetFileInformationByHandle(b, &other) &&
	    one.dwVolumeSerialNumber == other.dwVolumeSerialNumber &&
	    one.nFileIndexHigh == other.nFileIndexHigh && one.nFileIndexLow == other.nFileIndexLow;
}

/*
 * Where *h is a reparse point that doesn't stand for another name, open it once more as programs
 * do, which shows its content; *h is closed then.  0 or a Windows error, with *h closed.
 */
static DWORD
open_content(HANDLE parent, const wchar_t *leaf, const struct file_how *how, HANDLE *h)
{
	struct file_how again = *how;
	FILE_ATTRIBUTE_TAG_INFO tag;
	DWORD error = look_at_tag(*h, &tag);
	HANDLE content = NULL;

	if (error == 0 && (tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0)
		return 0;
	again.disposition = FILE_OPEN;
	if (error == 0 && (tag.ReparseTag & TAG_NAME_SURROGATE) != 0)
		error = ERROR_REPARSE_TAG_MISMATCH;
	if (error == 0 && (error = open_name(parent, leaf, &again, 0, &content)) == 0 &&
	    !is_same(*h, content)) {
		CloseHandle(content);
		error = ERROR_REPARSE_TAG_MISMATCH;
	}
	CloseHandle(*h);
	*h = content;
	return error;
}

DWORD
file_step(HANDLE parent, const wchar_t *leaf, bool secret, ULONG disposition, HANDLE *out)
{
	struct file_how how = { DIR_ACCESS, disposition, FILE_DIRECTORY_FILE, secret };
	DWORD error = valid_leaf(leaf) ? file_open_in(parent, leaf, &how, out) : ERROR_INVALID_NAME;

	return error != 0 ? error : open_content(parent, leaf, &how, out);
}

HANDLE
file_duplicate(HANDLE h)
{
	HANDLE copy = NULL;

	DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &copy, 0, FALSE,
	    DUPLICATE_SAME_ACCESS);
	return copy;
}

HANDLE
file_open_path(const wchar_t *path)
{
	return CreateFileW(path, DIR_ACCESS, FILE_SHARE_ALL, NULL, OPEN_EXISTING,
	    FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

/* The parent of a path that the caller vouches for. */
static DWORD
at_path(struct file_at *at, const char *name)
{
	struct err e;
	wchar_t *w = wide_path(name, &e), *slash;
	DWORD error = ERROR_INVALID_NAME;

	if (w == NULL || (slash = wcsrchr(w, L'\\')) == NULL || !valid_leaf(slash + 1))
		goto out;
	if ((at->leaf = _wcsdup(slash + 1)) == NULL) {
		error = ERROR_OUTOFMEMORY;
		goto out;
	}
	slash[1] = L'\0'; /* "C:\" needs the backslash, and other paths may have it */
	if ((at->parent = file_open_path(w)) == INVALID_HANDLE_VALUE) {
		error = GetLastError();
		free(at->leaf);
		goto out;
	}
	error = 0;
out:
	free(w);
	return error;
}

/*
 * Walk from d to the directory that holds the last part of the path w, which is cut up on the way.
 */
static DWORD
at_walk(struct file_at *at, const struct dir *d, wchar_t *w)
{
	HANDLE here = file_duplicate(d->handle), next;
	wchar_t *slash;
	DWORD error = 0;

	for (; (slash = wcschr(w, L'/')) != NULL; w = slash + 1) {
		*slash = L'\0';
		error =
		    *w == L'\0' ? ERROR_INVALID_NAME : file_step(here, w, false, FILE_OPEN, &next);
		CloseHandle(here);
		if (error != 0)
			return error;
		here = next;
	}
	if (!valid_leaf(w))
		error = ERROR_INVALID_NAME;
	else if ((at->leaf = _wcsdup(w)) == NULL)
		error = ERROR_OUTOFMEMORY;
	if (error != 0)
		CloseHandle(here);
	at->parent = here;
	return error;
}

int
file_at_open(struct file_at *at, struct dir *d, const char *name, DWORD *error)
{
	struct err e;
	wchar_t *w;

	*error = ERROR_INVALID_NAME;
	if (d == NULL)
		*error = at_path(at, name);
	else if ((w = wide_of(name, &e)) != NULL) {
		*error = at_walk(at, d, w);
		free(w);
	}
	if (*error == 0)
		return 0;
	*at = (struct file_at){ NULL, NULL };
	return -1;
}

void
file_at_close(struct file_at *at)
{
	if (at->parent != NULL)
		CloseHandle(at->parent);
	free(at->leaf);
	*at = (struct file_at){ NULL, NULL };
}

DWORD
file_open_at(struct dir *d, const char *name, const struct file_how *how, HANDLE *out)
{
	struct file_at at;
	DWORD error;

	if (file_at_open(&at, d, name, &error) == -1)
		return error;
	error = file_open_in(at.parent, at.leaf, how, out);
	file_at_close(&at);
	return error;
}

/* Why a replacement failed: Windows also denies access to a file that is only in use. */
static DWORD
replace_error(DWORD error, const struct file_at *to)
{
	struct file_how how = { DELETE | FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_NON_DIRECTORY_FILE,
		false };
	HANDLE there;
	DWORD why;

	if (error == ERROR_USER_MAPPED_FILE)
		return ERROR_SHARING_VIOLATION;
	if (error != ERROR_ACCESS_DENIED)
		return error;
	if ((why = file_open_in(to->parent, to->leaf, &how, &there)) == 0)
		CloseHandle(there);
	return why == 0 || why == ERROR_SHARING_VIOLATION ? ERROR_SHARING_VIOLATION : error;
}

bool
file_status_unsupported(NTSTATUS status)
{
	static const ULONG unsupported[] = {
		0xC0000002, /* STATUS_NOT_IMPLEMENTED */
		0xC0000003, /* STATUS_INVALID_INFO_CLASS */
		0xC000000D, /* STATUS_INVALID_PARAMETER: a flag that isn't known */
		0xC0000010, /* STATUS_INVALID_DEVICE_REQUEST: ReFS, FAT, filters */
		0xC00000AF, /* STATUS_ILLEGAL_FUNCTION */
		0xC00000BB, /* STATUS_NOT_SUPPORTED: ReFS, servers of shares */
		0xC0000148, /* STATUS_INVALID_LEVEL: Samba */
	};

	for (size_t i = 0; i < N(unsupported); i++)
		if (status == (NTSTATUS)unsupported[i])
			return true;
	return false;
}

enum rename_way
file_rename_way(enum rename_way way, NTSTATUS status)
{
	return way < RENAME_WAY_OLD && file_status_unsupported(status) ? way + 1 : way;
}

static NTSTATUS
rename_by(enum rename_way way, HANDLE file, struct rename_information *r, bool over)
{
	static const struct {
		int class;
		ULONG flags;
	} ways[] = {
		[RENAME_WAY_READ_ONLY] = { RENAME_INFORMATION_EX,
		    RENAME_POSIX | RENAME_IGNORE_READONLY },
		[RENAME_WAY_POSIX] = { RENAME_INFORMATION_EX, RENAME_POSIX },
		[RENAME_WAY_OLD] = { RENAME_INFORMATION, 0 },
	};
	IO_STATUS_BLOCK io;

	r->flags = ways[way].flags | (over ? RENAME_REPLACE : 0);
	return NtSetInformationFile(file, &io, r, (ULONG)sizeof *r + r->length,
	    (FILE_INFORMATION_CLASS)ways[way].class);
}

/* Rename by the best way that the system and the file system support, which *way names then. */
static NTSTATUS
rename_any_way(HANDLE file, struct rename_information *r, bool over, enum rename_way *way)
{
	for (int waits = 0;;) {
		NTSTATUS status = rename_by(*way, file, r, over);
		enum rename_way next = file_rename_way(*way, status);

		if (passes_by(status) && waits++ < FILE_BUSY_TRIES)
			clock_sleep_ms(FILE_BUSY_WAIT_MS);
		else if (next != *way)
			*way = next;
		else
			return status;
	}
}

/*
 * Rename over a file that may be read-only, which only RENAME_WAY_READ_ONLY replaces: the file is
 * made writable for the other ways.
 */
static NTSTATUS
rename_over(HANDLE file, struct rename_information *r, const struct file_at *to)
{
	struct file_how how = { FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, FILE_OPEN,
		FILE_NON_DIRECTORY_FILE, false };
	enum rename_way way = RENAME_WAY_READ_ONLY;
	NTSTATUS status = rename_any_way(file, r, true, &way);
	struct file_info there;
	HANDLE h;

	if (status >= 0 || way == RENAME_WAY_READ_ONLY ||
	    file_open_in(to->parent, to->leaf, &how, &h) != 0)
		return status;
	if (file_info_open(h, &there) == 0 && (there.mode & 0200) == 0 &&
	    file_set_read_only(h, false) == 0 && (status = rename_any_way(file, r, true, &way)) < 0)
		file_set_read_only(h, true);
	CloseHandle(h);
	return status;
}

DWORD
file_rename_open(HANDLE file, const struct file_at *to, bool over)
{
	size_t bytes = wcslen(to->leaf) * sizeof(wchar_t);
	struct rename_information *r = calloc(1, sizeof *r + bytes);
	enum rename_way way = RENAME_WAY_READ_ONLY;
	NTSTATUS status;
	DWORD error;

	if (r == NULL)
		return ERROR_OUTOFMEMORY;
	r->root = to->parent;
	r->length = (ULONG)bytes;
	memcpy(r->name, to->leaf, bytes);
	status = over ? rename_over(file, r, to) : rename_any_way(file, r, false, &way);
	free(r);
	if (status >= 0)
		return 0;
	error = RtlNtStatusToDosError(status);
	return over ? replace_error(error, to) : error;
}

DWORD
file_set_read_only(HANDLE file, bool read_only)
{
	FILE_BASIC_INFO basic;

	if (!GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic))
		return GetLastError();
	if (((basic.FileAttributes & FILE_ATTRIBUTE_READONLY) != 0) == read_only)
		return 0;
	basic.FileAttributes &= ~(DWORD)FILE_ATTRIBUTE_READONLY;
	basic.FileAttributes |= read_only ? FILE_ATTRIBUTE_READONLY : FILE_ATTRIBUTE_NORMAL;
	return SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic)
	    ? 0
	    : GetLastError();
}

DWORD
file_remove_open(HANDLE file)
{
	ULONG flags = REMOVE_POSIX | REMOVE_IGNORE_READONLY;
	BOOLEAN remove = TRUE;
	IO_STATUS_BLOCK io;
	NTSTATUS status = NtSetInformationFile(file, &io, &flags, sizeof flags,
	    (FILE_INFORMATION_CLASS)DISPOSITION_INFORMATION_EX);

	/* The flag is of Windows 10 1809. */
	if (file_status_unsupported(status)) {
		flags = REMOVE_POSIX;
		file_set_read_only(file, false);
		status = NtSetInformationFile(file, &io, &flags, sizeof flags,
		    (FILE_INFORMATION_CLASS)DISPOSITION_INFORMATION_EX);
	}
	/* Other file systems than NTFS know only the old call, which refuses read-only files. */
	if (status < 0 && status != (NTSTATUS)0xC0000101 /* STATUS_DIRECTORY_NOT_EMPTY */) {
		file_set_read_only(file, false);
		status = NtSetInformationFile(file, &io, &remove, sizeof remove,
		    (FILE_INFORMATION_CLASS)DISPOSITION_INFORMATION);
	}
	/* It was opened to be removed, so this isn't about rights. */
	if (status == (NTSTATUS)0xC0000121 /* STATUS_CANNOT_DELETE */)
		return ERROR_SHARING_VIOLATION;
	return status >= 0 ? 0 : RtlNtStatusToDosError(status);
}

DWORD
file_info_open(HANDLE file, struct file_info *info)
{
	BY_HANDLE_FILE_INFORMATION i;
	FILE_ATTRIBUTE_TAG_INFO tag = { 0 };
	DWORD a, error;

	if (!GetFileInformationByHandle(file, &i))
		return GetLastError();
	a = i.dwFileAttributes;
	if ((a & FILE_ATTRIBUTE_REPARSE_POINT) != 0 && (error = look_at_tag(file, &tag)) != 0)
		return error;
	info->type = file_type_of(a, tag.ReparseTag, &info->elsewhere);
	info->size = (uint64_t)i.nFileSizeHigh << 32 | i.nFileSizeLow;
	info->mode = a & FILE_ATTRIBUTE_READONLY ? 0444 : 0644;
	info->mtime_ns = windows_time_ns(
	    (uint64_t)i.ftLastWriteTime.dwHighDateTime << 32 | i.ftLastWriteTime.dwLowDateTime);
	info->inode = (uint64_t)i.nFileIndexHigh << 32 | i.nFileIndexLow;
	info->device = i.dwVolumeSerialNumber;
	info->uid = 0;
	info->gid = 0;
	return 0;
}

/*
 * Open a file by a path that the caller vouches for, as programs do: links are followed, and the
 * directory needn't be one that this user may list.  0 or a Windows error.
 */
static DWORD
open_by_path(const char *path, ACCESS_MASK access, HANDLE *out)
{
	struct err ignored;
	wchar_t *w = wide_path(path, &ignored), *slash;
	DWORD error = ERROR_INVALID_NAME;

	if (w != NULL && (slash = wcsrchr(w, L'\\')) != NULL && valid_leaf(slash + 1)) {
		for (int tries = 0;; tries++) {
			*out = CreateFileW(w, access, FILE_SHARE_ALL, NULL, OPEN_EXISTING,
			    FILE_FLAG_BACKUP_SEMANTICS, NULL);
			error = *out == INVALID_HANDLE_VALUE ? GetLastError() : 0;
			if (error != ERROR_SHARING_VIOLATION || tries == FILE_BUSY_TRIES)
				break;
			clock_sleep_ms(FILE_BUSY_WAIT_MS);
		}
	}
	free(w);
	return error;
}

/* Open a file below d, and no link. */
static DWORD
open_below(struct dir *d, const char *name, const struct file_how *how, HANDLE *out)
{
	struct file_at at;
	DWORD error;

	if (file_at_open(&at, d, name, &error) == -1)
		return error;
	error = file_open_in(at.parent, at.leaf, how, out);
	if (error == 0)
		error = open_content(at.parent, at.leaf, how, out);
	file_at_close(&at);
	return error;
}

int
file_open_regular(struct dir *d, const char *name, ACCESS_MASK access, HANDLE *out,
    struct file_info *info, struct err *e)
{
	struct file_how how = { access | FILE_READ_ATTRIBUTES, FILE_OPEN, 0, false };
	char where[FILE_SHOWN_MAX];
	DWORD error =
	    d == NULL ? open_by_path(name, how.access, out) : open_below(d, name, &how, out);

	if (error != 0)
		return file_fail(d, name, error, e);
	if ((error = file_info_open(*out, info)) != 0) {
		file_fail(d, name, error, e);
	} else if (info->type != FILE_REGULAR) {
		err_setx(e, ERR_UNSAFE, "%s: want a regular file, got something else",
		    file_shown(d, name, where));
	} else
		return 0;
	CloseHandle(*out);
	return -1;
}

DWORD
file_beside(const struct file_at *at, const wchar_t *suffix, struct file_at *out)
{
	size_t room = wcslen(at->leaf) + wcslen(suffix) + 2;

	out->parent = at->parent;
	if ((out->leaf = malloc(room * sizeof *out->leaf)) == NULL)
		return ERROR_OUTOFMEMORY;
	swprintf(out->leaf, room, L".%ls%ls", at->leaf, suffix);
	return 0;
}

DWORD
file_remove_in(HANDLE parent, const wchar_t *leaf, ULONG options)
{
	struct file_how how = { DELETE | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, FILE_OPEN,
		options, false };
	HANDLE h;
	DWORD error = file_open_in(parent, leaf, &how, &h);

	if (error == ERROR_ACCESS_DENIED) {
		how.access &= ~(ACCESS_MASK)FILE_WRITE_ATTRIBUTES;
		error = file_open_in(parent, leaf, &how, &h);
	}
	if (error != 0)
		return error;
	error = file_remove_open(h);
	CloseHandle(h);
	return error;
}

DWORD
file_put_open(HANDLE file, const struct file_at *to)
{
	struct file_how how = { DELETE | FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_NON_DIRECTORY_FILE,
		false };
	struct file_at aside = { NULL, NULL };
	DWORD error = file_rename_open(file, to, true), moved = 0;
	HANDLE old;

	if (error != ERROR_SHARING_VIOLATION)
		return error;
	if (file_open_in(to->parent, to->leaf, &how, &old) != 0)
		return error;
	for (int i = 0; i < ASIDE_MAX; i++) {
		wchar_t suffix[16];

		swprintf(suffix, N(suffix), i == 0 ? L".old" : L".old%d", i);
		free(aside.leaf);
		if ((moved = file_beside(to, suffix, &aside)) != 0)
			break;
		file_remove_in(aside.parent, aside.leaf, FILE_NON_DIRECTORY_FILE);
		if ((moved = file_rename_open(old, &aside, false)) != ERROR_ALREADY_EXISTS)
			break;
	}
	if (moved == 0 && (error = file_rename_open(file, to, false)) != 0)
		file_rename_open(old, to, false);
	else if (moved == 0)
		/* refused while it runs: the next replacement tries again */
		file_remove_open(old);
	CloseHandle(old);
	free(aside.leaf);
	return error;
}
