/* SPDX-License-Identifier: ISC */
/* The end of an enrolment. */
#include "updater/station/unenrol.h"

#include <string.h>

#include "lib/os/move.h"
#include "lib/os/path.h"

#define LOCK	  "lock"
#define DEPTH_MAX 16

int
station_forget_settings(struct settings *s, const struct station *st, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct changeset c = CHANGESET_INIT;
	int rc = -1;

	if (station_key(st->installation, st->application, &key, e) == 0 &&
	    changeset_delete_tree(&c, buf_text(&key), e) == 0)
		rc = settings_apply(s, &c, e);
	changeset_free(&c);
	buf_free(&key);
	return rc;
}

/* A directory that is emptied, and how deep it is. */
struct emptying {
	struct dir *dir;
	const char *but; /* a name that stays, or NULL */
	int depth;
};

static int remove_one(void *arg, const char *name, struct err *e);

static int
empty_below(const struct emptying *x, const char *name, struct err *e)
{
	struct emptying below = { dir_below(x->dir, name, false, e), NULL, x->depth + 1 };
	int rc;

	if (below.dir == NULL)
		return -1;
	rc = below.depth > DEPTH_MAX
	    ? err_setx(e, ERR_TOO_LARGE, "%s/%s: want at most %d directories, one in the other",
		  dir_path(x->dir), name, DEPTH_MAX)
	    : dir_list(below.dir, remove_one, &below, e);
	dir_close(below.dir);
	return rc == -1 || dir_remove(x->dir, name, e) == -1 ? -1 : 0;
}

static int
remove_one(void *arg, const char *name, struct err *e)
{
	const struct emptying *x = arg;
	struct file_info info;
	int found;

	if (x->but != NULL && strcmp(name, x->but) == 0)
		return 0;
	if ((found = file_stat(x->dir, name, &info, e)) != 1)
		return found;
	if (info.type == FILE_DIRECTORY)
		return empty_below(x, name, e);
	return file_remove(x->dir, name, e) == -1 ? -1 : 0;
}

int
station_forget_state(struct dir *state, struct err *e)
{
	struct emptying x = { state, LOCK, 0 };

	return dir_list(state, remove_one, &x, e);
}

/* Remove the directory at path where it is empty.  1 removed, 0 it isn't empty, -1. */
static int
remove_empty(char *path, struct err *e)
{
	char *name = strrchr(path, '/');
	struct err ignored;
	struct dir *up;
	int rc = 0;

	if (name == NULL || name == path)
		return 0;
	*name = '\0';
	if ((up = dir_open(path, e)) == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	rc = dir_remove(up, name + 1, &ignored) == 1;
	dir_close(up);
	return rc;
}

int
station_forget_empty(const char *state_path, int levels, struct err *e)
{
	struct buf path = BUF_INIT(STATION_PATH_MAX);
	int rc = buf_adds(&path, state_path, e);

	for (int i = 0; i < levels && rc != -1; i++)
		if ((rc = remove_empty((char *)path.data, e)) == 0)
			break;
	buf_free(&path);
	return rc == -1 ? -1 : 0;
}

int
station_forget_lock(const char *state_path, int levels, struct err *e)
{
	struct dir *d = dir_open(state_path, e);
	int rc = d == NULL ? -1 : file_remove(d, LOCK, e);

	dir_close(d);
	if (d == NULL && e->code == ERR_NOENT)
		return 0;
	return rc == -1 ? -1 : station_forget_empty(state_path, levels, e);
}
