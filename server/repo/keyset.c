/* SPDX-License-Identifier: ISC */
/* The keys that may sign a role. */
#include "server/repo/keyset.h"

#include <string.h>

#include "lib/tuf/metadata.h"

json_t *
keyset_keys(const json_t *body)
{
	const json_t *d = json_object_get(body, "delegations");

	return json_object_get(d == NULL ? body : d, "keys");
}

static bool
is_root(const json_t *body)
{
	const char *type = json_string_value(json_object_get(body, "_type"));

	return type != NULL && strcmp(type, tuf_top_name(TUF_ROOT)) == 0;
}

json_t *
keyset_role(const json_t *body, const char *role)
{
	const json_t *roles = json_object_get(json_object_get(body, "delegations"), "roles");

	if (is_root(body))
		return json_object_get(json_object_get(body, "roles"), role);
	for (size_t i = 0; i < json_array_size(roles); i++) {
		json_t *d = json_array_get(roles, i);
		const char *name = json_string_value(json_object_get(d, "name"));

		if (name != NULL && strcmp(name, role) == 0)
			return d;
	}
	return NULL;
}

/* Returns the index of the key among the keys of the role, or -1. */
static int
place(const json_t *role, const char *keyid)
{
	const json_t *ids = json_object_get(role, "keyids");

	for (size_t i = 0; i < json_array_size(ids); i++)
		if (strcmp(json_string_value(json_array_get(ids, i)), keyid) == 0)
			return (int)i;
	return -1;
}

bool
keyset_has(const json_t *body, const char *role, const char *keyid)
{
	return place(keyset_role(body, role), keyid) != -1;
}

/* Refuses a key that clients can't use. */
static int
check_counts(const char *keyid, json_t *key, struct err *e)
{
	json_t *one = json_pack("{s:O}", keyid, key);
	struct tuf_keyring ring;
	const char *why;
	int rc = -1;

	if (one == NULL)
		return err_nomem(e);
	if (tuf_keyring_parse(one, &ring, e) == 0) {
		if (tuf_key_counts(ring.keys[0], &why))
			rc = 0;
		else
			err_setx(e, ERR_CRYPTO, "key %s can't be used: %s", keyid, why);
		tuf_keyring_free(&ring);
	}
	json_decref(one);
	return rc;
}

int
keyset_add(json_t *body, const char *role, json_t *key, struct err *e)
{
	json_t *r = keyset_role(body, role);
	char keyid[SHA256_HEX_SIZE];

	if (tuf_key_id(key, keyid, e) == -1 || check_counts(keyid, key, e) == -1)
		return -1;
	if (place(r, keyid) != -1)
		return err_setx(e, ERR_EXISTS, "%s: key %s is one of its keys already", role,
		    keyid);
	if (json_array_append_new(json_object_get(r, "keyids"), json_string(keyid)) == -1 ||
	    json_object_set(keyset_keys(body), keyid, key) == -1)
		return err_nomem(e);
	return 0;
}

int
keyset_remove(json_t *body, const char *role, const char *keyid, struct err *e)
{
	json_t *r = keyset_role(body, role);
	int i = place(r, keyid);

	if (i == -1)
		return err_setx(e, ERR_NOENT, "%s: key %s is none of its keys", role, keyid);
	json_array_remove(json_object_get(r, "keyids"), (size_t)i);
	return 0;
}

/* Whether any role of body has the key. */
static bool
used(const json_t *body, const char *keyid)
{
	const json_t *roles = json_object_get(json_object_get(body, "delegations"), "roles");

	if (is_root(body)) {
		for (int i = 0; i < TUF_TOP_COUNT; i++)
			if (keyset_has(body, tuf_top_name((enum tuf_top)i), keyid))
				return true;
		return false;
	}
	for (size_t i = 0; i < json_array_size(roles); i++)
		if (place(json_array_get(roles, i), keyid) != -1)
			return true;
	return false;
}

/* Drops keys that no role uses. */
static void
drop_unused(json_t *body)
{
	const char *id;
	json_t *key;
	void *next;

	json_object_foreach_safe (keyset_keys(body), next, id, key)
		if (!used(body, id))
			json_object_del(keyset_keys(body), id);
}

int
keyset_finish(json_t *body, const char *role, unsigned threshold, struct err *e)
{
	json_t *r = keyset_role(body, role);
	size_t n = json_array_size(json_object_get(r, "keyids"));

	if (threshold > 0 && json_object_set_new(r, "threshold", json_integer(threshold)) == -1)
		return err_nomem(e);
	threshold = (unsigned)json_integer_value(json_object_get(r, "threshold"));
	if (n < threshold)
		return err_setx(e, ERR_USAGE,
		    "%s: want at least as many keys as its threshold of %u, got %zu", role,
		    threshold, n);
	drop_unused(body);
	return 0;
}

int
keyset_delegate(json_t *body, const char *app, json_t *paths, struct err *e)
{
	json_t *role = json_pack("{s:s,s:[],s:i,s:b,s:o}", "name", app, "keyids", "threshold", 1,
	    "terminating", 1, "paths", paths);
	json_t *d = json_object_get(body, "delegations");

	if (d == NULL && role != NULL) {
		d = json_pack("{s:{},s:[]}", "keys", "roles");
		if (json_object_set_new(body, "delegations", d) == -1)
			d = NULL;
	}
	if (role == NULL || d == NULL) {
		json_decref(role);
		return err_nomem(e);
	}
	if (json_array_append_new(json_object_get(d, "roles"), role) == -1)
		return err_nomem(e);
	return 0;
}

void
keyset_undelegate(json_t *body, const char *app)
{
	json_t *roles = json_object_get(json_object_get(body, "delegations"), "roles");

	for (size_t i = json_array_size(roles); i-- > 0;)
		if (json_array_get(roles, i) == keyset_role(body, app))
			json_array_remove(roles, i);
	drop_unused(body);
}

const char *
keyset_find(const json_t *body, const char *prefix)
{
	size_t len = strlen(prefix);
	const char *id, *found = NULL;
	json_t *key;

	if (len < KEYSET_PREFIX_MIN)
		return NULL;
	json_object_foreach (keyset_keys(body), id, key) {
		if (strncmp(id, prefix, len) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = id;
	}
	return found;
}
