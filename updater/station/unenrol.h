/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_UNENROL_H
#define UPDATER_STATION_UNENROL_H

/* The end of an enrolment: its settings and its state go.  What releases installed stays. */
#include "lib/settings/settings.h"
#include "updater/station/station.h"

/*
 * Remove the settings of an application.  A start finds no station from then on, also where what
 * follows is never reached.  Returns 0, or -1 with what settings_apply() gives and nothing changed.
 */
int station_forget_settings(struct settings *s, const struct station *st, struct err *e);

/*
 * Remove a state, of the machine's part or a user's: first all but its lock, which the caller holds
 * until station_forget_lock(), then that and as many levels of directories, the state's own among
 * them, as are empty then.  Links in it are removed, not followed.  Return 0 or -1; they can be
 * called again.
 */
int station_forget_state(struct dir *state, struct err *e);
int station_forget_lock(const char *state_path, int levels, struct err *e);

/* Remove such directories alone, up to the first that isn't empty.  Returns 0 or -1. */
int station_forget_empty(const char *state_path, int levels, struct err *e);

#endif
