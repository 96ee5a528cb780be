#ifndef UPDATER_LEFTOVER_H
#define UPDATER_LEFTOVER_H

/*
 * Old files that could not go, because a program still runs them or has them open (on Windows; elsewhere they always go).
 *
 * A transaction moves them into its private directory, beside which they were, and writes them down in the state
 * (store_leftovers()), so that people see what is still in use.  Each later start tries to remove them.
 */
#include <stddef.h>

#include <jansson.h>

#include "base/err.h"
#include "base/file.h"

/* Room for the name of one, with its NUL. */
#define LEFTOVER_NAME_SIZE	48

/*
 * Move from/name, which is or was file i of a journal, into the private directory work, under a name that is free there.
 * 1 moved, 0 there is no such name, -1.
 */
int leftover_move(struct dir *from, const char *name, struct dir *work, size_t i, char out[LEFTOVER_NAME_SIZE],
    struct err *e);

/* Which file of its journal one is, by its name; -1 where that is no name of theirs. */
long leftover_index(const char *name);

/* Add one to a list, unless it is in it: root/work/name, which was root/path.  0 or -1. */
int leftover_add(json_t *list, const char *root, const char *work, const char *name, const char *path, struct err *e);

/* Remove those in the state's list that nobody uses any more.  What fails is tried again the next time. */
void leftovers_remove(struct dir *state);

#endif
