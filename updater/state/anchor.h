/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_ANCHOR_H
#define UPDATER_STATE_ANCHOR_H

/*
 * A second copy of the trusted root metadata, in the state's root.copy.json: without a root that
 * can be read a station could never be updated again, and no server can be believed about it.
 */
#include "updater/state/damage.h"

/*
 * Bring the copy up to date; where metadata/root.json is damaged or lost, set it aside and put the
 * copy in its place.  Failures are ignored: the reader of the root tells them.
 */
void anchor_heal(struct dir *state, const struct damage_told *told);

#endif
