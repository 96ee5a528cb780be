/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_CHANGES_JSON_H
#define UPDATER_STATE_CHANGES_JSON_H

/*
 * Change sets as JSON, the way journals and records keep them: a list of {"key", "name", "value"},
 * values in the text form of key files; without "value" it is a deletion, without "name" that of a
 * whole tree.
 */
#include <jansson.h>

#include "lib/settings/changeset.h"

/* Returns the list, for json_decref(), or NULL with ERR_NOMEM or ERR_TOO_LARGE. */
json_t *changes_json(const struct changeset *c, struct err *e);

/* Append the changes of a list to out.  Returns 0, or -1 with ERR_SYNTAX or ERR_TOO_LARGE. */
int changes_json_read(const json_t *list, struct changeset *out, struct err *e);

#endif
