/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_KEYSET_H
#define SERVER_REPO_KEYSET_H

/*
 * Edits the keys that may sign a role, in the contents ("signed") of the role's parent: root for the
 * four top-level roles, targets for applications.
 */
#include <stdbool.h>

#include <jansson.h>

#include "lib/base/err.h"

/* Least digits of a shortened key id. */
#define KEYSET_PREFIX_MIN 8

/* Returns {"keyids", "threshold", ...} of the role, which belongs to body, or NULL. */
json_t *keyset_role(const json_t *body, const char *role);

/*
 * Returns the keys of body by id: for root its "keys", for targets those of its delegations.  NULL if
 * body has none.
 */
json_t *keyset_keys(const json_t *body);

/*
 * Lets the key (a TUF key object) sign the role.  ERR_EXISTS when it already can, ERR_CRYPTO when
 * the key can't be used.
 */
int keyset_add(json_t *body, const char *role, json_t *key, struct err *e);

/* Removes the key from the role.  ERR_NOENT when the role doesn't have the key. */
int keyset_remove(json_t *body, const char *role, const char *keyid, struct err *e);

/* Whether the key may sign the role. */
bool keyset_has(const json_t *body, const char *role, const char *keyid);

/*
 * Ends the edits of a role: sets a threshold above 0, checks that the keys suffice, and drops keys
 * that no role uses.  Returns 0, or -1 with ERR_USAGE.
 */
int keyset_finish(json_t *body, const char *role, unsigned threshold, struct err *e);

/*
 * Delegates to an application without keys yet.  Takes the reference paths over in any case.
 */
int keyset_delegate(json_t *body, const char *app, json_t *paths, struct err *e);

/* Takes the delegation to an application out, and drops keys that no role uses. */
void keyset_undelegate(json_t *body, const char *app);

/*
 * Returns the whole id, which belongs to body, of the only key whose id begins with prefix, or
 * NULL.
 */
const char *keyset_find(const json_t *body, const char *prefix);

#endif
