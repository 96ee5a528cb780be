/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_DIFFERENCE_H
#define LIB_SETTINGS_DIFFERENCE_H

/*
 * Applying change sets to settings in memory, and comparing two states of them, for settings_plan()
 * and settings_apply().
 */
#include "lib/settings/keyfile.h"

/* Make those changes of c that are below root.  0 or -1; then f must only be freed. */
int difference_edit(struct keyfile *f, const struct changeset *c, const char *root, struct err *e);

/*
 * Append to effective and undo, as settings_plan() describes them, the differences that c made
 * between before and after.  Either may be NULL.  0 or -1.
 */
int difference_compare(const struct keyfile *before, const struct keyfile *after,
    const struct changeset *c, const char *root, struct changeset *effective,
    struct changeset *undo, struct err *e);

#endif
