/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_LEFTOVER_H
#define UPDATER_APPLY_LEFTOVER_H

/*
 * Old files that can't be removed, because a program still runs them or has them open.  This
 * happens on Windows only.
 *
 * A transaction moves them into its private directory and lists them in the state
 * (notes_leftovers()), so that people see which files are still in use.  Each later start tries to
 * remove them.
 */
#include <stddef.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/os/file.h"
#include "updater/apply/journal.h"
#include "updater/apply/transaction.h"

/* Bytes of a leftover's name, with its NUL. */
#define LEFTOVER_NAME_SIZE 48

/*
 * Move from/name, which is or was file i of a journal, into the private directory work, under a
 * name that is free there and is written to out.  Returns 1, 0 where there is no such file, or -1.
 */
int leftover_move(struct dir *from, const char *name, struct dir *work, size_t i,
    char out[LEFTOVER_NAME_SIZE], struct err *e);

/* While the private directories of a transaction are emptied. */
struct leftovers {
	struct dir *state;
	const struct journal *j;
	const char *work; /* the name of these directories */
	json_t *list;	  /* owned: for notes_set_leftovers(); NULL while nothing is in use */
};

/*
 * Empty the private directory dir of root r.  Files in use stay and are added to the list.  Returns
 * 0 or -1.
 */
int leftovers_empty(struct leftovers *l, enum layout_place r, struct dir *dir, struct err *e);

/*
 * Remove the files of the state's list that are no longer in use.  The next call tries the others
 * again.  What isn't in the private directory of one of the station's roots is left alone, whatever
 * the list says.
 */
void leftovers_remove(const struct transaction *t);

#endif
