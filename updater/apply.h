#ifndef UPDATER_APPLY_H
#define UPDATER_APPLY_H

/*
 * Putting a planned release in place: files, then settings, then removals, then the record of it.
 *
 * Each file and each key file is replaced atomically and durably.  The record is written last, so that a crash
 * anywhere before it makes the next start do the whole again, and each step is idempotent.
 */
#include <jansson.h>

#include "base/err.h"
#include "plan.h"
#include "settings/settings.h"
#include "station.h"

/* 0, or -1: then the record still names the old release, and the next update goes on from there. */
int apply(const struct station *st, struct settings *s, struct dir *state, struct dir *staging,
    const struct plan *p, const json_t *applied, struct err *e);

#endif
