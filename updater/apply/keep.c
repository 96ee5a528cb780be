/* SPDX-License-Identifier: ISC */
/* What a transaction keeps for later: users' scripts, and old content for rollback. */
#include "updater/apply/work.h"

#include <string.h>

#include "lib/os/move.h"
#include "updater/plan/plan.h"

/*
 * Keep a file in kept/, under its hash, unless it is there; *copied says whether it is a copy, for
 * the caller to make durable.  A missing file is ignored.
 */
static int
keep(const struct work *w, struct dir *from, const char *name, struct dir *kept,
    const struct file_state *state, bool *copied, struct err *e)
{
	int rc = work_is_there(w, kept, state->sha256, state, e);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if ((rc = work_link(w, from, name, kept, state->sha256, 0644, e)) == 0)
		*copied = true;
	return rc == -1 && e->code != ERR_NOENT ? -1 : 0;
}

static int
keep_script(const struct work *w, const struct file_state *state, struct dir *kept, struct err *e)
{
	bool unused;

	if (work_time(w, e) == -1 ||
	    keep(w, w->t->source, state->sha256, kept, state, &unused, e) == -1 ||
	    file_set_mode(kept, state->sha256, 0644, e) == -1)
		return -1;
	/* it was staged for administrators alone, and users read it here */
	return file_sync(kept, state->sha256, e) == -1
	    ? -1
	    : file_set_list(kept, state->sha256, kept, state->sha256, false, e);
}

int
keep_scripts(const struct work *w, struct err *e)
{
	const struct record *r = &w->j->record;
	struct dir *kept = NULL;
	int rc = 0;

	for (size_t i = 0; i < r->n && rc == 0; i++) {
		if (w->t->source == NULL || record_restores(r) || w->t->user ||
		    !plan_is_for_users(w->t->st, r->files[i].target))
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

/*
 * Keep the old file i, unless a person wrote to it since the plan looked: then it isn't what its
 * hash says, and goes beside its place.  Nobody else can change names in the private directory.
 */
static int
keep_one(const struct work *w, size_t i, struct dir *kept, bool *copied, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *dir = w->dirs[f->root];
	char old[WORK_NAME_SIZE];
	int same;

	if (!work_has(&f->old) || f->aside != NULL || dir == NULL)
		return 0;
	if ((same = work_is_there(w, dir, work_name('o', i, old), &f->old, e)) == -1)
		return -1;
	return same == 1 ? keep(w, dir, old, kept, &f->old, copied, e) : aside_written(w, i, e);
}

/* Make copies durable; a second name has the content that was on the disk before. */
static int
sync_kept(const struct work *w, struct dir *kept, struct err *e)
{
	int rc = w->j->nfiles >= WORK_SYNC_ALL_FROM ? dir_sync_all(kept, e) : 0;

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	for (size_t i = 0; i < w->j->nfiles; i++) {
		const struct journal_file *f = &w->j->files[i];

		if (work_has(&f->old) && f->aside == NULL &&
		    file_sync(kept, f->old.sha256, e) == -1 && e->code != ERR_NOENT)
			return -1;
	}
	return 0;
}

int
keep_old(const struct work *w, struct err *e)
{
	struct dir *kept = dir_below(w->t->state, "kept", true, e);
	bool copied = false;
	int rc = kept == NULL ? -1 : 0;

	for (size_t i = 0; i < w->j->nfiles && rc == 0; i++)
		rc = keep_one(w, i, kept, &copied, e);
	if (rc == 0 && copied)
		rc = sync_kept(w, kept, e);
	if (rc == 0)
		rc = dir_sync(kept, e);
	dir_close(kept);
	return rc;
}
