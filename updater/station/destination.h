/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_DESTINATION_H
#define UPDATER_STATION_DESTINATION_H

/*
 * Where a release's files go, InstallDir and AppDir, and the places with which they have to have
 * nothing in common.
 */
#include "updater/station/enrolled.h"
#include "updater/station/station.h"

/*
 * Note in st->others where the files of all other applications go, and in st->other_states where
 * their states are.  One whose settings can't be read has no such place.  Returns 0 or -1.
 */
int destination_others(struct settings *s, const struct application_pairs *all, struct station *st,
    struct err *e);

/*
 * Whether a destination, links resolved, is, holds or lies in a place of Slipway's own (state,
 * settings, login), or (lib/os/way.h) somebody else can choose where its path leads.  Returns 0, or
 * -1 with ERR_UNSAFE and what to do.
 */
int destination_check(const struct station *st, struct err *e);

/*
 * The same of a destination of another application.  A station that was enrolled on such a place
 * earlier goes on updating, but for the files that the other one installed (plan_others()).
 */
int destination_shared(const struct station *st, struct err *e);

/*
 * Whether nobody besides root (on Windows administrators and the system) can write in a
 * destination, and so replace what a release installs there, or AllowWritable says that others
 * may; a process that isn't privileged doesn't ask.  Returns 0, or -1 with ERR_UNSAFE and the
 * command that takes the right away.
 */
int destination_closed(const struct station *st, struct err *e);

/*
 * Whether the destinations of a station for all users are outside of the home of the privileged
 * account that asks, which others don't reach; a process that isn't privileged doesn't ask.
 * Returns 0, or -1 with ERR_CONFIG.
 */
int destination_for_all(const struct station *st, struct err *e);

/*
 * Whether scripts can name the destinations in settings: a text in UTF-8, without control
 * characters, without the ';' that separates files, and without a '\\' that is no separator.
 * Returns 0, or -1 with ERR_CONFIG.
 */
int destination_named(const struct station *st, struct err *e);

/*
 * Whether one destination is or holds the other: what has one name in both is one file then.
 * Returns 0, or -1 with ERR_CONFIG.
 */
int destination_apart(const struct station *st, struct err *e);

#endif
