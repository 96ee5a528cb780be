/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo key rotate, key revoke, renew.
 */
#include <stdio.h>
#include <string.h>

#include "server/cmd/cmd_change.h"
#include "server/repo/keyset.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

struct rotation {
	struct option_list add, remove;
	const char *type;
	int64_t threshold; /* 0: as it is */
};

static bool
is_top(const char *role)
{
	for (int i = 0; i < TUF_TOP_COUNT; i++)
		if (strcmp(role, tuf_top_name((enum tuf_top)i)) == 0)
			return true;
	return false;
}

/* The contents that say who signs the role. */
static json_t *
parent_body(struct session *s, const char *role, struct err *e)
{
	if (!is_top(role) && repo_delegation(s->r, role) == NULL) {
		err_setx(e, ERR_NOENT,
		    "%s: no such role: want root, targets, snapshot, timestamp or an application",
		    role);
		return NULL;
	}
	return change_body(s->c, tuf_top_name(is_top(role) ? TUF_ROOT : TUF_TARGETS), e);
}

/* As many new keys, made here, as the role has. */
static int
add_made(struct session *s, json_t *body, const char *role, size_t n, enum privkey_kind kind,
    struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		json_t *key = session_new_key(s, role, kind, e);
		int rc = key == NULL ? -1 : keyset_add(body, role, key, e);

		json_decref(key);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
add_files(json_t *body, const char *role, const struct option_list *files, struct err *e)
{
	for (size_t i = 0; i < files->n; i++) {
		json_t *key = session_read_key(files->values[i], e);
		int rc = key == NULL ? -1 : keyset_add(body, role, key, e);

		json_decref(key);
		if (rc == -1)
			return err_context(e, "%s", files->values[i]);
	}
	return 0;
}

static int
remove_keys(json_t *body, const char *role, const struct option_list *ids, struct err *e)
{
	for (size_t i = 0; i < ids->n; i++) {
		const char *id = keyset_find(body, ids->values[i]);

		if (id == NULL)
			return err_setx(e, ERR_NOENT,
			    "%s: no one key has an id that begins with '%s' (%d digits at least)",
			    role, ids->values[i], KEYSET_PREFIX_MIN);
		if (keyset_remove(body, role, id, e) == -1)
			return -1;
	}
	return 0;
}

/* All keys that the role has now. */
static int
remove_first(json_t *body, const char *role, size_t n, struct err *e)
{
	while (n-- > 0) {
		const json_t *ids = json_object_get(keyset_role(body, role), "keyids");

		if (keyset_remove(body, role, json_string_value(json_array_get(ids, 0)), e) == -1)
			return -1;
	}
	return 0;
}

static int
rotate(struct session *s, const char *role, const struct rotation *how, struct err *e)
{
	json_t *body = parent_body(s, role, e);
	enum privkey_kind kind;
	size_t n;

	if (body == NULL)
		return -1;
	if (privkey_kind_parse(how->type, &kind) == -1)
		return err_setx(e, ERR_USAGE, "--type: want ed25519, ecdsa or rsa, got '%s'",
		    how->type);
	n = json_array_size(json_object_get(keyset_role(body, role), "keyids"));
	if (how->add.n + how->remove.n == 0 && how->threshold == 0) {
		if (add_made(s, body, role, n, kind, e) == -1 ||
		    remove_first(body, role, n, e) == -1)
			return -1;
	} else if (add_files(body, role, &how->add, e) == -1 ||
	    remove_keys(body, role, &how->remove, e) == -1) {
		return -1;
	}
	if (keyset_finish(body, role, (unsigned)how->threshold, e) == -1)
		return -1;
	return cmd_change_finish(s, "rotated", e);
}

int
cmd_key_rotate(struct context *cx, int argc, char **argv)
{
	struct session s = { .p = { NULL, false } };
	struct rotation how = { .type = "ed25519" };
	const struct option options[] = {
		{ "add", OPTION_LIST, &how.add, 0, 0 },
		{ "remove", OPTION_LIST, &how.remove, 0, 0 },
		{ "threshold", OPTION_NUMBER, &how.threshold, 1, TUF_THRESHOLD_MAX },
		{ "type", OPTION_TEXT, &how.type, 0, 0 },
		{ "no-passphrase", OPTION_FLAG, &s.p.none, 0, 0 },
		CMD_CHANGE_OPTIONS(s),
	};
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (cmd_change_begin(cx, &s, &e) == 0)
		rc = rotate(&s, argv[1], &how, &e);
	session_end(&s);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}

/* Take the key from one role if it is there. */
static int
revoke_from(struct session *s, const char *role, const char *id, struct err *e)
{
	const json_t *now = is_top(role) ? s->r->root->c.json : s->r->roles->c.json;
	json_t *body;

	if (!keyset_has(now, role, id))
		return 0;
	if ((body = parent_body(s, role, e)) == NULL || keyset_remove(body, role, id, e) == -1)
		return -1;
	if (keyset_finish(body, role, 0, e) == -1) {
		e->code = ERR_CONFLICT;
		return err_context(e,
		    "add a key in the same go: key rotate %s --add FILE --remove %.*s", role,
		    KEYSTORE_ID_DIGITS, id);
	}
	return 0;
}

static int
revoke(struct session *s, const char *prefix, struct err *e)
{
	const char *root_id = keyset_find(s->r->root->c.json, prefix);
	const char *app_id = keyset_find(s->r->roles->c.json, prefix);
	const char *id = root_id != NULL ? root_id : app_id;

	if (id == NULL || (app_id != NULL && strcmp(id, app_id) != 0))
		return err_setx(e, ERR_NOENT,
		    "no one key has an id that begins with '%s' (%d digits at least)", prefix,
		    KEYSET_PREFIX_MIN);
	for (int i = 0; i < TUF_TOP_COUNT; i++)
		if (revoke_from(s, tuf_top_name((enum tuf_top)i), id, e) == -1)
			return -1;
	for (size_t i = 0; i < s->r->roles->n; i++)
		if (revoke_from(s, s->r->roles->delegations[i].name, id, e) == -1)
			return -1;
	return cmd_change_finish(s, "revoked", e);
}

int
cmd_key_revoke(struct context *cx, int argc, char **argv)
{
	struct session s = { .p = { NULL, false } };
	const struct option options[] = { CMD_CHANGE_OPTIONS(s) };
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (cmd_change_begin(cx, &s, &e) == 0)
		rc = revoke(&s, argv[1], &e);
	session_end(&s);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}

static int
renew(struct session *s, char **roles, struct err *e)
{
	struct tuf_meta meta;

	for (; *roles != NULL; roles++) {
		if (strcmp(*roles, tuf_top_name(TUF_ROOT)) != 0 &&
		    strcmp(*roles, tuf_top_name(TUF_TARGETS)) != 0 &&
		    (repo_delegation(s->r, *roles) == NULL ||
			!snapshot_meta(s->r->snapshot, *roles, &meta)))
			return err_setx(e, ERR_NOENT,
			    "%s: want root, targets or an application with a release", *roles);
		if (change_body(s->c, *roles, e) == NULL)
			return -1;
	}
	return cmd_change_finish(s, "renewed", e);
}

int
cmd_renew(struct context *cx, int argc, char **argv)
{
	struct session s = { .p = { NULL, false } };
	const struct option options[] = { CMD_CHANGE_OPTIONS(s) };
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (cmd_change_begin(cx, &s, &e) == 0)
		rc = renew(&s, argv + 1, &e);
	session_end(&s);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}
