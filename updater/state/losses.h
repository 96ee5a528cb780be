/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_LOSSES_H
#define UPDATER_STATE_LOSSES_H

/*
 * What was put back today, in the state's losses.json, so that files which a virus scanner removes
 * again and again aren't fetched at each start.
 */
#include <jansson.h>

#include "lib/os/file.h"

/* How often on one day (UTC) a file or a setting is put back. */
#define LOSSES_MAX 2

struct losses {
	json_t *known; /* owned; NULL when out of memory */
	bool changed;
	bool newer; /* a newer Slipway wrote the file, which stays */
};

/* Read the note, of today; one that can't be read, or of another day, counts as empty. */
void losses_load(struct dir *state, struct losses *l);

/* How often a target, or a setting as losses_setting() writes it, was put back today. */
unsigned losses_count(const struct losses *l, const char *name);

/* Count it once more. */
void losses_add(struct losses *l, const char *name);

/* Append what stands for a setting.  0, or -1 as buf_adds(). */
int losses_setting(const char *key, const char *name, struct buf *out, struct err *e);

/* Where the next look at the lines of watch.h begins. */
uint64_t losses_turn(const struct losses *l);
void losses_set_turn(struct losses *l, uint64_t turn);

/* Whether changes, which are told once a day, were told today. */
bool losses_told(const struct losses *l);
void losses_set_told(struct losses *l);

/*
 * Write the note if it changed, not durably; a failure is ignored, and so are changes where state
 * is NULL.  Releases l.
 */
void losses_end(struct losses *l, struct dir *state);

#endif
