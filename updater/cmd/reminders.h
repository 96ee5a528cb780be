/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_REMINDERS_H
#define UPDATER_CMD_REMINDERS_H

/*
 * Reminders: warnings of lasting faults of a station, each with the command that mends it.  "slipway
 * status" and "slipway update" log all of them, "slipway run" those that are due
 * (updater/state/told.h).
 */
#include "updater/cmd/command.h"

struct reminders {
	const struct station *st;
	struct told *told;	   /* NULL: all are logged */
	struct settings *settings; /* NULL: they couldn't be opened */
};

/*
 * Log settings that count for nothing, the station's checks that don't stop an update, and what r
 * says of the clock.  why: the fault of the update or NULL; what its text says already isn't said
 * again.  told_end() is the caller's.
 */
void
reminders_tell(const struct reminders *w, const struct update_result *r, const struct err *why);

/* Those that need no look at the system: misspelt settings, and a SLIPWAY_HOME that is ignored. */
void reminders_tell_settings(const struct reminders *w);

/* Log that another enrolment is hidden (updater/station/hidden.h). */
void reminders_tell_hidden(void);

/* Log a warning if it is due.  name: of its kind. */
void reminders_log(const struct reminders *w, const char *name, const char *text);

#endif
