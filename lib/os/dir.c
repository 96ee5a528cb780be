/* SPDX-License-Identifier: ISC */
/* Directories: what all platforms share. */
#include <stdlib.h>
#include <string.h>

#include "lib/os/file_system.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "lib/os/way.h"

int
dir_list(struct dir *d, int (*each)(void *arg, const char *name, struct err *e), void *arg,
    struct err *e)
{
	struct strings names = STRINGS_INIT;
	int rc = dir_names(d, &names, e);

	strings_sort(&names);
	for (size_t i = 0; i < names.n && rc == 0; i++)
		rc = each(arg, names.v[i], e) == -1 ? -1 : 0;
	strings_free(&names);
	return rc;
}

int
dir_unmake(const char *path, unsigned n, struct err *e)
{
	char *copy = strdup(path), *leaf;
	int rc = copy == NULL ? err_nomem(e) : 0;

	for (; rc == 0 && n > 0 && (leaf = path_cut(copy)) != NULL; n--) {
		struct dir *parent = way_open(copy, e);

		if (parent == NULL) {
			rc = e->code == ERR_NOENT ? 0 : -1;
			continue;
		}
		if ((rc = dir_remove(parent, leaf, e)) == 1)
			rc = dir_sync(parent, e);
		dir_close(parent);
	}
	free(copy);
	return rc;
}
