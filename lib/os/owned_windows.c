/* SPDX-License-Identifier: ISC */
/* Who can change what a privileged process believes, on Windows: owners and access lists. */
#include "lib/os/owned.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/open_windows.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/private_windows.h"

static int
check_at(const char *path, struct err *e)
{
	wchar_t *w = wide_path(path, e);
	HANDLE h;
	DWORD error;
	int rc;

	if (w == NULL)
		return -1;
	h = CreateFileW(w, READ_CONTROL | FILE_READ_ATTRIBUTES, FILE_SHARE_ALL, NULL, OPEN_EXISTING,
	    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	error = h == INVALID_HANDLE_VALUE ? GetLastError() : 0;
	free(w);
	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
		return 0;
	if (error != 0)
		return err_windows(e, error, "%s", path);
	rc = windows_check_owned(h, path, e);
	CloseHandle(h);
	return rc;
}

static int
check_entry(void *arg, const char *name, struct err *e)
{
	struct buf b = BUF_INIT(FILE_SHOWN_MAX);
	int rc = path_join(&b, arg, name, e);

	if (rc == 0)
		rc = check_at(buf_text(&b), e);
	buf_free(&b);
	return rc;
}

int
owned_check(const char *path, bool entries, struct err *e)
{
	char *copy = strdup(path);
	struct dir *d;
	int rc;

	if (copy == NULL)
		return err_nomem(e);
	path_slashes(copy);
	/* From the path up to what is directly in %ProgramData%, where every user may create. */
	for (rc = check_at(copy, e); rc == 0 && windows_in_programdata(copy);)
		if (path_cut(copy) == NULL || !windows_in_programdata(copy))
			break;
		else
			rc = check_at(copy, e);
	free(copy);
	if (rc == -1 || !entries)
		return rc;
	if ((d = dir_open(path, e)) == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	rc = dir_list(d, check_entry, (void *)(uintptr_t)path, e);
	dir_close(d);
	return rc;
}

int
owned_file(struct dir *d, const char *name, struct err *e)
{
	struct file_info info;
	int found = file_stat(d, name, &info, e);

	if (found == 1 && info.type == FILE_REGULAR)
		return check_entry((void *)(uintptr_t)dir_path(d), name, e);
	return found == -1 ? -1
	    : found == 0   ? err_setx(e, ERR_NOENT, "%s: no such file", name)
			   : err_setx(e, ERR_UNSAFE, "%s: want a file", name);
}
