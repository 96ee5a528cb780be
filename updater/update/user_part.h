/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_USER_PART_H
#define UPDATER_UPDATE_USER_PART_H

/*
 * A user's part of what is applied: settings below HKCU, which the release's scripts of user/ ask
 * for.  It follows the machine's part, in a transaction of its own, when that user starts a
 * program.
 */
#include <stdbool.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "updater/station/station.h"

/*
 * Bring this user's settings to the machine's record.  machine_state is where the scripts are kept.
 *  *nsettings: how many changed.  deadline as plan_scripts().  0, or -1: the user's settings are as
 * they were (or ERR_TORN).
 */
int user_part_run(const struct station *st, struct settings *s, struct dir *machine_state,
    const json_t *machine, int64_t deadline, size_t *nsettings, struct err *e);

#endif
