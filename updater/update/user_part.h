/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_USER_PART_H
#define UPDATER_UPDATE_USER_PART_H

/*
 * A user's part of what is applied: settings below HKCU, which the release's scripts of user/ ask
 * for.  It follows the machine's part, in a transaction of its own, when that user starts a
 * program.
 */
#include "updater/update/attempt.h"

/*
 * Bring this user's settings to the machine's record, in an attempt that attempt_begin() began.
 * Sets r->user_settings and r->busy.  0, or -1: the user's settings are as they were (or ERR_TORN).
 */
int user_part_run(struct attempt *u, struct err *e);

#endif
