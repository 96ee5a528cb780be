/* SPDX-License-Identifier: ISC */
/* The contents of metadata files. */
#include "lib/tuf/metadata.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"

static const char *const top_names[TUF_TOP_COUNT] = { "root", "timestamp", "snapshot", "targets" };

const char *
tuf_top_name(enum tuf_top which)
{
	return top_names[which];
}

/* A text without a NUL inside, or NULL. */
static const char *
plain_text(const json_t *j)
{
	const char *s = json_string_value(j);

	return s != NULL && strlen(s) == json_string_length(j) ? s : NULL;
}

/* "1" and one or two more numbers: any version of the specification with major number 1. */
static bool
valid_spec_version(const char *s)
{
	int dots = 0;

	if (s == NULL || s[0] != '1' || s[1] != '.')
		return false;
	for (s++; *s != '\0'; s++) {
		if (*s == '.' && (++dots > 2 || s[1] < '0' || s[1] > '9'))
			return false;
		if (*s != '.' && (*s < '0' || *s > '9'))
			return false;
	}
	return true;
}

static int
common_parse(const struct envelope *v, const char *type, struct tuf_common *c, struct err *e)
{
	const char *t = plain_text(json_object_get(v->body, "_type"));
	const json_t *version = json_object_get(v->body, "version");
	const json_t *expires = json_object_get(v->body, "expires");

	if (t == NULL || strcmp(t, type) != 0)
		return err_setx(e, ERR_SYNTAX, "want _type \"%s\", got \"%.40s\"", type,
		    t == NULL ? "" : t);
	if (!valid_spec_version(plain_text(json_object_get(v->body, "spec_version"))))
		return err_setx(e, ERR_SYNTAX, "want spec_version 1.x");
	if (!json_is_integer(version) || json_integer_value(version) < 1)
		return err_setx(e, ERR_SYNTAX, "want a version of 1 or more");
	if (json_integer_value(version) > TUF_VERSION_MAX)
		return err_setx(e, ERR_TOO_LARGE, "want a version of at most %" PRId64,
		    TUF_VERSION_MAX);
	if (!json_is_string(expires) ||
	    date_parse(json_string_value(expires), json_string_length(expires), &c->expires) == -1)
		return err_setx(e, ERR_SYNTAX, "want expires as YYYY-MM-DDTHH:MM:SSZ");
	c->version = json_integer_value(version);
	c->json = json_incref((json_t *)(uintptr_t)v->body);
	return 0;
}

static int
role_parse(const json_t *j, struct tuf_role *r, struct err *e)
{
	const json_t *ids = json_object_get(j, "keyids");
	const json_t *threshold = json_object_get(j, "threshold");
	size_t n = json_array_size(ids);

	if (!json_is_array(ids) || !json_is_integer(threshold))
		return err_setx(e, ERR_SYNTAX, "want keyids and threshold in a role");
	if (n > TUF_KEYS_MAX)
		return err_setx(e, ERR_TOO_LARGE, "a role with over %d keys", TUF_KEYS_MAX);
	if (json_integer_value(threshold) < 1 || json_integer_value(threshold) > TUF_THRESHOLD_MAX)
		return err_setx(e, ERR_SYNTAX,
		    "want a threshold of 1 to %d, got %" JSON_INTEGER_FORMAT, TUF_THRESHOLD_MAX,
		    json_integer_value(threshold));
	if ((r->keyids = calloc(n + 1, sizeof *r->keyids)) == NULL)
		return err_nomem(e);
	r->threshold = (unsigned)json_integer_value(threshold);
	for (r->n = 0; r->n < n; r->n++) {
		const char *id = plain_text(json_array_get(ids, r->n));

		if (id == NULL)
			return err_setx(e, ERR_SYNTAX, "a key id that is no text");
		for (size_t i = 0; i < r->n; i++)
			if (strcmp(r->keyids[i], id) == 0)
				return err_setx(e, ERR_SYNTAX, "key id %.70s twice in a role", id);
		r->keyids[r->n] = id;
	}
	return 0;
}

/*
 * {"sha256": "…"}: wants at least one known kind of hash, and all of known kinds well formed.
 * Other kinds are ignored.
 */
