/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_LAUNCH_POLICY_H
#define UPDATER_LAUNCH_POLICY_H

/*
 * Whether the program may start, by what the site has decided: OnError, WarnAfterDays,
 * BlockAfterDays.
 */
#include "lib/base/buf.h"
#include "lib/os/log.h"
#include "updater/update/update.h"

struct verdict {
	bool start;
	bool tell; /* there is something to say */
	enum log_level level;
};

/*
 * why: what kept the station from being updated, or NULL.  program: its name, for the sentence that
 * is appended to text.  A station that only can't reach a server is not warned about before
 * WarnAfterDays, where that is set.  now: seconds since 1970.
 */
struct verdict policy(const struct station *st, const struct update_result *r,
    const struct err *why, const char *program, int64_t now, struct buf *text);

#endif
