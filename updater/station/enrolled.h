/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATION_ENROLLED_H
#define UPDATER_STATION_ENROLLED_H

/* The enrolled applications of this computer, and which of them a start is for. */
#include "lib/settings/application.h"

#define ENROLLED_MAX 64 /* applications */

/*
 * List all.  Returns 0 with *all, which application_pairs_free() releases, or -1 with ERR_TOO_LARGE
 * or what reading the settings gives, and *all empty.
 */
int enrolled_load(struct settings *s, struct application_pairs *all, struct err *e);

/*
 * Choose one as docs say: by the names that the caller gives (or NULL), else by /C<name> among the
 * program's arguments if that application is enrolled, else by DefaultApplication.  Returns 0 with
 * its index in *which, or -1 with ERR_NOENT (the text lists what is enrolled) or what reading the
 * settings gives.
 */
int
enrolled_choose(struct settings *s, const struct application_pairs *all, const char *installation,
    const char *application, int argc, char **argv, size_t *which, struct err *e);

/*
 * The name of an enrolled application that stands alone behind "/C" (or /c, -C, -c) among a
 * program's arguments, of which none names an application in one word; NULL where there is none.
 */
const char *enrolled_split(struct settings *s, int argc, char **argv);

/*
 * The name in the first "/C<name>" among a program's arguments, where applications are enrolled but
 * none of that name, so that it counts for nothing; NULL otherwise.
 */
const char *enrolled_nowhere(struct settings *s, int argc, char **argv);

#endif
