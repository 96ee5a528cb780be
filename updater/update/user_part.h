/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_USER_PART_H
#define UPDATER_UPDATE_USER_PART_H

/*
 * A user's part of what is applied: settings below HKCU, which the release's scripts of user/ ask
 * for, and, where AppDir is each user's, the files of app/.  It follows the machine's part, in a
 * transaction of its own, when that user starts a program.
 */
#include "updater/update/attempt.h"

/*
 * Whether this process has such a part at all: the system's account, which updates stations, is no
 * person's, and has one only for a program that it starts.
 */
bool user_part_is_due(const struct update_options *o);

/*
 * Bring this user's part to the machine's record, in an attempt that attempt_begin() began.  Sets
 * r->user_settings, r->user_files and r->busy.  0, or -1: the user's part is as it was (or
 * ERR_TORN).
 */
int user_part_run(struct attempt *u, struct err *e);

#endif
