/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_SAY_H
#define SERVER_ROLLOVER_SAY_H

#include "server/rollover/look.h"

/* Appends in words where a replacement stands and which command comes next.  0 or -1. */
int say_standing(const struct replace *p, const struct look *l, struct buf *out, struct err *e);

#endif
