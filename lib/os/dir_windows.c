/* SPDX-License-Identifier: ISC */
/* Directories on Windows. */
#include "lib/os/open_windows.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/private_windows.h"

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
	if ((h = file_open_path(w)) == INVALID_HANDLE_VALUE)
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

/* windows_private() in the nearest directory above a path that is there. */
static PSECURITY_DESCRIPTOR
private_below(const wchar_t *path)
{
	wchar_t *above = _wcsdup(path), *slash;
	HANDLE h = INVALID_HANDLE_VALUE;
	PSECURITY_DESCRIPTOR sd;
	DWORD error;

	while (above != NULL && h == INVALID_HANDLE_VALUE &&
	    (slash = wcsrchr(above, L'\\')) > above + 6) {
		*slash = L'\0';
		h = file_open_path(above);
	}
	free(above);
	sd = windows_private(h == INVALID_HANDLE_VALUE ? NULL : h);
	error = GetLastError();
	if (h != INVALID_HANDLE_VALUE)
		CloseHandle(h);
	SetLastError(error);
	return sd;
}

static bool
is_in_programdata(const char *path)
{
	char *copy = strdup(path);
	bool in;

	if (copy == NULL)
		return true; /* the safe answer */
	path_slashes(copy);
	in = windows_in_programdata(copy);
	free(copy);
	return in;
}

struct dir *
dir_make(const char *path, unsigned mode, struct err *e)
{
	SECURITY_ATTRIBUTES security = { sizeof security, NULL, FALSE };
	wchar_t *w = wide_path(path, e);
	bool shared = false;
	size_t len;
	DWORD error;

	if (w == NULL)
		return NULL;
	for (len = wcslen(w); len > 7 && w[len - 1] == L'\\';)
		w[--len] = L'\0';
	/* Every user may create files in what inherits from %ProgramData%. */
	if ((mode & 077) == 0)
		security.lpSecurityDescriptor = private_below(w);
	else if ((shared = place_privileged() && is_in_programdata(path)))
		security.lpSecurityDescriptor = windows_shared();
	if (((mode & 077) == 0 || shared) && security.lpSecurityDescriptor == NULL)
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
	here = file_duplicate(d->handle);
	do {
		if ((slash = wcschr(part, L'/')) != NULL)
			*slash = L'\0';
		error = *part == L'\0'
		    ? ERROR_INVALID_NAME
		    : file_step(here, part, false, make ? FILE_OPEN_IF : FILE_OPEN, &next);
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

int
dir_make_below(struct dir *d, const char *name, struct err *e)
{
	struct dir *made = dir_below(d, name, true, e);

	dir_close(made);
	return made == NULL ? -1 : 0;
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

static atomic_bool syncs_lost;

bool
dir_sync_lost(void)
{
	return atomic_load(&syncs_lost);
}

/*
 * NTFS logs changes of names in their order; flushing the directory writes the log.  A directory
 * that this user can't write to has no change of ours.
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
	if (error == ERROR_INVALID_FUNCTION || error == ERROR_NOT_SUPPORTED) {
		atomic_store(&syncs_lost, true);
		return 0;
	}
	return error == 0 ? 0 : err_windows(e, error, "sync %s", d->path);
}

static int
name_add(struct strings *names, const wchar_t *w, size_t len, struct err *e)
{
	struct buf b = BUF_INIT(4 * MAX_PATH);
	wchar_t copy[MAX_PATH + 1];
	int rc;

	if (len > MAX_PATH)
		return err_setx(e, ERR_TOO_LARGE, "a name of %u characters", (unsigned)len);
	memcpy(copy, w, len * sizeof *w);
	copy[len] = L'\0';
	if (wcscmp(copy, L".") == 0 || wcscmp(copy, L"..") == 0)
		return 0;
	if ((rc = wide_add(&b, copy, e)) == 0)
		rc = strings_add(names, buf_text(&b), e);
	buf_free(&b);
	return rc;
}

/* Each listing has a handle of its own: wine goes on telling what it read through one at first. */
int
dir_names(struct dir *d, struct strings *names, struct err *e)
{
	struct file_how how = { FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE, false };
	FILE_INFO_BY_HANDLE_CLASS class = FileIdBothDirectoryRestartInfo;
	const size_t room = 65536;
	uint8_t *all = malloc(room);
	DWORD error;
	HANDLE h;
	int rc = 0;

	if (all == NULL)
		return err_nomem(e);
	if ((error = file_open_in(d->handle, L"", &how, &h)) != 0) {
		free(all);
		return err_windows(e, error, "%s", d->path);
	}
	while (rc == 0 && GetFileInformationByHandleEx(h, class, all, (DWORD)room)) {
		const FILE_ID_BOTH_DIR_INFO *i = (const void *)all;

		while ((rc = name_add(names, i->FileName, i->FileNameLength / sizeof(wchar_t),
			    e)) == 0 &&
		    i->NextEntryOffset != 0)
			i = (const void *)((const uint8_t *)i + i->NextEntryOffset);
		class = FileIdBothDirectoryInfo;
	}
	if (rc == 0 && GetLastError() != ERROR_NO_MORE_FILES)
		rc = err_windows(e, GetLastError(), "%s", d->path);
	CloseHandle(h);
	free(all);
	return rc;
}

/* An account that was let in by an earlier version, or in a directory of its own. */
static void
drop_accounts(HANDLE parent, const wchar_t *leaf, HANDLE found)
{
	struct file_how how = { READ_CONTROL | WRITE_DAC | WRITE_OWNER, FILE_OPEN,
		FILE_DIRECTORY_FILE, false };
	struct err to_others;
	HANDLE h;

	if (!place_privileged() || windows_check_private(found, "", &to_others) == 0 ||
	    file_open_in(parent, leaf, &how, &h) != 0)
		return;
	windows_drop_accounts(h);
	CloseHandle(h);
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
	error = file_step(d->handle, w, true, disposition, &h);
	if (error == 0)
		drop_accounts(d->handle, w, h);
	free(w);
	if (error != 0) {
		file_fail(d, name, error, e);
		return NULL;
	}
	if (windows_check_private(h, file_shown(d, name, path), e) == -1) {
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

/* Only administrators may flush a volume, and that waits for all other programs' writes. */
int
dir_sync_all(struct dir *d, struct err *e)
{
	(void)d;
	(void)e;
	return 0;
}

int64_t
dir_changed(struct dir *d)
{
	FILE_BASIC_INFO info;

	return GetFileInformationByHandleEx(d->handle, FileBasicInfo, &info, sizeof info)
	    ? windows_time_ns((uint64_t)info.LastWriteTime.QuadPart)
	    : 0;
}

int
dir_room(struct dir *d, struct dir_room *room, struct err *e)
{
	wchar_t *w = wide_path(d->path, e);
	ULARGE_INTEGER bytes;
	DWORD error = 0;

	if (w == NULL)
		return -1;
	if (!GetDiskFreeSpaceExW(w, &bytes, NULL, NULL))
		error = GetLastError();
	free(w);
	if (error != 0)
		return err_windows(e, error, "%s", d->path);
	room->bytes = bytes.QuadPart;
	room->files = UINT64_MAX; /* no fixed number */
	return 0;
}

int
dir_check_private(struct dir *d, struct err *e)
{
	return windows_check_private(d->handle, d->path, e);
}
