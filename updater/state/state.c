/* SPDX-License-Identifier: ISC */
/* The directory in which a station keeps its state. */
#include "updater/state/state.h"

bool
state_pending(struct dir *state)
{
	struct file_info info;
	struct err e;

	return file_stat(state, STATE_JOURNAL_COMMITTED, &info, &e) == 1 ||
	    file_stat(state, STATE_JOURNAL_UNDOING, &info, &e) == 1;
}
