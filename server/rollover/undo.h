/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_UNDO_H
#define SERVER_ROLLOVER_UNDO_H

#include "server/rollover/steps.h"

/* Takes the last step of a replacement back.  Returns STEPS_DONE, STEPS_ATTEND, or -1. */
int undo_step(struct steps *s, struct err *e);

#endif
