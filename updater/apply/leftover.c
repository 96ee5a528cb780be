/* SPDX-License-Identifier: ISC */
/* Old files that can't be removed yet. */
#include "updater/apply/leftover.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/move.h"
#include "lib/os/way.h"
#include "updater/plan/plan.h"
#include "updater/state/notes.h"

/* Leftovers of one file: each is a program of an older release that still runs. */
#define SAME_MAX 100

int
leftover_move(struct dir *from, const char *name, struct dir *work, size_t i,
    char out[LEFTOVER_NAME_SIZE], struct err *e)
{
	struct file_info info;

	for (unsigned k = 0; k < SAME_MAX; k++) {
		int found;

		snprintf(out, LEFTOVER_NAME_SIZE, "x%zu-%u", i, k);
		if ((found = file_stat(work, out, &info, e)) == -1)
			return -1;
		if (found == 0)
			return file_move(from, name, work, out, e);
	}
	return err_setx(e, ERR_BUSY, "%s/%s: %u of its old versions are in use", dir_path(from),
	    name, SAME_MAX);
}

/* Whether a file has the name of a leftover. */
static bool
is_leftover(const char *name)
{
	return name[0] == 'x';
}

static const char *
member_text(const json_t *one, const char *member)
{
	const char *text = json_string_value(json_object_get(one, member));

	return text == NULL ? "" : text;
}

/*
 * Add a leftover to the list, unless the list has it: name, in the private directory work of a
 * root, below which the file was path.
 */
static int
add_leftover(json_t *list, const char *root, const char *work, const char *name, const char *path,
    struct err *e)
{
	json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (strcmp(member_text(one, "root"), root) == 0 &&
		    strcmp(member_text(one, "work"), work) == 0 &&
		    strcmp(member_text(one, "name"), name) == 0)
			return 0;
	one = json_pack("{s:s, s:s, s:s, s:s}", "root", root, "work", work, "name", name, "path",
	    path);
	return json_array_append_new(list, one) == -1 ? err_nomem(e) : 0;
}

struct emptying {
	struct leftovers *l;
	enum layout_place r;
	struct dir *dir;
};

/* List a file that a program has in use, under a leftover's name.  Its name has file i's number. */
static int
leave_file(const struct emptying *x, const char *name, struct err *e)
{
	struct leftovers *l = x->l;
	size_t i = strtoul(name + strcspn(name, "0123456789"), NULL, 10);
	char new[LEFTOVER_NAME_SIZE];

	/* A file that is open without sharing can't be moved either, and keeps its name. */
	if (!is_leftover(name)) {
		if (leftover_move(x->dir, name, x->dir, i, new, e) != -1)
			name = new;
		else if (e->code != ERR_BUSY)
			return -1;
	}
	if (l->list == NULL && (l->list = notes_leftovers(l->state)) == NULL)
		return err_nomem(e);
	return add_leftover(l->list, l->j->roots[x->r], l->work, name,
	    i < l->j->nfiles ? l->j->files[i].path : "", e);
}

static int
remove_or_leave(void *arg, const char *name, struct err *e)
{
	struct emptying *x = arg;

	if (file_remove(x->dir, name, e) != -1)
		return 0;
	return e->code == ERR_BUSY ? leave_file(x, name, e) : -1;
}

int
leftovers_empty(struct leftovers *l, enum layout_place r, struct dir *dir, struct err *e)
{
	struct emptying x = { l, r, dir };

	return dir_list(dir, remove_or_leave, &x, e);
}

/* Whether a leftover is where transactions of this station leave them. */
static bool
is_ours(const struct transaction *t, const json_t *one)
{
	const char *root = member_text(one, "root");
	bool found = false;

	for (int r = 0; r < LAYOUT_ROOTS; r++)
		found |= plan_root(t->st, r) != NULL && strcmp(plan_root(t->st, r), root) == 0;
	return found && strcmp(member_text(one, "work"), t->work) == 0;
}

/* Remove a leftover.  Returns whether it is gone. */
static bool
remove_leftover(const json_t *one)
{
	const char *name = member_text(one, "name"), *work = member_text(one, "work");
	struct dir *root = NULL, *dir = NULL;
	struct err e;
	bool gone = false;

	if (path_check(work, strlen(work), &e) == -1 || path_check(name, strlen(name), &e) == -1 ||
	    (root = way_open(member_text(one, "root"), &e)) == NULL ||
	    (dir = dir_open_private(root, work, &e)) == NULL) {
		gone = e.code == ERR_NOENT;
	} else if (file_remove(dir, name, &e) != -1) {
		gone = true;
		dir_close(dir);
		dir = NULL;
		dir_remove(root, work, &e); /* with the last leftover */
	}
	dir_close(dir);
	dir_close(root);
	return gone;
}

void
leftovers_remove(const struct transaction *t)
{
	json_t *list = notes_leftovers(t->state);
	size_t n = json_array_size(list);
	struct err ignored;

	for (size_t i = n; i > 0; i--)
		if (is_ours(t, json_array_get(list, i - 1)) &&
		    remove_leftover(json_array_get(list, i - 1)))
			json_array_remove(list, i - 1);
	if (json_array_size(list) < n)
		notes_set_leftovers(t->state, list, &ignored);
	json_decref(list);
}
