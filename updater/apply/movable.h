/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_MOVABLE_H
#define UPDATER_APPLY_MOVABLE_H

/*
 * Whether every file and directory of a journal can be moved, made or removed (lib/os/movable.h),
 * and the transaction's own files replaced.  Changes none of them.  Returns 0, or -1 with the fault
 * and the command that mends it.
 */
#include "updater/apply/journal.h"
#include "updater/apply/transaction.h"

int movable_check(const struct transaction *t, const struct journal *j, struct err *e);

#endif
