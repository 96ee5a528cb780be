/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_CHECKS_H
#define UPDATER_STATION_CHECKS_H

/*
 * What can be wrong with a station, one function for each: "status" tells of it, and an update
 * stops where going on would be the hole.
 */
#include <stdbool.h>

#include "lib/base/err.h"
#include "updater/station/station.h"

struct station_check {
	const char *name;
	/* 0, or -1 with words that say how to mend it */
	int (*run)(const struct station *st, struct err *e);
	bool stops; /* no update before it is mended */
};

/* The checks; a NULL name ends them. */
extern const struct station_check station_checks[];

/* Run those that stop an update, up to the first that fails.  Returns 0 or -1. */
int station_check_update(const struct station *st, struct err *e);

#endif
