/* SPDX-License-Identifier: ISC */
/* A change of a repository, until it is signed.  change_commit.c puts it live. */
#include "server/repo/change.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/repo/keyset.h"

struct change *
change_new(struct repo *r, struct err *e)
{
	struct change *c = calloc(1, sizeof *c);

	if (c == NULL) {
		err_nomem(e);
		return NULL;
	}
	c->r = r;
	c->snapshot = (struct buf)BUF_INIT(REPO_METADATA_MAX);
	c->timestamp = (struct buf)BUF_INIT(REPO_METADATA_MAX);
	return c;
}

void
change_free(struct change *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		json_decref(c->files[i].metadata);
	root_free(c->root);
	targets_free(c->roles);
	buf_free(&c->snapshot);
	buf_free(&c->timestamp);
	free(c);
}

static struct change_file *
change_find(struct change *c, const char *role)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->files[i].name, role) == 0)
			return &c->files[i];
	return NULL;
}

int
change_add(struct change *c, const char *role, json_t *metadata, struct err *e)
{
	struct change_file *f = &c->files[c->n];

	if (c->n == CHANGE_FILES_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %d roles in one change", CHANGE_FILES_MAX);
	if (strlen(role) >= sizeof f->name)
		return err_setx(e, ERR_TOO_LARGE, "%s: name over %d bytes", role,
		    APPLICATION_NAME_MAX);
	if (change_find(c, role) != NULL)
		return err_setx(e, ERR_SYNTAX, "%s: twice in one change", role);
	strcpy(f->name, role);
	f->metadata = metadata;
	c->n++;
	return 0;
}

static int
role_days(const char *role)
{
	if (strcmp(role, tuf_top_name(TUF_ROOT)) == 0)
		return REPO_ROOT_DAYS;
	return strcmp(role, tuf_top_name(TUF_TARGETS)) == 0 ? REPO_TARGETS_DAYS : REPO_APP_DAYS;
}

/*
 * Returns the contents of the next version: a copy of the present version, or a new application's.
 */
static json_t *
next_body(const struct change *c, const char *role, struct err *e)
{
	const struct repo *r = c->r;
	int days = c->days != 0 ? (int)c->days : role_days(role);
	json_t *now, *body;
	int found = repo_read_signed(r, role, &now, e);
	int64_t version;

	if (found == -1)
		return NULL;
	if (found == 0) {
		body = repo_new_body("targets", 1, days, e);
		if (body != NULL && json_object_set_new(body, "targets", json_object()) == -1) {
			json_decref(body);
			body = NULL;
			err_nomem(e);
		}
		return body;
	}
	body = json_deep_copy(json_object_get(now, "signed"));
	json_decref(now);
	if (body == NULL) {
		err_nomem(e);
		return NULL;
	}
	version = json_integer_value(json_object_get(body, "version"));
	if (repo_renew_body(body, version + 1, days,
		c->days != 0 ? REPO_BACK_TAKE : REPO_BACK_REFUSE, e) == -1) {
		err_context(e, "%s", role);
		json_decref(body);
		return NULL;
	}
	return body;
}

json_t *
change_body(struct change *c, const char *role, struct err *e)
{
	struct change_file *f = change_find(c, role);
	json_t *body, *metadata;

	if (f != NULL)
		return json_object_get(f->metadata, "signed");
	if ((body = next_body(c, role, e)) == NULL)
		return NULL;
	if ((metadata = json_pack("{s:[],s:o}", "signatures", "signed", body)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (change_add(c, role, metadata, e) == -1) {
		json_decref(metadata);
		return NULL;
	}
	return body;
}

/* Parses a metadata object as clients will. */
static int
envelope_of(const json_t *metadata, const char *what, struct envelope *v, struct err *e)
{
	struct buf text = BUF_INIT(REPO_METADATA_MAX);
	int rc = sign_write(metadata, &text, e);

	if (rc == 0 && (rc = envelope_parse(text.data, text.len, v, e)) == -1)
		err_context(e, "%s", what);
	buf_free(&text);
	return rc;
}

/* Reads the next root and targets, if the change has them. */
static int
read_parents(struct change *c, struct err *e)
{
	struct change_file *root = change_find(c, tuf_top_name(TUF_ROOT));
	struct change_file *targets = change_find(c, tuf_top_name(TUF_TARGETS));
	struct envelope v;

	root_free(c->root);
	targets_free(c->roles);
	c->root = NULL;
	c->roles = NULL;
	if (root != NULL) {
		if (envelope_of(root->metadata, root->name, &v, e) == -1)
			return -1;
		c->root = root_parse(&v, e);
		envelope_free(&v);
		if (c->root == NULL)
			return err_context(e, "root");
	}
	if (targets != NULL) {
		if (envelope_of(targets->metadata, targets->name, &v, e) == -1)
			return -1;
		c->roles = targets_parse(&v, e);
		envelope_free(&v);
		if (c->roles == NULL)
			return err_context(e, "targets");
	}
	return 0;
}

static size_t
top_signers(const struct change *c, enum tuf_top which, struct change_signers *out)
{
	size_t n = 0;

	out[n++] = (struct change_signers){ &c->r->root->ring, &c->r->root->roles[which],
		json_object_get(c->r->root->c.json, "keys"), "present keys", true };
	if (c->root == NULL)
		return n;
	/*
	 * A new root needs signatures of the old keys.  The other roles have them only for clients
	 * that don't know the new root yet.
	 */
	out[0].required = which == TUF_ROOT;
	out[n++] = (struct change_signers){ &c->root->ring, &c->root->roles[which],
		json_object_get(c->root->c.json, "keys"), "new keys", true };
	return n;
}

size_t
change_signers(const struct change *c, const char *role,
    struct change_signers out[CHANGE_SIGNERS_MAX])
{
	const struct tuf_targets *t = c->roles != NULL ? c->roles : c->r->roles;

	for (int i = 0; i < TUF_TOP_COUNT; i++)
		if (strcmp(role, tuf_top_name((enum tuf_top)i)) == 0)
			return top_signers(c, (enum tuf_top)i, out);
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->delegations[i].name, role) == 0) {
			out[0] = (struct change_signers){ &t->ring, &t->delegations[i].role,
				keyset_keys(t->c.json), "delegated keys", true };
			return 1;
		}
	return 0;
}

int
change_stays_good(const struct change *c, const char *role, struct err *e)
{
	struct change_signers s[CHANGE_SIGNERS_MAX];
	size_t n = change_signers(c, role, s);
	struct envelope v;
	struct err why;
	json_t *now;
	int rc = repo_read_signed(c->r, role, &now, e);

	if (rc != 1)
		return rc == 0 ? 1 : -1;
	if ((rc = envelope_of(now, role, &v, e)) == 0) {
		rc = n > 0 && envelope_verify(&v, s[n - 1].ring, s[n - 1].role, role, &why) == 0;
		envelope_free(&v);
	}
	json_decref(now);
	return rc;
}

static int
seal_role(struct change *c, const char *role, bool add, struct err *e)
{
	int rc;

	if (change_find(c, role) != NULL)
		return 0;
	if ((rc = change_stays_good(c, role, e)) != 0)
		return rc == -1 ? -1 : 0;
	if (!add)
		return err_setx(e, ERR_CONFLICT,
		    "%s: want it signed again, by the keys that this change gives it", role);
	return change_body(c, role, e) == NULL ? -1 : 0;
}

static bool
has_role(const struct tuf_targets *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->delegations[i].name, name) == 0)
			return true;
	return false;
}

