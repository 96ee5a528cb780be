/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_GUARD_FILES_H
#define SERVER_REVIEW_GUARD_FILES_H

/* Mistakes in the files of a release.  The functions return 0 or -1, as guard_look() does. */
#include "server/review/guard.h"

/* Private keys in any form, in files of any name (lib/x509/keysearch.h). */
int guard_private_keys(struct guard_findings *f, const struct content *c, struct err *e);

/*
 * No script at all, or no certificate at all, where the release before has some: the mark of a
 * directory that isn't whole.
 */
int guard_lost_files(struct guard_findings *f, const struct review *v, struct err *e);

#endif
