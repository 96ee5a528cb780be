/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_BOUNDS_H
#define UPDATER_APPLY_BOUNDS_H

/*
 * What a journal may do here, whoever wrote it: its checksum has no key, so that a journal that was
 * planted looks like any other.
 */
#include "lib/base/err.h"
#include "updater/apply/journal.h"
#include "updater/apply/transaction.h"

/*
 * Whether the roots of a journal are exactly the directories of the station, and every key of its
 * changes is one that the station lets scripts touch, and none of Slipway's own.  Returns 0, or -1
 * with ERR_UNSAFE, or what reading ScriptKeys gives.
 */
int bounds_check(const struct transaction *t, const struct journal *j, struct err *e);

#endif
