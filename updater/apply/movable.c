/* SPDX-License-Identifier: ISC */
/* What stands in the way of a transaction for good, found before it begins. */
#include "updater/apply/movable.h"

#include "lib/os/clock.h"
#include "lib/os/movable.h"
#include "lib/os/way.h"
#include "updater/state/state.h"

static int
check_movable_root(const struct transaction *t, const struct journal *j, int r, struct err *e)
{
	struct dir *root = way_open(j->roots[r], e);
	int rc;

	if (root == NULL)
		return e->code == ERR_NOENT ? 0 : -1; /* it is made */
	rc = file_check_movable(root, t->work, e);
	for (size_t i = 0; i < j->nfiles && rc == 0; i++)
		if ((int)j->files[i].root == r &&
		    (rc = clock_check(t->deadline, "files were looked at", e)) == 0)
			rc = file_check_movable(root, j->files[i].path, e);
	for (size_t i = 0; i < j->ndirs && rc == 0; i++)
		if ((int)j->dirs[i].root == r &&
		    (rc = clock_check(t->deadline, "directories were looked at", e)) == 0)
			rc = file_check_movable(root, j->dirs[i].path, e);
	dir_close(root);
	return rc;
}

int
movable_check(const struct transaction *t, const struct journal *j, struct err *e)
{
	static const char *const own[] = { STATE_JOURNAL_PREPARED, STATE_JOURNAL_COMMITTED,
		STATE_JOURNAL_UNDOING, STATE_APPLIED };

	for (size_t i = 0; i < N(own); i++)
		if (file_check_movable(t->state, own[i], e) == -1)
			return -1;
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		if (j->roots[r] != NULL && check_movable_root(t, j, r, e) == -1)
			return -1;
	return 0;
}
