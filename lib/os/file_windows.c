/* SPDX-License-Identifier: ISC */
/*
 * Directories and what is in them, on Windows.  file_write_windows.c has the contents of files.
 */
#include "lib/os/file_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"

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

#define DIR_ACCESS \
	(FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE)

NTSTATUS NTAPI NtSetInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, FILE_INFORMATION_CLASS);

struct rename_information {
	ULONG flags; /* the old form reads its first byte alone */
	HANDLE root;
	ULONG length; /* bytes */
	wchar_t name[1];
};

const char *
file_shown(const struct dir *d, const char *name, char out[FILE_SHOWN_MAX])
{
	if (d == NULL)
		snprintf(out, FILE_SHOWN_MAX, "%s", name);
	else
		snprintf(out, FILE_SHOWN_MAX, "%s/%s", d->path, name);
	return out;
}

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

/* A name that means one entry of a directory and nothing else: no stream, no device, no way up. */
static bool
valid_leaf(const wchar_t *name)
{
	return *name != L'\0' && wcscmp(name, L".") != 0 && wcscmp(name, L"..") != 0 &&
	    wcspbrk(name, L"\\/:*?\"<>|") == NULL;
}

/*
 * What another program's short look (a virus scanner's, an indexer's) gives, and a file that is
 * just going.
 */
static bool
passes_by(NTSTATUS status)
{
	return status == (NTSTATUS)0xC0000043 /* STATUS_SHARING_VIOLATION */ ||
	    status == (NTSTATUS)0xC0000056 /* STATUS_DELETE_PENDING */;
}

DWORD
file_open_in(HANDLE parent, const wchar_t *leaf, const struct file_how *how, HANDLE *out)
{
	size_t bytes = wcslen(leaf) * sizeof *leaf;
	UNICODE_STRING name = { (USHORT)bytes, (USHORT)bytes, (wchar_t *)(uintptr_t)leaf };
	OBJECT_ATTRIBUTES attributes;
	PSECURITY_DESCRIPTOR sd = NULL;
	IO_STATUS_BLOCK io;
	NTSTATUS status;

	if (bytes > UNICODE_STRING_MAX_BYTES)
		return ERROR_FILENAME_EXCED_RANGE;
	if (how->secret && (sd = windows_private()) == NULL)
		return GetLastError();
	InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, parent, sd);
	for (int tries = 0;; tries++) {
		status = NtCreateFile(out, how->access | SYNCHRONIZE, &attributes, &io, NULL,
		    FILE_ATTRIBUTE_NORMAL, FILE_SHARE_ALL, how->disposition,
		    how->options | FILE_OPEN_REPARSE_POINT | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
		if (!passes_by(status) || tries == FILE_BUSY_TRIES)
			break;
		clock_sleep_ms(FILE_BUSY_WAIT_MS);
	}
	LocalFree(sd);
	return status >= 0 ? 0 : RtlNtStatusToDosError(status);
}

static bool
is_link(HANDLE h)
{
	FILE_ATTRIBUTE_TAG_INFO tag;

	return GetFileInformationByHandleEx(h, FileAttributeTagInfo, &tag, sizeof tag) &&
	    (tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
}

/* A directory directly in parent, and no link to one. */
static DWORD
step(HANDLE parent, const wchar_t *leaf, bool secret, ULONG disposition, HANDLE *out)
{
	struct file_how how = { DIR_ACCESS, disposition, FILE_DIRECTORY_FILE, secret };
	DWORD error = valid_leaf(leaf) ? file_open_in(parent, leaf, &how, out) : ERROR_INVALID_NAME;

	if (error != 0)
		return error;
	if (!is_link(*out))
		return 0;
	CloseHandle(*out);
	return ERROR_REPARSE_TAG_MISMATCH;
}

static HANDLE
duplicate(HANDLE h)
{
	HANDLE copy = NULL;

	DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &copy, 0, FALSE,
	    DUPLICATE_SAME_ACCESS);
	return copy;
}

