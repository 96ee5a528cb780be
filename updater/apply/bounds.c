/* SPDX-License-Identifier: ISC */
/* What a journal may do here. */
#include "updater/apply/bounds.h"

#include <string.h>

#include "updater/plan/plan.h"
#include "updater/station/checks.h"
#include "updater/station/script_keys.h"

static int
check_root(const struct transaction *t, int r, const char *path, struct err *e)
{
	const char *own = plan_root(t->st, r);

	if (path == NULL || (own != NULL && strcmp(path, own) == 0))
		return 0;
	return err_setx(e, ERR_UNSAFE,
	    "journal: want changes below the station's %s %s, got below %s", layout_place_names[r],
	    own == NULL ? "directory, which is not set" : own, path);
}

static int
check_keys(const struct transaction *t, const struct journal *j, struct err *e)
{
	struct script_keys keys = { .n = { 0, 0 } };
	int rc;

	if (j->set.n == 0 && j->record.undo.n == 0)
		return 0;
	if (script_keys_load(t->st, t->settings, &keys, e) == -1)
		return -1;
	rc = script_keys_check(t->st, &keys, t->user, &j->set,
	    strcmp(j->record.action, "rollback") == 0, e);
	if (rc == 0)
		rc = script_keys_check(t->st, &keys, t->user, &j->record.undo, true, e);
	script_keys_free(&keys);
	if (rc == 0)
		return 0;
	e->code = ERR_UNSAFE;
	return err_context(e, "journal");
}

int
bounds_check(const struct transaction *t, const struct journal *j, struct err *e)
{
	bool files = false;

	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		if (check_root(t, r, j->roots[r], e) == -1)
			return -1;
		files |= j->roots[r] != NULL;
	}
	if (files && station_check_change(t->st, e) == -1)
		return -1;
	return check_keys(t, j, e);
}
