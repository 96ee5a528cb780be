/* SPDX-License-Identifier: ISC */
/* slipway-repo key rotate, key revoke, renew. */
#include <stdio.h>
#include <string.h>

#include "server/cmd/cmd_change.h"
#include "server/repo/keyset.h"

struct rotation {
	struct session s;
	struct option_list add, remove;
	const char *type;
	int64_t threshold; /* 0: unchanged */
};

static bool
is_top(const char *role)
{
	for (int i = 0; i < TUF_TOP_COUNT; i++)
		if (strcmp(role, tuf_top_name((enum tuf_top)i)) == 0)
			return true;
	return false;
}

/* Returns the metadata that names the keys of the role: root or targets. */
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

/* Makes n new keys and adds them to the role. */
static int
add_made(struct session *s, json_t *body, const char *role, size_t n, enum tuf_kind kind,
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
add_key_files(json_t *body, const char *role, const struct option_list *files, struct err *e)
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

/* Removes the first n keys of the role. */
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
rotate_role(struct rotation *how, const char *role, enum tuf_kind kind, struct err *e)
{
	struct session *s = &how->s;
	json_t *body = parent_body(s, role, e);
	size_t n;

	if (body == NULL)
		return -1;
	n = json_array_size(json_object_get(keyset_role(body, role), "keyids"));
	if (how->add.n + how->remove.n == 0 && how->threshold == 0) {
		if (add_made(s, body, role, n, kind, e) == -1 ||
		    remove_first(body, role, n, e) == -1)
			return -1;
	} else if (add_key_files(body, role, &how->add, e) == -1 ||
	    remove_keys(body, role, &how->remove, e) == -1) {
		return -1;
	}
	return keyset_finish(body, role, (unsigned)how->threshold, e);
}

static int
rotate(struct rotation *how, char **roles, struct err *e)
{
	enum tuf_kind kind;

	if (privkey_kind_parse(how->type, &kind) == -1)
		return err_setx(e, ERR_USAGE, "--type: unknown type '%s'", how->type);
	for (size_t i = 0; roles[i] != NULL; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(roles[i], roles[k]) == 0)
				return err_setx(e, ERR_USAGE, "key rotate: '%s' is given twice",
				    roles[i]);
		if (rotate_role(how, roles[i], kind, e) == -1)
			return -1;
	}
	return cmd_change_finish(&how->s, "rotated", e);
}

static int
run_rotate(struct call *call, struct err *e)
{
	struct rotation *how = call->options;
	int rc = -1;

	if (call->argc > 1 && how->add.n + how->remove.n + (how->threshold != 0) > 0)
		return err_setx(e, ERR_USAGE,
		    "key rotate: want one ROLE with --add, --remove and --threshold, got %d",
		    call->argc);
	if (cmd_change_begin(call, &how->s, e) == 0)
		rc = rotate(how, call->argv, e);
	return cmd_change_end(call, &how->s, rc, "rotated", e);
}

#define TO(member) OPTION_TO(struct rotation, member)
static const struct option rotate_options[] = {
	{ "add", OPTION_LIST, TO(add), "FILE", "add this public key; may be repeated" },
	{ "remove", OPTION_LIST, TO(remove), "KEYID",
	    "remove this key (8 digits or more of its id); may be repeated",
	    .offers = OFFER_NOTHING },
	{ "threshold", OPTION_NUMBER, TO(threshold), "N", "how many keys must sign", .min = 1,
	    .max = TUF_THRESHOLD_MAX },
	ROW_KEY_TYPE(TO(type), "kind of new keys"),
	ROW_NO_PASSPHRASE(TO(s.p.none), "leave new private keys unencrypted"),
	CMD_CHANGE_ROWS(struct rotation, s),
	OPTION_END,
};
const struct command cmd_key_rotate = { "key rotate", run_rotate, "[options] ROLE...", 1,
	CHANGE_FILES_MAX, "change who signs a role",
	"Without --add, --remove and --threshold each key of the roles is replaced by a new one.",
	rotate_options, sizeof(struct rotation), &(const struct rotation){ .type = "ed25519" },
	.offers = OFFER_NOTHING };

/* Removes the key from one role, if the role has it. */
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
		    "add a key in the same command: key rotate %s --add FILE --remove %.*s", role,
		    KEYSTORE_ID_DIGITS, id);
	}
	return 0;
}

static int
revoke_key(struct session *s, const char *prefix, struct err *e)
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

static int
run_key_revoke(struct call *call, struct err *e)
{
	struct session *s = call->options;
	int rc = -1;

	if (cmd_change_begin(call, s, e) == 0)
		rc = revoke_key(s, call->argv[0], e);
	return cmd_change_end(call, s, rc, "revoked", e);
}
const struct command cmd_key_revoke = { "key revoke", run_key_revoke, "[options] KEYID", 1, 1,
	"take a key out of every role", NULL, cmd_change_options, sizeof(struct session), NULL,
	.offers = OFFER_NOTHING };

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

/* Warns of the roles that expire soon and were not renewed now. */
static int
warn_rest(const struct call *call, struct session *s, struct err *e)
{
	struct repo *r;
	int rc;

	if (s->request != NULL)
		return 0;
	repo_close(s->r);
	s->r = NULL;
	if ((r = repo_open(command_repo(call, e), e)) == NULL)
		return -1;
	rc = cmd_change_warn(r, e);
	repo_close(r);
	return rc;
}

static int
run_renew(struct call *call, struct err *e)
{
	struct session *s = call->options;
	int rc = -1;

	if (cmd_change_begin(call, s, e) == 0 && (rc = renew(s, call->argv, e)) == 0)
		rc = warn_rest(call, s, e);
	return cmd_change_end(call, s, rc, "renewed", e);
}
const struct command cmd_renew = { "renew", run_renew, "[options] ROLE...", 1, CHANGE_FILES_MAX,
	"sign root, targets or an application again, for a new term", NULL, cmd_change_options,
	sizeof(struct session), NULL, .offers = OFFER_NOTHING };
