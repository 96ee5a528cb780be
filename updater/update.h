#ifndef UPDATER_UPDATE_H
#define UPDATER_UPDATE_H

/*
 * One whole update of one application: lock, refresh, plan, fetch, scripts, apply.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "settings/settings.h"
#include "station.h"

struct update_result {
	bool changed;		/* a release was applied */
	bool stood_still;	/* the clock stands before the last good refresh */
	int64_t release;	/* what is applied now; 0: nothing */
	size_t fetched;		/* files downloaded */
	size_t files, settings;	/* files of the release that were replaced, settings its scripts name */
};

/*
 * deadline: clock_mono_ms() at which fetching ends.  failed() is told of each server that failed before another was
 * tried.  0, or -1: the station is as it was (or, after a fault in the middle of applying, the next update completes
 * it).  ERR_BUSY: another process updates.  *r says in both cases what is applied.
 */
int update_run(const struct station *st, struct settings *s, int64_t deadline,
    void (*failed)(void *arg, const char *url, const struct err *why), struct update_result *r,
    struct err *e);

#endif
