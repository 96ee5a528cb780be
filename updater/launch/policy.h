/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_LAUNCH_POLICY_H
#define UPDATER_LAUNCH_POLICY_H

/*
 * Whether the program may start, by what the site has decided: OnError, WarnAfterDays,
 * BlockAfterDays.
 */
#include "updater/update/update.h"

struct verdict {
	bool start;
	bool tell; /* there is something to say */
	enum log_level level;
};

/*
 * Decide, and append a sentence about it to text.  why: the fault of the update, or NULL.  program:
 * its name, for the sentence.  now: seconds since 1970.  Where WarnAfterDays is set, an unreachable
 * server is a warning only after WarnAfterDays.
 */
struct verdict policy(const struct station *st, const struct update_result *r,
    const struct err *why, const char *program, int64_t now, struct buf *text);

#endif
