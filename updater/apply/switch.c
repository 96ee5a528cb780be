/* SPDX-License-Identifier: ISC */
/* Step 2 of a transaction, forwards and backwards. */
#include "updater/apply/work.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "updater/apply/leftover.h"

/*
 * Moves file i into the private directory: a program has it open, so it can be renamed but not
 * removed.
 */
static int
move_away(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char name[LEFTOVER_NAME_SIZE];

	return w->dirs[f->root] == NULL
	    ? -1
	    : leftover_move(w->roots[f->root], f->path, w->dirs[f->root], i, name, e);
}

static int
remove_file(const struct work *w, size_t i, struct err *e)
{
	struct dir *root = w->roots[w->j->files[i].root];
	const char *path = w->j->files[i].path;
	struct file_info info;
	struct err ignored;

	if (root == NULL || file_remove(root, path, e) != -1)
		return 0;
	/* An interrupted run may already have replaced it by a directory. */
	if (file_stat(root, path, &info, &ignored) == 1 && info.type == FILE_DIRECTORY)
		return 0;
	return e->code == ERR_BUSY && move_away(w, i, &ignored) != -1 ? 0 : -1;
}

/* Move the staged file, if it is still there, to file i's path.  Returns 1, 0 or -1. */
static int
move_into_place(const struct work *w, const char *staged, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root], *dir = w->dirs[f->root];
	int moved = dir == NULL ? 0 : file_move(dir, staged, root, f->path, e);
	struct err ignored;

	if (moved == -1 && e->code == ERR_BUSY && move_away(w, i, &ignored) != -1)
		moved = file_move(dir, staged, root, f->path, e);
	return moved;
}

/*
 * Whether a removal would take away the new file, which is called so but for its case.  One that is
 * early comes before the new file, unless this is another run.  A late one is of Slipway 0.1.0.
 */
static bool
hits_new(const struct work *w, size_t i)
{
	const struct journal_file *f = &w->j->files[i];
	struct file_info a, b;
	struct err e;

	if (!work_twin_moved(w, i))
		return false;
	return f->early ||
	    (file_stat(w->roots[f->root], f->path, &a, &e) == 1 &&
		file_stat(w->roots[f->root], w->j->files[w->twins[i]].path, &b, &e) == 1 &&
		a.inode == b.inode && a.device == b.device);
}

/* Remove a directory; one that isn't empty stays. */
static int
remove_dir(const struct work *w, const struct journal_dir *d, struct err *e)
{
	struct dir *root = w->roots[d->root];
	struct file_info info;
	int found = root == NULL ? 0 : file_stat(root, d->path, &info, e);

	/* Where nothing may be changed any more, removing nothing would fail, too. */
	return found == 1 ? dir_remove(root, d->path, e) : found;
}

static int
put_new_file(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char new[WORK_NAME_SIZE];
	struct file_info info;
	int staged = w->dirs[f->root] == NULL
	    ? 0
	    : file_stat(w->dirs[f->root], work_name('n', i, new), &info, e),
	    moved = staged;

	if (staged == 1)
		moved = aside_foreign(w, i, e) == -1 ? -1 : move_into_place(w, new, i, e);
	if (moved == 0)
		moved = work_is_there(w, w->roots[f->root], f->path, &f->new, e);
	if (moved == -1)
		return -1;
	if (moved == 0)
		return err_setx(e, ERR_CONFLICT, "%s/%s: neither staged nor in place",
		    w->j->roots[f->root], f->path);
	return 0;
}

static int
removals(const struct work *w, bool early, struct err *e)
{
	for (size_t i = 0; i < w->j->nfiles; i++)
		if (!work_has(&w->j->files[i].new) && w->j->files[i].early == early &&
		    !hits_new(w, i) &&
		    (work_time(w, e) == -1 || aside_foreign(w, i, e) == -1 ||
			remove_file(w, i, e) == -1))
			return -1;
	for (size_t i = w->j->ndirs; i > 0; i--)
		if (!w->j->dirs[i - 1].made && w->j->dirs[i - 1].early == early &&
		    remove_dir(w, &w->j->dirs[i - 1], e) == -1)
			return -1;
	return 0;
}

/* Whether a directory is gone; a file may have its place. */
static bool
is_gone(struct dir *root, const char *path)
{
	struct file_info info;
	struct err e;
	int found = file_stat(root, path, &info, &e);

	return found == 0 || (found == 1 && info.type == FILE_REGULAR);
}

/* Make new names durable.  Files are in order of their paths, so each directory is synced once. */
static int
sync_parents(const struct work *w, struct err *e)
{
	char parent[PATH_REL_MAX + 1], last[PATH_REL_MAX + 1] = "";
	int last_root = -1, rc = 0, all = w->j->nfiles + w->j->ndirs >= WORK_SYNC_ALL_FROM;

	for (int r = 0; r < LAYOUT_ROOTS && all == 1; r++)
		if (w->roots[r] != NULL)
			all = dir_sync_all(w->roots[r], e);
	if (all != 0)
		return all == -1 ? -1 : 0;
	for (size_t i = 0; i < w->j->nfiles + w->j->ndirs && rc == 0; i++) {
		bool is_file = i < w->j->nfiles;
		const struct journal_dir *jd = is_file ? NULL : &w->j->dirs[i - w->j->nfiles];
		const char *path = is_file ? w->j->files[i].path : jd->path;
		int root = (int)(is_file ? w->j->files[i].root : jd->root);
		struct dir *d;

		snprintf(parent, sizeof parent, "%.*s", (int)(path_base(path) - path), path);
		if (w->roots[root] == NULL || (root == last_root && strcmp(parent, last) == 0))
			continue;
		last_root = root;
		memcpy(last, parent, sizeof last);
		if (parent[0] != '\0')
			parent[strlen(parent) - 1] = '\0';
		if (parent[0] == '\0')
			rc = dir_sync(w->roots[root], e);
		else if ((d = dir_below(w->roots[root], parent, false, e)) != NULL) {
			rc = dir_sync(d, e);
			dir_close(d);
		} else if (!is_gone(w->roots[root], parent))
			rc = -1;
	}
	return rc;
}

