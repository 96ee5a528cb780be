/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_PLAN_LOST_H
#define UPDATER_PLAN_LOST_H

/*
 * Files and settings that were applied and aren't there any more: a person, a virus scanner or a
 * disk took them.  Looks at the stamps of files, never at their content, so that each start can
 * afford a look.
 */
#include "lib/base/list.h"
#include "lib/settings/settings.h"
#include "updater/state/record.h"
#include "updater/station/station.h"

/*
 * Where so many files are applied in a destination and none is there, its disk may not be mounted:
 * they aren't put back.
 */
#define LOST_DISK_MIN 17

/* Start with LOST_INIT. */
struct lost {
	struct strings targets;	   /* of files that are missing, and can be put back; in order */
	struct strings scripts;	   /* of users' scripts that kept/ lacks; in order */
	struct changeset settings; /* that set the missing values again */
	struct strings held_up;	   /* texts: why other files can't be put back */
	/* files of another length or type, and settings with another value, which a person wrote */
	size_t changed_files, changed_settings;
};

#define LOST_INIT \
	{ \
		STRINGS_INIT, STRINGS_INIT, CHANGESET_INIT, STRINGS_INIT, 0, 0 \
	}

/*
 * Compare a record, of the machine's part or a user's, or a part of it (watch.h), with the files of
 * the station, the scripts in the state and the settings.  Files of a destination that moved are
 * left out: an update puts them where they belong.
 *
 * Returns 0, or -1: the settings can't be read, or ERR_TIMEOUT at deadline, a time of
 * clock_mono_ms().
 */
int lost_look(const struct station *st, struct dir *state, struct settings *s,
    const struct record *applied, int64_t deadline, struct lost *l, struct err *e);

/* Whether anything is missing, whether or not it can be put back. */
bool lost_any(const struct lost *l);

/* Whether everything is as it was applied, as far as the look goes. */
bool lost_nothing(const struct lost *l);

void lost_free(struct lost *l);

#endif
