/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_KEYSET_H
#define SERVER_REPO_KEYSET_H

/*
 * Who may sign a role, edited in the contents ("signed") of the role that says so: root for the
 * four top-level roles, targets for applications.
 */
#include <stdbool.h>

#include <jansson.h>

#include "lib/base/err.h"

/* Digits of a key id that people may shorten it to. */
#define KEYSET_PREFIX_MIN 8

/* {"keyids", "threshold", ...} of the role, or NULL; belongs to body. */
json_t *keyset_role(const json_t *body, const char *role);

/*
 * The keys of body by id: for root "keys", for targets those of its delegations.  NULL if it has
 * none.
 */
json_t *keyset_keys(const json_t *body);

/*
 * Let the key (a TUF key object) sign the role.  ERR_EXISTS when it can already, ERR_CRYPTO when it
 * can't be used.
 */
int keyset_add(json_t *body, const char *role, json_t *key, struct err *e);

/* No longer let the key sign the role.  ERR_NOENT when it couldn't. */
int keyset_remove(json_t *body, const char *role, const char *keyid, struct err *e);

/* Whether the key may sign the role. */
bool keyset_has(const json_t *body, const char *role, const char *keyid);

/*
 * End the edits of a role: with a threshold above 0 set it, check that the keys suffice, and drop
 * keys that no role uses.  0, or -1 with ERR_USAGE.
 */
int keyset_finish(json_t *body, const char *role, unsigned threshold, struct err *e);

/*
 * Delegate to an application that has no keys yet.  paths: a new reference, taken over in any case.
 */
int keyset_delegate(json_t *body, const char *app, json_t *paths, struct err *e);

/*
 * The whole id of the key of body that begins with prefix (belongs to body); NULL when none does,
 * or several.
 */
const char *keyset_find(const json_t *body, const char *prefix);

#endif
