/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_UPDATE_USER_PART_H
#define UPDATER_UPDATE_USER_PART_H

/*
 * A user's part of what is applied: settings below HKCU, which the release's scripts of user/ ask
 * for.  It follows the machine's part, in a transaction of its own, when that user starts a
 * program.
 */
#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "updater/state/record.h"
#include "updater/station/station.h"
#include "updater/update/update.h"

/*
 * Bring this user's settings to the machine's record.  machine_state is where the scripts are kept.
 * Sets r->user_settings and r->busy.  0, or -1: the user's settings are as they were (or ERR_TORN).
 */
int user_part_run(const struct station *st, struct settings *s, struct dir *machine_state,
    const struct record *machine, const struct update_options *o, struct update_result *r,
    struct err *e);

#endif
