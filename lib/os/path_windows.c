/* SPDX-License-Identifier: ISC */
/*
 * What a path is on Windows: '\\' separates as '/' does, and an absolute one begins with a drive or
 * a share.
 */
#include "lib/os/path.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/wide_windows.h"

#define REAL_MAX 32768 /* characters: no path is longer */

static bool
separates(char c)
{
	return c == '/' || c == '\\';
}

const char *
path_base(const char *path)
{
	const char *base = path;

	for (const char *p = path; *p != '\0'; p++)
		if (separates(*p))
			base = p + 1;
	return base;
}

size_t
path_root(const char *path)
{
	size_t len = 2;

	if (isalpha((unsigned char)path[0]) && path[1] == ':' && separates(path[2]))
		return 3;
	if (!separates(path[0]) || !separates(path[1]))
		return 0;
	/* the server, and its share */
	for (int part = 0; part < 2 && path[len] != '\0'; part++) {
		len += strcspn(path + len, "/\\");
		len += path[len] != '\0';
	}
	return len;
}

void
path_trim(char *path)
{
	for (size_t len = strlen(path); len > path_root(path) && separates(path[len - 1]);)
		path[--len] = '\0';
}

char *
path_cut(char *path)
{
	size_t at = (size_t)(path_base(path) - path);

	/* "C:\\NAME" is directly below a root. */
	if (at <= path_root(path))
		return NULL;
	path[at - 1] = '\0';
	return path + at;
}

bool
path_absolute(const char *path)
{
	if (separates(path[0]) && separates(path[1]))
		return true;
	return isalpha((unsigned char)path[0]) && path[1] == ':' && separates(path[2]);
}

bool
path_too_long(const char *path)
{
	return path_characters(path) > PATH_PROGRAMS_MAX;
}

static void
replace(char *path, char old, char new)
{
	for (; (path = strchr(path, old)) != NULL; path++)
		*path = new;
}

void
path_slashes(char *path)
{
	replace(path, '\\', '/');
}

void
path_native(char *path)
{
	replace(path, '/', '\\');
}

/* Without "\\?\", which programs besides ours don't always take; "\\?\UNC\server" is "\\server". */
static const wchar_t *
plain_path(wchar_t *path)
{
	if (wcsncmp(path, L"\\\\?\\UNC\\", 8) == 0) {
		path[6] = L'\\';
		return path + 6;
	}
	return wcsncmp(path, L"\\\\?\\", 4) == 0 ? path + 4 : path;
}

int
path_real(struct buf *out, const char *path, struct err *e)
{
	wchar_t *w = wide_path(path, e), *full = NULL;
	HANDLE h = INVALID_HANDLE_VALUE;
	int rc = -1;
	DWORD n;

	if (w == NULL)
		return -1;
	if ((full = malloc(REAL_MAX * sizeof *full)) == NULL) {
		err_nomem(e);
		goto out;
	}
	h = CreateFileW(w, FILE_READ_ATTRIBUTES,
	    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
	    FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (h == INVALID_HANDLE_VALUE ||
	    (n = GetFinalPathNameByHandleW(h, full, REAL_MAX, FILE_NAME_NORMALIZED)) == 0 ||
	    n >= REAL_MAX)
		err_windows(e, GetLastError(), "%s", path);
	else
		rc = wide_add(out, plain_path(full), e);
out:
	if (h != INVALID_HANDLE_VALUE)
		CloseHandle(h);
	free(full);
	free(w);
	return rc;
}
