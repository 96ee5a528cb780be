/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_OUTCOME_H
#define SERVER_REVIEW_OUTCOME_H

/*
 * The settings that all scripts of a release leave behind on a station that had none, for each
 * operating system.  The scripts run in their child, as lib/script/dryrun.h does without facts of a
 * station: names of %NAME% stand for "<NAME>".
 */
#include "server/review/content.h"

/* The operating systems of stations: "linux", "windows". */
#define OUTCOME_SYSTEMS 2
extern const char *const outcome_systems[OUTCOME_SYSTEMS];

/* What stands for %AppDir% and %InstallDir%. */
#define OUTCOME_APP_DIR	    "<AppDir>"
#define OUTCOME_INSTALL_DIR "<InstallDir>"

/*
 * {"key\nname" in small letters: {"key", "name", "value", "text"}} in the order of the scripts:
 * value is the form of key files, or null where the setting is deleted, and text the value of a
 * string.  A deleted key has no name.
 */
struct outcome {
	json_t *settings[OUTCOME_SYSTEMS]; /* owned; NULL: not known */
};

/* Returns 0, or -1 with o empty and the errors of a script. */
int outcome_of(const struct content *c, struct outcome *o, struct err *e);
void outcome_free(struct outcome *o);

#endif