int
switch_redo(const struct work *w, struct err *e)
{
	const struct journal *j = w->j;

	for (size_t i = 0; i < j->nfiles; i++)
		if (work_time(w, e) == -1 || aside_planned(w, i, e) == -1)
			return -1;
	if (removals(w, true, e) == -1)
		return -1;
	for (size_t i = 0; i < j->ndirs; i++)
		if (j->dirs[i].made &&
		    dir_make_below(w->roots[j->dirs[i].root], j->dirs[i].path, e) == -1)
			return -1;
	for (size_t i = 0; i < j->nfiles; i++)
		if (work_time(w, e) == -1 ||
		    (work_has(&j->files[i].new) && put_new_file(w, i, e) == -1))
			return -1;
	if (sync_parents(w, e) == -1 || settings_apply(w->t->settings, &j->set, e) == -1 ||
	    removals(w, false, e) == -1)
		return -1;
	return sync_parents(w, e);
}

/* Backwards. */

/*
 * Whether the old file i is in its place, with its permissions: rename() leaves both of two names
 * for one file, and a copy put over a file that never moved would fail where nothing can be moved.
 * 1, 0 or -1.
 */
static int
is_back(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root];
	struct file_info found, second;
	char old[WORK_NAME_SIZE];
	int rc = file_stat(root, f->path, &found, e);

	if (rc != 1 || found.type != FILE_REGULAR)
		return rc == -1 ? -1 : 0;
	if (w->dirs[f->root] != NULL &&
	    file_stat(w->dirs[f->root], work_name('o', i, old), &second, e) == 1 &&
	    second.inode == found.inode && second.device == found.device)
		return 1;
	return found.mode == f->old.mode && strcmp(f->old.sha256, FILE_UNREAD) != 0
	    ? work_is_there(w, root, f->path, &f->old, e)
	    : 0;
}

static int
put_old_back(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char old[WORK_NAME_SIZE];
	struct file_info info;
	struct err busy;
	int back = is_back(w, i, e), moved;

	if (back != 0)
		return back == 1 ? 0 : -1;
	if (w->dirs[f->root] != NULL &&
	    file_stat(w->dirs[f->root], work_name('o', i, old), &info, e) == 1 &&
	    aside_foreign(w, i, e) == -1)
		return -1;
	if ((moved = move_into_place(w, work_name('o', i, old), i, e)) == 1)
		return 0;
	if (moved == -1 && e->code != ERR_BUSY)
		return -1;
	/* A program may have opened the old file since, so that neither name can be removed. */
	busy = *e;
	if ((back = work_is_there(w, w->roots[f->root], f->path, &f->old, e)) != 0)
		return back == 1 ? 0 : -1;
	if (moved == 0)
		return err_setx(e, ERR_CONFLICT,
		    "%s/%s: can't be put back, its old content is gone", w->j->roots[f->root],
		    f->path);
	*e = busy;
	return -1;
}

static int
put_back(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root];
	int there;

	if (root == NULL)
		return 0;
	if (work_time(w, e) == -1)
		return -1;
	if (work_has(&f->old))
		return put_old_back(w, i, e) == -1 ? -1 : aside_undo(w, i, e);
	/* An earlier run may have put the old file back that is called so but for its case. */
	there = work_twin_moved(w, i) ? 0 : work_is_there(w, root, f->path, &f->new, e);
	return there == 1 ? remove_file(w, i, e) : there;
}

int
switch_undo(const struct work *w, struct err *e)
{
	const struct journal *j = w->j;

	if (settings_apply(w->t->settings, &j->record.undo, e) == -1)
		return -1;
	/* New files and directories stand in the way of the old ones, and the other way round. */
	for (size_t i = j->nfiles; i > 0; i--)
		if (!work_has(&j->files[i - 1].old) && put_back(w, i - 1, e) == -1)
			return -1;
	for (size_t i = j->ndirs; i > 0; i--)
		if (j->dirs[i - 1].made && remove_dir(w, &j->dirs[i - 1], e) == -1)
			return -1;
	for (size_t i = 0; i < j->ndirs; i++)
		if (!j->dirs[i].made && w->roots[j->dirs[i].root] != NULL &&
		    dir_make_below(w->roots[j->dirs[i].root], j->dirs[i].path, e) == -1)
			return -1;
	for (size_t i = j->nfiles; i > 0; i--)
		if (work_has(&j->files[i - 1].old) && put_back(w, i - 1, e) == -1)
			return -1;
	return sync_parents(w, e);
}
