/*
 * What a path is on Windows: '\\' separates as '/' does, and an absolute one begins with a drive or a share.
 */
#include "base/path.h"

#include <ctype.h>

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

bool
path_absolute(const char *path)
{
	if (separates(path[0]) && separates(path[1]))
		return true;
	return isalpha((unsigned char)path[0]) && path[1] == ':' && separates(path[2]);
}
