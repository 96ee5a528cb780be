/* SPDX-License-Identifier: ISC */
/* The files of the served tree, and those that no metadata names. */
#include "server/repo/served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
served_blame(struct served *t, struct err *e)
{
	if (e->code == ERR_NOMEM)
		return -1;
	t->faults++;
	t->fault(t->arg, e);
	err_clear(e);
	return 0;
}

static int list_dir(struct served *t, struct dir *d, const char *prefix, int depth, struct err *e);

struct listing {
	struct served *t;
	struct dir *d;
	const char *prefix;
	int depth;
};

static int
list_entry(void *arg, const char *name, struct err *e)
{
	struct listing *l = arg;
	char path[SERVED_PATH_SIZE];
	struct file_info info;
	struct dir *below;
	int rc;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", l->prefix, name) >= sizeof path) {
		err_setx(e, ERR_TOO_LARGE, "%s: a name that is too long", l->prefix);
		return served_blame(l->t, e);
	}
	if (file_stat(l->d, name, &info, e) != 1)
		return e->code == ERR_NONE ? 0 : served_blame(l->t, e);
	if (info.type == FILE_REGULAR) {
		if (json_object_size(l->t->files) == SERVED_FILES_MAX)
			return err_setx(e, ERR_TOO_LARGE, "over %d files", SERVED_FILES_MAX);
		return json_object_set_new_nocheck(l->t->files, path,
			   json_integer((json_int_t)info.size)) == -1
		    ? err_nomem(e)
		    : 0;
	}
	if (info.type != FILE_DIRECTORY) {
		err_setx(e, ERR_UNSAFE, "%s: want a file or directory, got %s", path,
		    info.type == FILE_LINK ? "a symbolic link" : "something special");
		return served_blame(l->t, e);
	}
	if ((below = dir_below(l->d, name, false, e)) == NULL)
		return served_blame(l->t, e);
	rc = list_dir(l->t, below, path, l->depth + 1, e);
	dir_close(below);
	return rc;
}

static int
list_dir(struct served *t, struct dir *d, const char *prefix, int depth, struct err *e)
{
	struct listing l = { t, d, prefix, depth };

	if (depth > SERVED_DEPTH_MAX) {
		err_setx(e, ERR_TOO_LARGE, "%s: over %d directories deep", prefix,
		    SERVED_DEPTH_MAX);
		return served_blame(t, e);
	}
	err_clear(e);
	if (dir_list(d, list_entry, &l, e) == 0)
		return 0;
	return e->code == ERR_TOO_LARGE ? -1 : served_blame(t, e);
}

int
served_open(struct served *t, struct err *e)
{
	t->files = json_object();
	t->named = json_object();
	t->done = json_object();
	if (t->files == NULL || t->named == NULL || t->done == NULL)
		return err_nomem(e);
	return list_dir(t, t->r->metadata, "metadata", 0, e) == -1 ||
		list_dir(t, t->r->targets, "targets", 0, e) == -1
	    ? -1
	    : 0;
}

void
served_close(struct served *t)
{
	for (int64_t i = 0; i < t->nroots; i++)
		root_free(t->roots[i]);
	free(t->roots);
	json_decref(t->files);
	json_decref(t->named);
	json_decref(t->done);
}

int
served_extra(struct served *t, int (*each)(void *arg, const char *path, struct err *e), void *arg,
    struct err *e)
{
	const char *path;
	json_t *size;

	json_object_foreach (t->files, path, size)
		if (json_object_get(t->named, path) == NULL && each(arg, path, e) == -1)
			return -1;
	return 0;
}

int64_t
served_version(const char *path, const char *role)
{
	size_t len = strlen(LAYOUT_METADATA);

	return strncmp(path, LAYOUT_METADATA, len) == 0 ? layout_version(path + len, role) : 0;
}
