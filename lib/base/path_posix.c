/*
 * What a path is on POSIX systems.
 */
#include "base/path.h"

#include <string.h>

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

bool
path_absolute(const char *path)
{
	return path[0] == '/';
}