/* Any directory by its path, links followed: the caller vouches for it. */
static HANDLE
open_path(const wchar_t *path)
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
	slash[1] = L'\0'; /* "C:\" needs its end, and others don't mind */
	if ((at->parent = open_path(w)) == INVALID_HANDLE_VALUE) {
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
	HANDLE here = duplicate(d->handle), next;
	wchar_t *slash;
	DWORD error = 0;

	for (; (slash = wcschr(w, L'/')) != NULL; w = slash + 1) {
		*slash = L'\0';
		error = *w == L'\0' ? ERROR_INVALID_NAME : step(here, w, false, FILE_OPEN, &next);
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

/* Why what has a name can't be replaced: Windows denies access also where it is only in use. */
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

DWORD
file_rename_open(HANDLE file, const struct file_at *to, bool over)
{
	size_t bytes = wcslen(to->leaf) * sizeof(wchar_t),
	       size = sizeof(struct rename_information) + bytes;
	struct rename_information *r = calloc(1, size);
	IO_STATUS_BLOCK io;
	NTSTATUS status;
	DWORD error;

	if (r == NULL)
		return ERROR_OUTOFMEMORY;
	r->root = to->parent;
	r->length = (ULONG)bytes;
	memcpy(r->name, to->leaf, bytes);
	/*
	 * Windows 10 1709 and later replace what others have open; before, that must be tried
	 * again.
	 */
	r->flags = RENAME_POSIX | RENAME_IGNORE_READONLY | (over ? RENAME_REPLACE : 0);
	status = NtSetInformationFile(file, &io, r, (ULONG)size,
	    (FILE_INFORMATION_CLASS)RENAME_INFORMATION_EX);
	r->flags = over ? 1 : 0;
	for (int tries = 0; status == (NTSTATUS)0xC0000003 || status == (NTSTATUS)0xC000000D ||
	     status == (NTSTATUS)0xC0000002 || passes_by(status);
	     tries++) {
		if (tries == FILE_BUSY_TRIES)
			break;
		if (passes_by(status))
			clock_sleep_ms(FILE_BUSY_WAIT_MS);
		status = NtSetInformationFile(file, &io, r, (ULONG)size,
		    (FILE_INFORMATION_CLASS)RENAME_INFORMATION);
	}
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

	/* Other file systems than NTFS know only the old way, and mind when a file is read-only. */
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
	DWORD a;

	if (!GetFileInformationByHandle(file, &i))
		return GetLastError();
	a = i.dwFileAttributes;
	info->type = a & FILE_ATTRIBUTE_REPARSE_POINT ? FILE_LINK
	    : a & FILE_ATTRIBUTE_DIRECTORY	      ? FILE_DIRECTORY
	    : a & FILE_ATTRIBUTE_DEVICE		      ? FILE_OTHER
						      : FILE_REGULAR;
	info->size = (uint64_t)i.nFileSizeHigh << 32 | i.nFileSizeLow;
	info->mode = a & FILE_ATTRIBUTE_READONLY ? 0444 : 0644;
	info->mtime_ns = windows_time_ns(
	    (uint64_t)i.ftLastWriteTime.dwHighDateTime << 32 | i.ftLastWriteTime.dwLowDateTime);
	info->inode = (uint64_t)i.nFileIndexHigh << 32 | i.nFileIndexLow;
	info->device = i.dwVolumeSerialNumber;
	info->uid = 0;
	return 0;
}

static struct dir *
dir_wrap(HANDLE h, const char *path, struct err *e)
{
	struct dir *d = malloc(sizeof *d);

	if (d == NULL || (d->path = strdup(path)) == NULL) {
		free(d);
		CloseHandle(h);
		err_nomem(e);
		return NULL;
	}
	d->handle = h;
	return d;
}

struct dir *
dir_open(const char *path, struct err *e)
{
	wchar_t *w = wide_path(path, e);
	struct file_info info;
	DWORD error = 0;
	HANDLE h;

	if (w == NULL)
		return NULL;
	if ((h = open_path(w)) == INVALID_HANDLE_VALUE)
		error = GetLastError();
	else if ((error = file_info_open(h, &info)) != 0 || info.type == FILE_REGULAR) {
		CloseHandle(h);
		error = error != 0 ? error : ERROR_DIRECTORY;
	}
	free(w);
	if (error != 0) {
		file_fail(NULL, path, error, e);
		return NULL;
	}
	return dir_wrap(h, path, e);
}

/* Make a directory and its missing parents.  path is changed and restored on the way. */
static DWORD
make_path(wchar_t *path, SECURITY_ATTRIBUTES *security)
{
	wchar_t *slash;
	DWORD error;

	if (CreateDirectoryW(path, security) || (error = GetLastError()) == ERROR_ALREADY_EXISTS)
		return 0;
	if (error != ERROR_PATH_NOT_FOUND || (slash = wcsrchr(path, L'\\')) == NULL ||
	    slash <= path + 6)
		return error;
	*slash = L'\0';
	error = make_path(path, security);
	*slash = L'\\';
	if (error != 0)
		return error;
	return CreateDirectoryW(path, security) || GetLastError() == ERROR_ALREADY_EXISTS
	    ? 0
	    : GetLastError();
}

struct dir *
dir_make(const char *path, unsigned mode, struct err *e)
{
	SECURITY_ATTRIBUTES security = { sizeof security, NULL, FALSE };
	wchar_t *w = wide_path(path, e);
	size_t len;
	DWORD error;

	if (w == NULL)
		return NULL;
	for (len = wcslen(w); len > 7 && w[len - 1] == L'\\';)
		w[--len] = L'\0';
	if ((mode & 077) == 0 && (security.lpSecurityDescriptor = windows_private()) == NULL)
		error = GetLastError();
	else
		error = make_path(w, security.lpSecurityDescriptor == NULL ? NULL : &security);
	LocalFree(security.lpSecurityDescriptor);
	free(w);
	if (error != 0) {
		err_windows(e, error, "make directory %s", path);
		return NULL;
	}
	return dir_open(path, e);
}

struct dir *
dir_below(struct dir *d, const char *name, bool make, struct err *e)
{
	wchar_t *w = wide_of(name, e), *part = w, *slash;
	char path[FILE_SHOWN_MAX];
	HANDLE here, next;
	DWORD error = 0;

	if (w == NULL)
		return NULL;
	here = duplicate(d->handle);
	do {
		if ((slash = wcschr(part, L'/')) != NULL)
			*slash = L'\0';
		error = *part == L'\0'
		    ? ERROR_INVALID_NAME
		    : step(here, part, false, make ? FILE_OPEN_IF : FILE_OPEN, &next);
		CloseHandle(here);
		if (error != 0)
			break;
		here = next;
		part = slash == NULL ? part : slash + 1;
	} while (slash != NULL);
	free(w);
	if (error != 0) {
		file_fail(d, name, error, e);
		return NULL;
	}
	return dir_wrap(here, file_shown(d, name, path), e);
}

void
dir_close(struct dir *d)
{
	if (d == NULL)
		return;
	CloseHandle(d->handle);
	free(d->path);
	free(d);
}

const char *
dir_path(const struct dir *d)
{
	return d->path;
}

/*
 * NTFS logs changes of names in their order; flushing the directory forces the log out.  In a
 * directory that this user can't write to there is nothing of ours to flush.
 */
int
dir_sync(struct dir *d, struct err *e)
{
	struct file_how how = { FILE_ADD_FILE, FILE_OPEN, FILE_DIRECTORY_FILE, false };
	HANDLE h;
	DWORD error = file_open_in(d->handle, L"", &how, &h);

	if (error == ERROR_ACCESS_DENIED)
		return 0;
	if (error == 0) {
		error = FlushFileBuffers(h) ? 0 : GetLastError();
		CloseHandle(h);
	}
	return error == 0 ? 0 : err_windows(e, error, "sync %s", d->path);
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory: an array that grows. */
struct names {
	char **name;
	size_t n;
};

static int
names_add(struct names *l, const wchar_t *w, size_t len, struct err *e)
{
	struct buf b = BUF_INIT(4 * MAX_PATH);
	wchar_t copy[MAX_PATH + 1];
	char **more;

	if (len > MAX_PATH)
		return err_setx(e, ERR_TOO_LARGE, "a name of %u characters", (unsigned)len);
	memcpy(copy, w, len * sizeof *w);
	copy[len] = L'\0';
	if (wcscmp(copy, L".") == 0 || wcscmp(copy, L"..") == 0)
		return 0;
	if (wide_add(&b, copy, e) == -1) {
		buf_free(&b);
		return -1;
	}
	if ((more = realloc(l->name, (l->n + 1) * sizeof *more)) == NULL ||
	    (l->name = more, l->name[l->n] = strdup(buf_text(&b))) == NULL) {
		buf_free(&b);
		return err_nomem(e);
	}
	l->n++;
	buf_free(&b);
	return 0;
}

static int
names_read(struct dir *d, struct names *l, struct err *e)
{
	FILE_INFO_BY_HANDLE_CLASS class = FileIdBothDirectoryRestartInfo;
	const size_t room = 65536;
	uint8_t *all = malloc(room);
	int rc = 0;

	if (all == NULL)
		return err_nomem(e);
	while (rc == 0 && GetFileInformationByHandleEx(d->handle, class, all, (DWORD)room)) {
		const FILE_ID_BOTH_DIR_INFO *i = (const void *)all;

		while (
		    (rc = names_add(l, i->FileName, i->FileNameLength / sizeof(wchar_t), e)) == 0 &&
		    i->NextEntryOffset != 0)
			i = (const void *)((const uint8_t *)i + i->NextEntryOffset);
		class = FileIdBothDirectoryInfo;
	}
	if (rc == 0 && GetLastError() != ERROR_NO_MORE_FILES)
		rc = err_windows(e, GetLastError(), "%s", d->path);
	free(all);
	return rc;
}

int
dir_list(struct dir *d, int (*each)(void *arg, const char *name, struct err *e), void *arg,
    struct err *e)
{
	struct names l = { NULL, 0 };
	int rc = names_read(d, &l, e);

	if (rc == 0 && l.n > 0)
		qsort(l.name, l.n, sizeof *l.name, by_bytes);
	for (size_t i = 0; i < l.n && rc == 0; i++)
		rc = each(arg, l.name[i], e) == -1 ? -1 : 0;
	for (size_t i = 0; i < l.n; i++)
		free(l.name[i]);
	free(l.name);
	return rc;
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

bool
file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->settled && b->settled && a->there == b->there && a->device == b->device &&
	    a->inode == b->inode && a->size == b->size && a->mode == b->mode &&
	    a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

/*
 * Whether a directory belongs to this user, and nobody but administrators and the system can use it
 * besides.
 */
static struct dir *
private_only(struct dir *d, const char *name, ULONG disposition, struct err *e)
{
	char path[FILE_SHOWN_MAX];
	wchar_t *w = wide_of(name, e);
	DWORD error;
	HANDLE h;

	if (w == NULL)
		return NULL;
	error = step(d->handle, w, true, disposition, &h);
	free(w);
	if (error != 0) {
		file_fail(d, name, error, e);
		return NULL;
	}
	if (file_check_private(h, file_shown(d, name, path), e) == -1) {
		CloseHandle(h);
		e->code = ERR_UNSAFE;
		return NULL;
	}
	return dir_wrap(h, path, e);
}

struct dir *
dir_open_private(struct dir *d, const char *name, struct err *e)
{
	return private_only(d, name, FILE_OPEN, e);
}

struct dir *
dir_make_private(struct dir *d, const char *name, struct err *e)
{
	return private_only(d, name, FILE_OPEN_IF, e);
}