/*
 * Refuses the name of an application that has ended: its entry stays in the snapshot, and stations
 * know its versions and that it has ended.
 */
static int
check_ended(const struct change *c, const char *name, struct err *e)
{
	json_t *meta = json_object_get(c->r->snapshot->c.json, "meta"), *entry;
	char file[LAYOUT_METADATA_SIZE];
	const char *there;

	if (layout_metadata(0, name, file, e) == -1)
		return -1;
	json_object_foreach (meta, there, entry)
		if (path_casecmp(there, file) == 0)
			return err_setx(e, ERR_CONFLICT,
			    "%s: want a name that no application had, got that of one that was removed",
			    name);
	return 0;
}

/*
 * Refuses a new application whose name differs from another only in case: stations have one
 * registry key and one folder for both names.
 */
static int
check_app_names(const struct change *c, struct err *e)
{
	const struct tuf_targets *t = c->roles;

	for (size_t i = 0; t != NULL && i < t->n; i++)
		for (size_t k = 0; k < i; k++) {
			const char *a = t->delegations[k].name, *b = t->delegations[i].name;

			if (path_casecmp(a, b) == 0 &&
			    !(has_role(c->r->roles, a) && has_role(c->r->roles, b)))
				return err_setx(e, ERR_CONFLICT,
				    "applications %s and %s: want names that differ by more than "
				    "case, got one name as stations see it",
				    a, b);
		}
	return 0;
}

