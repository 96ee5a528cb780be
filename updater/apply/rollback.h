/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_APPLY_ROLLBACK_H
#define UPDATER_APPLY_ROLLBACK_H

/*
 * The way back to an earlier release: its files, and settings as they were then.
 */
#include <stdint.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/os/file.h"
#include "lib/settings/changeset.h"

/*
 * Find the newest record of a release before the one that is applied; release 0: one with a
 * lower number.  Appends to back
 * the changes of settings that lead there from what is applied.  NULL with ERR_NOENT (the text
 * lists what there is). The caller calls json_decref().
 */
json_t *rollback_find(struct dir *state, const json_t *applied, int64_t release,
    struct changeset *back, struct err *e);

#endif
