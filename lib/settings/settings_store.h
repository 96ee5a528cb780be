/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_SETTINGS_STORE_H
#define LIB_SETTINGS_SETTINGS_STORE_H

/*
 * The part of settings.c that key files and the registry each have of their own.  Keys are
 * normalised and names are checked; results and errors are those of the functions in settings.h.
 */
#include "lib/settings/settings.h"

int
store_get(struct settings *s, const char *key, const char *name, struct value *v, struct err *e);
int
store_list(struct settings *s, const char *key, const struct settings_walk *walk, struct err *e);
void store_stamp(struct settings *s, const char *key, struct settings_stamp *out);
const char *store_place(struct settings *s, const char *key);

/* As settings_plan(), but on failure effective and undo may hold a part of the differences. */
int store_plan(struct settings *s, const struct changeset *c, struct changeset *effective,
    struct changeset *undo, struct err *e);

#endif