int
change_seal(struct change *c, bool add, struct err *e)
{
	if (read_parents(c, e) == -1 || check_app_names(c, e) == -1)
		return -1;
	for (size_t i = 0; c->roles != NULL && i < c->roles->n; i++)
		if (!has_role(c->r->roles, c->roles->delegations[i].name) &&
		    check_ended(c, c->roles->delegations[i].name, e) == -1)
			return -1;
	if (c->root != NULL &&
	    (seal_role(c, tuf_top_name(TUF_TARGETS), add, e) == -1 || read_parents(c, e) == -1))
		return -1;
	for (size_t i = 0; c->roles != NULL && i < c->roles->n; i++)
		if (seal_role(c, c->roles->delegations[i].name, add, e) == -1)
			return -1;
	return 0;
}

/* Signs with one key.  Returns 1, 0 when ks doesn't hold the key, or -1. */
static int
sign_with(json_t *metadata, const char *role, const char *keyid, bool required, struct keystore *ks,
    const struct passphrases *p, struct err *e)
{
	int rc = keystore_has(ks, role, keyid, e);
	struct privkey *k;

	if (rc != 1)
		return rc;
	if ((k = keystore_load(ks, role, keyid, p, NULL, e)) == NULL)
		return !required && e->code == ERR_AUTH ? 0 : -1;
	rc = sign_add(metadata, k, e) == -1 ? -1 : 1;
	privkey_free(k);
	return rc;
}

int
change_sign_role(const struct change *c, const char *role, json_t *metadata, struct keystore *ks,
    const struct passphrases *p, size_t *count, struct err *e)
{
	struct change_signers s[CHANGE_SIGNERS_MAX];
	size_t n = change_signers(c, role, s);

	for (size_t i = n; i-- > 0;) {
		const struct tuf_role *old = i == 0 && n == 2 ? s[1].role : NULL;

		for (size_t k = 0; k < s[i].role->n; k++) {
			const char *id = s[i].role->keyids[k];
			bool done = false;
			int rc;

			for (size_t m = 0; old != NULL && m < old->n; m++)
				done |= strcmp(old->keyids[m], id) == 0;
			if (done)
				continue;
			if ((rc = sign_with(metadata, role, id, s[i].required, ks, p, e)) == -1)
				return -1;
			*count += (size_t)rc;
		}
	}
	return 0;
}

/* The words are those of change_ready(), which looks at the signatures themselves. */
static int
check_enough(const char *role, const struct change_signers *s, struct keystore *ks, struct err *e)
{
	unsigned here = 0;

	for (size_t i = 0; i < s->role->n; i++) {
		int rc = keystore_has(ks, role, s->role->keyids[i], e);

		if (rc == -1)
			return -1;
		here += (unsigned)rc;
	}
	return here >= s->role->threshold
	    ? 0
	    : err_setx(e, ERR_SIGNATURE,
		  "%s, %s: want valid signatures of %u of its %zu keys, got %u", role, s->who,
		  (unsigned)s->role->threshold, s->role->n, here);
}

int
change_can_sign(const struct change *c, struct keystore *ks, struct err *e)
{
	struct change_signers s[CHANGE_SIGNERS_MAX];

	for (size_t i = 0; i < c->n; i++) {
		size_t n = change_signers(c, c->files[i].name, s);

		for (size_t k = 0; k < n; k++)
			if (s[k].required && check_enough(c->files[i].name, &s[k], ks, e) == -1)
				return -1;
	}
	return 0;
}

int
change_sign(struct change *c, struct keystore *ks, const struct passphrases *p, size_t *n,
    struct err *e)
{
	size_t count = 0;

	for (size_t i = 0; i < c->n; i++)
		if (change_sign_role(c, c->files[i].name, c->files[i].metadata, ks, p, &count, e) ==
		    -1)
			return -1;
	if (n != NULL)
		*n = count;
	return 0;
}
