/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_LEFTOVER_H
#define UPDATER_APPLY_LEFTOVER_H

/*
 * Old files that could not go, because a program still runs them or has them open (on Windows;
 * elsewhere they always go).
 *
 * A transaction moves them into its private directory, beside which they were, and writes them down
 * in the state (notes_leftovers()), so that people see what is still in use.  Each later start
 * tries to remove them.
 */
#include <stddef.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/os/file.h"
#include "updater/apply/journal.h"

/* Room for the name of one, with its NUL. */
#define LEFTOVER_NAME_SIZE 48

/*
 * Move from/name, which is or was file i of a journal, into the private directory work, under a
 * name that is free there. 1 moved, 0 there is no such name, -1.
 */
int leftover_move(struct dir *from, const char *name, struct dir *work, size_t i,
    char out[LEFTOVER_NAME_SIZE], struct err *e);

/* While the private directories of a transaction are emptied. */
struct leftovers {
	struct dir *state;
	const struct journal *j;
	const char *work; /* the name of these directories */
	/*
	 * with what can't go now, for notes_set_leftovers(); NULL as long as there is nothing.
	 * Owned
	 */
	json_t *list;
};

/* Empty the private directory dir of root r.  What is in use stays and is in the list.  0 or -1. */
int leftovers_empty(struct leftovers *l, enum layout_place r, struct dir *dir, struct err *e);

/*
 * Remove those in the state's list that nobody uses any more.  What fails is tried again the next
 * time.
 */
void leftovers_remove(struct dir *state);

#endif
