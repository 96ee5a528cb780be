/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_ROLLBACK_H
#define UPDATER_APPLY_ROLLBACK_H

/* The way back to an earlier release: its files, and settings as they were then. */
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/os/file.h"
#include "lib/settings/changeset.h"
#include "updater/state/record.h"

/*
 * Find the newest record of a release before the applied one; release 0: of the one with the next
 * lower number.  Appends to back the changes of settings that lead there from what is applied.
 * Returns 0 with *found, which record_free() releases, or -1 with ERR_NOENT (the text lists the
 * releases that are kept), and *found and *back empty.
 */
int rollback_find(struct dir *state, const struct record *applied, int64_t release,
    struct record *found, struct changeset *back, struct err *e);

#endif