static int
hashes_parse(const json_t *j, struct tuf_hashes *h, struct err *e)
{
	const json_t *s256 = json_object_get(j, "sha256"), *s512 = json_object_get(j, "sha512");

	*h = (struct tuf_hashes){ 0 };
	if ((s256 != NULL &&
		(!json_is_string(s256) ||
		    hex_decode(json_string_value(s256), json_string_length(s256), h->sha256,
			SHA256_SIZE) == -1)) ||
	    (s512 != NULL &&
		(!json_is_string(s512) ||
		    hex_decode(json_string_value(s512), json_string_length(s512), h->sha512,
			SHA512_SIZE) == -1)))
		return err_setx(e, ERR_SYNTAX, "a hash that is malformed");
	h->has_sha256 = s256 != NULL;
	h->has_sha512 = s512 != NULL;
	if (!h->has_sha256 && !h->has_sha512)
		return err_setx(e, ERR_SYNTAX, "want a sha256 or sha512 hash");
	return 0;
}

int
tuf_hashes_check(const struct tuf_hashes *h, const uint8_t *data, size_t len, const char *what,
    struct err *e)
{
	static const struct {
		enum digest_kind kind;
		const char *name;
	} kinds[] = { { DIGEST_SHA256, "SHA-256" }, { DIGEST_SHA512, "SHA-512" } };
	uint8_t sum[DIGEST_MAX];
	char want_text[2 * DIGEST_MAX + 1], got_text[2 * DIGEST_MAX + 1];

	for (size_t i = 0; i < 2; i++) {
		const uint8_t *want = i == 0 ? h->sha256 : h->sha512;
		size_t size = digest_size(kinds[i].kind);

		if (!(i == 0 ? h->has_sha256 : h->has_sha512))
			continue;
		if (digest_of(kinds[i].kind, data, len, sum, e) == -1)
			return -1;
		if (memcmp(sum, want, size) == 0)
			continue;
		hex_encode(want, size, want_text);
		hex_encode(sum, size, got_text);
		return err_setx(e, ERR_HASH, "%s: want %s %s, got %s", what, kinds[i].name,
		    want_text, got_text);
	}
	return 0;
}

static int
meta_parse(const json_t *j, const char *name, struct tuf_meta *m, struct err *e)
{
	const json_t *version = json_object_get(j, "version");
	const json_t *length = json_object_get(j, "length"), *hashes = json_object_get(j, "hashes");

	*m = (struct tuf_meta){ 0 };
	if (!json_is_integer(version) || json_integer_value(version) < 1)
		return err_setx(e, ERR_SYNTAX, "want a version of 1 or more for %.200s", name);
	if (length != NULL && (!json_is_integer(length) || json_integer_value(length) < 0))
		return err_setx(e, ERR_SYNTAX, "a length for %.200s that is no length", name);
	m->version = json_integer_value(version);
	m->has_length = length != NULL;
	m->length = length == NULL ? 0 : (uint64_t)json_integer_value(length);
	m->has_hashes = hashes != NULL;
	if (hashes != NULL && hashes_parse(hashes, &m->hashes, e) == -1)
		return err_context(e, "%.200s", name);
	return 0;
}

void
root_free(struct tuf_root *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < TUF_TOP_COUNT; i++)
		free(r->roles[i].keyids);
	tuf_keyring_free(&r->ring);
	json_decref(r->c.json);
	free(r);
}

