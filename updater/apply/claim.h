/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_CLAIM_H
#define UPDATER_APPLY_CLAIM_H

/*
 * Whose a private directory is.  Stations of several users or computers may share InstallDir or
 * AppDir, and their private directories have one name.  Each transaction writes an empty file
 * there, called by the number of its journal, and goes on only where it is the only one.
 *
 * Of two that begin at the same time at least one sees the other, because each looks after it has
 * written.
 */
#include "updater/apply/work.h"

/*
 * Write the mark into the private directory of root r.  Returns 0, or -1 with ERR_BUSY, and no
 * mark, where another transaction's is there; take_over: that one is removed.
 */
int claim_take(const struct work *w, int r, bool take_over, struct err *e);

/* Whether the directory has the mark of this transaction, or of another one. */
bool claim_is_ours(const struct work *w, int r);
bool claim_is_others(const struct work *w, int r);

/* Remove the mark alone.  Failures are ignored. */
void claim_leave(const struct work *w, int r);

#endif
