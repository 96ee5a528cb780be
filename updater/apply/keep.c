/* SPDX-License-Identifier: ISC */
/* What a transaction keeps for later: users' scripts, and old content for rollback. */
#include "updater/apply/work.h"

#include <string.h>

#include "lib/os/move.h"

/* Keep a file in kept/, under its hash, unless it is there.  A missing file is ignored. */
static int
keep(const struct work *w, struct dir *from, const char *name, struct dir *kept,
    const struct file_state *state, struct err *e)
{
	int rc = work_is_there(w, kept, state->sha256, state, e);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	rc = work_link(w, from, name, kept, state->sha256, 0644, e);
	return rc == -1 && e->code == ERR_NOENT ? 0 : rc;
}

static int
keep_script(const struct work *w, const struct file_state *state, struct dir *kept, struct err *e)
{
	if (work_time(w, e) == -1 || keep(w, w->t->source, state->sha256, kept, state, e) == -1 ||
	    file_set_mode(kept, state->sha256, 0644, e) == -1)
		return -1;
	return file_sync(kept, state->sha256, e);
}

int
keep_scripts(const struct work *w, struct err *e)
{
	const struct record *r = &w->j->record;
	struct dir *kept = NULL;
	int rc = 0;

	for (size_t i = 0; i < r->n && rc == 0; i++) {
		if (w->t->source == NULL || !layout_is_in(r->files[i].target, LAYOUT_SCRIPTS_USER))
			continue;
		if (kept == NULL && (kept = dir_below(w->t->state, "kept", true, e)) == NULL)
			return -1;
		rc = keep_script(w, &r->files[i].state, kept, e);
	}
	if (rc == 0 && kept != NULL)
		rc = dir_sync(kept, e);
	dir_close(kept);
	return rc;
}

int
keep_old(const struct work *w, struct err *e)
{
	struct dir *kept = dir_below(w->t->state, "kept", true, e);
	char old[WORK_NAME_SIZE];
	int rc = kept == NULL ? -1 : 0;

	for (size_t i = 0; i < w->j->nfiles && rc == 0; i++) {
		const struct journal_file *f = &w->j->files[i];

		if (work_has(&f->old) && f->aside == NULL && w->dirs[f->root] != NULL)
			rc = keep(w, w->dirs[f->root], work_name('o', i, old), kept, &f->old, e);
	}
	/* It was on the disk before: only the names are new. */
	if (rc == 0)
		rc = dir_sync(kept, e);
	dir_close(kept);
	return rc;
}
