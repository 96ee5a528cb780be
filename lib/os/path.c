/* SPDX-License-Identifier: ISC */
/* Paths: what all platforms share. */
#include "lib/os/path.h"

#include <string.h>

int
path_join(struct buf *out, const char *dir, const char *name, struct err *e)
{
	size_t len = strlen(dir);

	if (len == 0 || path_absolute(name))
		return buf_adds(out, name, e);
	return buf_addf(out, e, "%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}
