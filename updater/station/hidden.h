/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_HIDDEN_H
#define UPDATER_STATION_HIDDEN_H

/*
 * The enrolment that doesn't count beside the one that does: a user's own on a station for all
 * users, or that of the computer where SLIPWAY_HOME is set.
 */
#include "lib/base/buf.h"
#include "lib/base/list.h"

struct hidden {
	char *settings;		 /* the key file; NULL: nothing is hidden */
	struct strings enrolled; /* "INSTALLATION/APPLICATION" */
	char *text; /* a line for people: what is hidden, and the command that takes one away */
};

/*
 * Look for it.  A file without enrolments, or that can't be read, hides nothing.  Returns 0 or -1
 * with ERR_NOMEM; the caller calls hidden_free() in both cases.
 */
int hidden_load(struct hidden *h, struct err *e);
void hidden_free(struct hidden *h);

#endif