struct tuf_root *
root_parse(const struct envelope *v, struct err *e)
{
	const json_t *roles = json_object_get(v->body, "roles");
	const json_t *consistent = json_object_get(v->body, "consistent_snapshot");
	struct tuf_root *r = calloc(1, sizeof *r);

	if (r == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (common_parse(v, "root", &r->c, e) == -1 ||
	    tuf_keyring_parse(json_object_get(v->body, "keys"), &r->ring, e) == -1)
		goto fail;
	if (consistent != NULL && !json_is_boolean(consistent)) {
		err_setx(e, ERR_SYNTAX, "want consistent_snapshot as true or false");
		goto fail;
	}
	r->consistent = json_is_true(consistent);
	for (int i = 0; i < TUF_TOP_COUNT; i++)
		if (role_parse(json_object_get(roles, top_names[i]), &r->roles[i], e) == -1) {
			err_context(e, "role %s", top_names[i]);
			goto fail;
		}
	return r;
fail:
	root_free(r);
	return NULL;
}

void
timestamp_free(struct tuf_timestamp *t)
{
	if (t == NULL)
		return;
	json_decref(t->c.json);
	free(t);
}

struct tuf_timestamp *
timestamp_parse(const struct envelope *v, struct err *e)
{
	const json_t *meta = json_object_get(v->body, "meta");
	struct tuf_timestamp *t = calloc(1, sizeof *t);

	if (t == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (common_parse(v, "timestamp", &t->c, e) == -1 ||
	    meta_parse(json_object_get(meta, "snapshot.json"), "snapshot.json", &t->snapshot, e) ==
		-1) {
		timestamp_free(t);
		return NULL;
	}
	return t;
}

void
snapshot_free(struct tuf_snapshot *s)
{
	if (s == NULL)
		return;
	json_decref(s->c.json);
	free(s);
}

struct tuf_snapshot *
snapshot_parse(const struct envelope *v, struct err *e)
{
	json_t *meta = json_object_get(v->body, "meta"), *entry;
	struct tuf_snapshot *s = calloc(1, sizeof *s);
	const char *name;
	struct tuf_meta m;

	if (s == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (common_parse(v, "snapshot", &s->c, e) == -1)
		goto fail;
	if (!json_is_object(meta) || json_object_size(meta) > TUF_ROLES_MAX) {
		err_setx(e, ERR_SYNTAX, "want an object \"meta\" of at most %d entries",
		    TUF_ROLES_MAX);
		goto fail;
	}
	json_object_foreach (meta, name, entry)
		if (meta_parse(entry, name, &m, e) == -1)
			goto fail;
	return s;
fail:
	snapshot_free(s);
	return NULL;
}

int
snapshot_meta(const struct tuf_snapshot *s, const char *role, struct tuf_meta *m)
{
	char name[TUF_ROLE_NAME_MAX + sizeof ".json"];
	const json_t *entry;
	struct err e;
	size_t len = strlen(role);

	if (len > TUF_ROLE_NAME_MAX)
		return 0;
	memcpy(name, role, len);
	memcpy(name + len, ".json", sizeof ".json");
	if ((entry = json_object_get(json_object_get(s->c.json, "meta"), name)) == NULL)
		return 0;
	return meta_parse(entry, name, m, &e) == 0; /* snapshot_parse() has checked it */
}

int
snapshot_check_rollback(const struct tuf_snapshot *old, const struct tuf_snapshot *new,
    struct err *e)
{
	const json_t *now = json_object_get(new->c.json, "meta");
	json_t *before;
	const char *name;

	json_object_foreach (json_object_get(old->c.json, "meta"), name, before) {
		const json_t *entry = json_object_get(now, name);
		json_int_t want = json_integer_value(json_object_get(before, "version"));
		json_int_t got = json_integer_value(json_object_get(entry, "version"));

		if (entry == NULL)
			return err_setx(e, ERR_ROLLBACK,
			    "snapshot: want an entry for %.200s, got none", name);
		if (got < want)
			return err_setx(e, ERR_ROLLBACK,
			    "snapshot: want version >= %" JSON_INTEGER_FORMAT " of %.200s, got "
			    "%" JSON_INTEGER_FORMAT,
			    want, name, got);
	}
	return 0;
}

void
targets_free(struct tuf_targets *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->delegations[i].role.keyids);
	free(t->delegations);
	tuf_keyring_free(&t->ring);
	json_decref(t->c.json);
	free(t);
}

static int
texts_check(const json_t *array, struct err *e)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (plain_text(json_array_get(array, i)) == NULL)
			return err_setx(e, ERR_SYNTAX, "a path of a delegation that is no text");
	return 0;
}

static int
delegation_parse(const json_t *j, struct tuf_delegation *d, struct err *e)
{
	const json_t *terminating = json_object_get(j, "terminating");

	d->name = plain_text(json_object_get(j, "name"));
	d->paths = json_object_get(j, "paths");
	d->prefixes = json_object_get(j, "path_hash_prefixes");
	if (d->name == NULL || d->name[0] == '\0' || strlen(d->name) > TUF_ROLE_NAME_MAX)
		return err_setx(e, ERR_SYNTAX, "want a delegated role's name of 1 to %d bytes",
		    TUF_ROLE_NAME_MAX);
	for (int i = 0; i < TUF_TOP_COUNT; i++)
		if (strcmp(d->name, top_names[i]) == 0)
			return err_setx(e, ERR_SYNTAX, "a delegated role called %s", d->name);
	if (!json_is_boolean(terminating))
		return err_setx(e, ERR_SYNTAX, "want terminating as true or false");
	if (json_is_array(d->paths) == json_is_array(d->prefixes) ||
	    (d->paths != NULL) == (d->prefixes != NULL))
		return err_setx(e, ERR_SYNTAX, "want either paths or path_hash_prefixes");
	d->terminating = json_is_true(terminating);
	if (texts_check(d->paths, e) == -1 || texts_check(d->prefixes, e) == -1)
		return -1;
	return role_parse(j, &d->role, e);
}

static int
delegations_parse(const json_t *j, struct tuf_targets *t, struct err *e)
{
	const json_t *roles = json_object_get(j, "roles");
	size_t n = json_array_size(roles);

	if (!json_is_object(j) || !json_is_array(roles))
		return err_setx(e, ERR_SYNTAX, "want keys and roles in delegations");
	if (n > TUF_ROLES_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %d delegated roles", TUF_ROLES_MAX);
	if (tuf_keyring_parse(json_object_get(j, "keys"), &t->ring, e) == -1)
		return -1;
	if ((t->delegations = calloc(n + 1, sizeof *t->delegations)) == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++) {
		t->n = i + 1; /* also frees a delegation that was begun */
		if (delegation_parse(json_array_get(roles, i), &t->delegations[i], e) == -1)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (strcmp(t->delegations[k].name, t->delegations[i].name) == 0)
				return err_setx(e, ERR_SYNTAX, "two delegations to %.200s",
				    t->delegations[i].name);
	}
	return 0;
}

static int
target_parse(const json_t *j, const char *path, struct tuf_target *out, struct err *e)
{
	const json_t *length = json_object_get(j, "length");

	if (!json_is_integer(length) || json_integer_value(length) < 0 ||
	    (uint64_t)json_integer_value(length) > TUF_TARGET_SIZE_MAX)
		return err_setx(e, ERR_SYNTAX, "target %.200s: want a length", path);
	out->length = (uint64_t)json_integer_value(length);
	out->custom = json_object_get(j, "custom");
	if (hashes_parse(json_object_get(j, "hashes"), &out->hashes, e) == -1)
		return err_context(e, "target %.200s", path);
	return 0;
}

struct tuf_targets *
targets_parse(const struct envelope *v, struct err *e)
{
	const json_t *delegations = json_object_get(v->body, "delegations");
	struct tuf_targets *t = calloc(1, sizeof *t);
	struct tuf_target unused;
	const char *path;
	json_t *entry;

	if (t == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (common_parse(v, "targets", &t->c, e) == -1)
		goto fail;
	t->targets = json_object_get(v->body, "targets");
	if (!json_is_object(t->targets) || json_object_size(t->targets) > TUF_TARGETS_MAX) {
		err_setx(e, ERR_SYNTAX, "want an object \"targets\" of at most %d entries",
		    TUF_TARGETS_MAX);
		goto fail;
	}
	json_object_foreach ((json_t *)(uintptr_t)t->targets, path, entry)
		if (target_parse(entry, path, &unused, e) == -1)
			goto fail;
	if (delegations != NULL && delegations_parse(delegations, t, e) == -1)
		goto fail;
	return t;
fail:
	targets_free(t);
	return NULL;
}

int
targets_get(const struct tuf_targets *t, const char *path, struct tuf_target *out, struct err *e)
{
	const json_t *entry = json_object_get(t->targets, path);

	if (entry == NULL)
		return 0;
	return target_parse(entry, path, out, e) == -1 ? -1 : 1;
}
