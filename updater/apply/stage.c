/* SPDX-License-Identifier: ISC */
/*
 * Step 1 of a transaction: the new files lie beside where they go, and the old ones have a second
 * name.
 */
#include "updater/apply/work.h"

#include <string.h>

#include "lib/os/movable.h"
#include "lib/os/move.h"

/* The second name of an old file, or *copied. */
static int
stage_old(const struct work *w, size_t i, bool *copied, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root], *dir = w->dirs[f->root];
	char old[WORK_NAME_SIZE];
	int rc;

	if (file_remove(dir, work_name('o', i, old), e) == -1 ||
	    (rc = file_link_movable(root, f->path, dir, old, e)) == -1)
		return -1;
	if (rc == 1)
		return 0;
	*copied = true;
	if (file_copy_until(root, f->path, dir, old, f->old.mode, w->until, e) == -1)
		return -1;
	return file_set_list(dir, old, root, f->path, true, e);
}

static int
stage(const struct work *w, size_t i, bool *copied, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root], *dir = w->dirs[f->root];
	char new[WORK_NAME_SIZE];
	int rc;

	if (work_time(w, e) == -1 || (work_has(&f->old) && stage_old(w, i, copied, e) == -1))
		return -1;
	if (!work_has(&f->new))
		return 0;
	work_name('n', i, new);
	if (strcmp(f->old.sha256, f->new.sha256) == 0)
		rc = file_copy_until(root, f->path, dir, new, f->new.mode, w->until, e);
	else if (w->t->source_is_ours && f->only)
		rc = work_link(w, w->t->source, f->new.sha256, dir, new, f->new.mode, e);
	else
		rc = file_copy_until(w->t->source, f->new.sha256, dir, new, f->new.mode, w->until,
		    e);
	if (rc == -1 || file_set_mode(dir, new, f->new.mode, e) == -1)
		return -1;
	/* Others may have changed the source, or the file in place, since its hash was checked. */
	if (w->t->source_is_ours && strcmp(f->old.sha256, f->new.sha256) != 0)
		return 0;
	if ((rc = work_is_there(w, dir, new, &f->new, e)) == 0)
		return err_setx(e, ERR_HASH, "%s: its content changed while it was staged",
		    f->path);
	return rc == 1 ? 0 : -1;
}

/* Make the staged files of one root durable, old ones if they are copies, and their names. */
static int
sync_staged(const struct work *w, int r, bool copied, struct err *e)
{
	int all = w->j->nfiles >= WORK_SYNC_ALL_FROM ? dir_sync_all(w->dirs[r], e) : 0;
	char name[WORK_NAME_SIZE];

	if (all == -1)
		return -1;
	for (size_t i = 0; i < w->j->nfiles && all == 0; i++) {
		const struct journal_file *f = &w->j->files[i];

		if ((int)f->root != r)
			continue;
		if ((work_has(&f->new) &&
			file_sync(w->dirs[r], work_name('n', i, name), e) == -1) ||
		    (copied && work_has(&f->old) &&
			file_sync(w->dirs[r], work_name('o', i, name), e) == -1))
			return -1;
	}
	return 0;
}

/*
 * The owners and access lists of the new files, after their content is on the disk: a list may keep
 * this process from writing.  A file whose content stays is replaced for what others may do to it.
 */
static int
give_lists(const struct work *w, struct err *e)
{
	char new[WORK_NAME_SIZE];

	for (size_t i = 0; i < w->j->nfiles; i++) {
		const struct journal_file *f = &w->j->files[i];
		bool keep = strcmp(f->old.sha256, f->new.sha256) != 0 || f->old.mode != f->new.mode;

		if (work_has(&f->new) &&
		    file_set_list(w->dirs[f->root], work_name('n', i, new), w->roots[f->root],
			f->path, keep, e) == -1)
			return -1;
	}
	return 0;
}

int
stage_files(const struct work *w, struct err *e)
{
	bool copied = false;

	for (size_t i = 0; i < w->j->nfiles; i++)
		if (stage(w, i, &copied, e) == -1)
			return -1;
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		if (w->dirs[r] != NULL && sync_staged(w, r, copied, e) == -1)
			return -1;
	if (give_lists(w, e) == -1)
		return -1;
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		if (w->dirs[r] != NULL &&
		    (dir_sync(w->dirs[r], e) == -1 || dir_sync(w->roots[r], e) == -1))
			return -1;
	return 0;
}
