/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_CHECKS_H
#define UPDATER_STATION_CHECKS_H

/*
 * What can be wrong with a station, one function for each: "status" tells of it, and an update
 * stops where going on would be the hole.
 */
#include "lib/base/err.h"
#include "updater/station/station.h"

struct station_check {
	const char *name;
	/* 0, or -1 with words that say how to mend it */
	int (*run)(const struct station *st, struct err *e);
	enum { STOPS_NOTHING, STOPS_CHANGES, STOPS_UPDATES } stops; /* before it is mended */
};

/* The checks; a NULL name ends them. */
extern const struct station_check station_checks[];

/*
 * Run those that stop an update before it begins, or a change of files and directories, up to the
 * first that fails.  Return 0 or -1.
 */
int station_check_update(const struct station *st, struct err *e);
int station_check_change(const struct station *st, struct err *e);

#endif
