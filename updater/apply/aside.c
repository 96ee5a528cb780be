/* SPDX-License-Identifier: ISC */
/* Versions of files that a person wrote: kept beside those of the release. */
#include "updater/apply/work.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "updater/plan/plan.h"

/* Write the path of another name in the directory of path. */
static int
beside(const char *path, const char *leaf, char out[PATH_REL_MAX + 1], struct err *e)
{
	int dir = (int)(path_base(path) - path);

	if ((size_t)snprintf(out, PATH_REL_MAX + 1, "%.*s%s", dir, path, leaf) > PATH_REL_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: its name is too long", path);
	return 0;
}

int
aside_planned(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char path[PATH_REL_MAX + 1], old[WORK_NAME_SIZE];
	int rc;

	if (f->aside == NULL)
		return 0;
	if (beside(f->path, f->aside, path, e) == -1)
		return -1;
	if ((rc = work_is_there(w, w->roots[f->root], path, &f->old, e)) == 0 &&
	    (rc = work_link(w, w->dirs[f->root], work_name('o', i, old), w->roots[f->root], path,
		 f->old.mode, e)) == 0)
		rc = file_sync(w->roots[f->root], path, e);
	return rc == -1 ? -1 : 0;
}

int
aside_undo(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char path[PATH_REL_MAX + 1];
	int there;

	if (f->aside == NULL)
		return 0;
	if (beside(f->path, f->aside, path, e) == -1 ||
	    (there = work_is_there(w, w->roots[f->root], path, &f->old, e)) == -1)
		return -1;
	return there == 1 && file_remove(w->roots[f->root], path, e) == -1 ? -1 : 0;
}

/*
 * A path beside file i that is free; where its directory is gone, in the nearest one above.
 */
static int
free_path(const struct work *w, size_t i, char out[PATH_REL_MAX + 1], struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root];
	char when[DATE_TEXT_SIZE], name[PATH_COMPONENT_MAX + 1], path[PATH_REL_MAX + 1];
	struct file_info info;
	char *leaf;

	snprintf(path, sizeof path, "%s", f->path);
	while ((leaf = strrchr(path, '/')) != NULL) {
		char *above;
		int found;

		*leaf = '\0';
		if ((found = file_stat(root, path, &info, e)) == -1)
			return -1;
		*leaf = '/';
		if (found == 1 && info.type == FILE_DIRECTORY)
			break;
		*leaf = '\0';
		above = strrchr(path, '/');
		memmove(above == NULL ? path : above + 1, leaf + 1, strlen(leaf + 1) + 1);
	}
	date_format(clock_wall(), when);
	return plan_aside(root, path, when, name, e) == -1 ? -1 : beside(path, name, out, e);
}

/* Whether the file in file i's place is one of the two versions of the journal.  1, 0, -1. */
static int
is_known(const struct work *w, size_t i, const struct file_info *found, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char old[WORK_NAME_SIZE];
	struct file_info second;
	int rc = 0;

	/* The old file itself: if a person wrote to it, aside_written() comes to that. */
	if (file_stat(w->dirs[f->root], work_name('o', i, old), &second, e) == 1 &&
	    second.inode == found->inode && second.device == found->device)
		return 1;
	/* Of a file that wasn't read nothing but this tells. */
	if (work_has(&f->old) && strcmp(f->old.sha256, FILE_UNREAD) != 0)
		rc = work_is_there(w, w->roots[f->root], f->path, &f->old, e);
	if (rc == 0 && work_has(&f->new))
		rc = work_is_there(w, w->roots[f->root], f->path, &f->new, e);
	return rc;
}

int
aside_foreign(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	struct dir *root = w->roots[f->root];
	char path[PATH_REL_MAX + 1];
	struct file_info found;
	int rc;

	if (root == NULL || w->dirs[f->root] == NULL)
		return 0;
	if ((rc = file_stat(root, f->path, &found, e)) != 1 || found.type == FILE_DIRECTORY)
		return rc == -1 ? -1 : 0;
	if ((rc = is_known(w, i, &found, e)) != 0)
		return rc == -1 ? -1 : 0;
	if (free_path(w, i, path, e) == -1 || file_move(root, f->path, root, path, e) == -1)
		return err_context(e, "%s: a person changed it since the update began", f->path);
	return 0;
}

int
aside_written(const struct work *w, size_t i, struct err *e)
{
	const struct journal_file *f = &w->j->files[i];
	char path[PATH_REL_MAX + 1], old[WORK_NAME_SIZE];
	struct file_info info;

	switch (file_stat(w->dirs[f->root], work_name('o', i, old), &info, e)) {
	case 1:
		return free_path(w, i, path, e) == -1
		    ? -1
		    : file_rename(w->dirs[f->root], old, w->roots[f->root], path, e);
	case 0:
		return 0;
	default:
		return -1;
	}
}
