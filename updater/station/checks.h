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

/*
 * What a privileged process believes, on Windows (lib/os/owned.h): station_mend_owners() takes
 * single accounts' entries out where the owner is good, before the checks.  station_strangers()
 * appends what stays, with its owner and entries, for a person, and station_adopt() takes that over
 * once the person agreed.  Return 0 or -1; where the process isn't privileged, and on POSIX, they
 * do nothing.
 */
void station_mend_owners(const struct station *st);
int station_strangers(const struct station *st, struct buf *out, struct err *e);
int station_adopt(const struct station *st, struct err *e);

/*
 * Whether nobody else can have written to the downloads.  They are made anew otherwise; on Windows
 * those of a single administrator's account, which other administrators couldn't use, are, too.
 */
bool station_staging_is_ours(const struct station *st);

#endif
