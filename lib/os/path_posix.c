/* SPDX-License-Identifier: ISC */
/* What a path is on POSIX systems. */
#include "lib/os/path.h"

#include <stdlib.h>
#include <string.h>

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

size_t
path_root(const char *path)
{
	return strspn(path, "/");
}

void
path_trim(char *path)
{
	for (size_t len = strlen(path); len > path_root(path) && path[len - 1] == '/';)
		path[--len] = '\0';
}

char *
path_cut(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return NULL;
	*slash = '\0';
	return slash + 1;
}

bool
path_absolute(const char *path)
{
	return path[0] == '/';
}

bool
path_too_long(const char *path)
{
	(void)path;
	return false;
}

void
path_slashes(char *path)
{
	(void)path;
}

void
path_native(char *path)
{
	(void)path;
}

int
path_real(struct buf *out, const char *path, struct err *e)
{
	char *full = realpath(path, NULL);
	int rc;

	if (full == NULL)
		return err_set(e, ERR_IO, "%s", path);
	rc = buf_adds(out, full, e);
	free(full);
	return rc;
}
