/* SPDX-License-Identifier: ISC */
/* slipway-repo key new, key import, key list. */
#include <stdio.h>
#include <string.h>

#include "server/cmd/command.h"
#include "server/repo/audit_state.h"
#include "server/repo/keyset.h"
#include "server/repo/session.h"
#include "server/repo/share.h"

static int
check_role(const char *role, struct err *e)
{
	for (int i = 0; i < TUF_TOP_COUNT; i++)
		if (strcmp(role, tuf_top_name((enum tuf_top)i)) == 0)
			return 0;
	return application_check(role, e);
}

/*
 * Opens the directory of --keys, and makes it if missing, else keys/ of the repository.  With
 * change, the log of the repository must take a line.
 */
static struct keystore *
open_keys(const struct call *call, const char *dir, bool change, struct err *e)
{
	const char *repo;

	if (dir != NULL)
		return keystore_open(dir, true, e);
	if ((repo = command_repo(call, e)) != NULL)
		return change && audit_ready_at(repo, e) == -1 ? NULL : repo_keys(repo, true, e);
	err_context(e, "give --keys DIR, or a repository");
	return NULL;
}

struct options {
	struct passphrases p;
	const char *dir, *type;
};

/* Records a key that is about to be stored, in the log of the repository that will hold it. */
static int
record_key(const struct call *call, const char *role, const char *id, struct err *e)
{
	const struct options *o = call->options;
	const char *repo;

	if (o->dir != NULL)
		return 0;
	if ((repo = command_repo(call, e)) == NULL)
		return -1;
	return audit_before_at(repo, call->command->name,
	    json_pack("{s:s,s:s}", "role", role, "key", id), e);
}

static int
store(const struct call *call, struct keystore *ks, const char *role, const struct privkey *k,
    const char *passphrase, struct err *e)
{
	struct buf public = BUF_INIT(REPO_PATH_MAX);
	int rc = -1;

	if (record_key(call, role, privkey_id(k), e) == 0 &&
	    keystore_add(ks, role, k, passphrase, e) == 0 &&
	    keystore_add_public(ks, role, k, &public, e) == 0) {
		printf("%s key %s\n", role, privkey_id(k));
		printf("private key %s/%s.%.*s.pem (%s)\n", keystore_path(ks), role,
		    KEYSTORE_ID_DIGITS, privkey_id(k),
		    passphrase == NULL ? "not encrypted" : "encrypted");
		printf("public key  %s\n", buf_text(&public));
		rc = 0;
	}
	buf_free(&public);
	return rc;
}

static int
make_key(const struct call *call, struct keystore *ks, struct err *e)
{
	const struct options *o = call->options;
	struct buf phrase = BUF_INIT(PASSPHRASE_MAX);
	enum tuf_kind kind;
	struct privkey *k = NULL;
	int sealed, rc = -1;

	if (privkey_kind_parse(o->type, &kind) == -1)
		return err_setx(e, ERR_USAGE, "--type: unknown type '%s'", o->type);
	if ((sealed = passphrase_new(&o->p, "new key", &phrase, e)) != -1 &&
	    (k = privkey_generate(kind, e)) != NULL)
		rc = store(call, ks, call->argv[0], k, sealed == 1 ? buf_text(&phrase) : NULL, e);
	privkey_free(k);
	buf_free(&phrase);
	return rc;
}

static int
run_key_new(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct keystore *ks = NULL;
	int rc = -1;

	if (check_role(call->argv[0], e) == 0 && (ks = open_keys(call, o->dir, true, e)) != NULL)
		rc = make_key(call, ks, e);
	keystore_close(ks);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
#define ROWS_OF_BOTH \
	ROW_DIRECTORY("keys", TO(dir), "where keys are kept (default keys/ of the repository)"), \
	    ROW_NO_PASSPHRASE(TO(p.none), "leave new private keys unencrypted"), \
	    ROW_PASSPHRASE_FILE(TO(p.file))
static const struct option new_options[] = {
	ROW_KEY_TYPE(TO(type), "kind of key"),
	ROWS_OF_BOTH,
	OPTION_END,
};
const struct command cmd_key_new = { "key new", run_key_new, "[options] ROLE", 1, 1,
	"make a key pair; no role changes", NULL, COMMAND_OPTIONS(new_options),
	.defaults = &(const struct options){ .type = "ed25519" }, .offers = OFFER_NOTHING };

/* Stores a copy of a private key, encrypted with the passphrase of its file or with a new one. */
static int
import(const struct call *call, struct keystore *ks, struct err *e)
{
	const struct passphrases *p = &((const struct options *)call->options)->p;
	struct buf phrase = BUF_INIT(PASSPHRASE_MAX);
	struct privkey *k;
	int sealed, rc = -1;

	if ((k = keystore_read(call->argv[1], p, NULL, e)) == NULL)
		return -1;
	if ((sealed = passphrase_new(p, "imported key", &phrase, e)) != -1)
		rc = store(call, ks, call->argv[0], k, sealed == 1 ? buf_text(&phrase) : NULL, e);
	privkey_free(k);
	buf_free(&phrase);
	return rc;
}

static int
run_import(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct keystore *ks = NULL;
	int rc = -1;

	if (check_role(call->argv[0], e) == 0 && (ks = open_keys(call, o->dir, true, e)) != NULL)
		rc = import(call, ks, e);
	keystore_close(ks);
	return rc;
}
static const struct option import_options[] = { ROWS_OF_BOTH, OPTION_END };
const struct command cmd_key_import = { "key import", run_import, "[options] ROLE FILE", 2, 2,
	"take over a private key that was made elsewhere; no role changes", NULL,
	COMMAND_OPTIONS(import_options) };

struct listing {
	const struct repo *r;
	struct keystore *ks;
	json_t *roles, *spare; /* owned; of --json, else NULL */
};

/* Where the private half of a key is. */
struct half {
	bool here, sealed;
};

static int
find_half(const struct listing *l, const char *role, const char *id, struct half *h, struct err *e)
{
	int here = keystore_has(l->ks, role, id, e);

	*h = (struct half){ .here = here == 1 };
	return here == -1 || (h->here && keystore_encrypted(l->ks, role, id, &h->sealed, e) == -1)
	    ? -1
	    : 0;
}

/* Prints a key and the place of its private half. */
static int
print_key(const struct listing *l, const char *role, const char *id, const json_t *key,
    struct err *e)
{
	const char *type = json_string_value(json_object_get(key, "keytype"));
	struct half h;

	if (find_half(l, role, id, &h, e) == -1)
		return -1;
	printf("  %s  %-8s %s\n", id, type == NULL ? "missing" : type,
	    !h.here	   ? "elsewhere"
		: h.sealed ? "here, encrypted"
			   : "here, not encrypted");
	return 0;
}

/* Appends a role to the roles of --json. */
static int
add_role(const struct listing *l, const char *role, const struct tuf_role *who, const json_t *keys,
    struct err *e)
{
	json_t *list = json_array(),
	       *j = json_pack("{s:s,s:I,s:o}", "role", role, "threshold",
		   (json_int_t)who->threshold, "keys", list);

	if (j == NULL || json_array_append_new(l->roles, j) == -1)
		return err_nomem(e);
	for (size_t i = 0; i < who->n; i++) {
		const char *type = json_string_value(
		    json_object_get(json_object_get(keys, who->keyids[i]), "keytype"));
		struct half h;

		if (find_half(l, role, who->keyids[i], &h, e) == -1)
			return -1;
		if (json_array_append_new(list,
			json_pack("{s:s,s:s?,s:b,s:b}", "id", who->keyids[i], "type", type, "here",
			    h.here, "encrypted", h.sealed)) == -1)
			return err_nomem(e);
	}
	return 0;
}

static int
print_role(const struct listing *l, const char *role, const struct tuf_role *who,
    const json_t *keys, struct err *e)
{
	if (l->roles != NULL)
		return add_role(l, role, who, keys, e);
	printf("%s: any %u of %zu key%s\n", role, who->threshold, who->n, who->n == 1 ? "" : "s");
	for (size_t i = 0; i < who->n; i++)
		if (print_key(l, role, who->keyids[i], json_object_get(keys, who->keyids[i]), e) ==
		    -1)
			return -1;
	return 0;
}

/* Prints a private key that is in no role. */
static int
print_spare(void *arg, const char *role, const char *digits, struct err *e)
{
	const struct listing *l = arg;
	const json_t *body =
	    repo_delegation(l->r, role) == NULL ? l->r->root->c.json : l->r->roles->c.json;
	const char *id = keyset_find(body, digits);

	if (id != NULL && keyset_has(body, role, id))
		return 0;
	if (l->spare != NULL)
		return json_array_append_new(l->spare,
			   json_sprintf("%s/%s.%s.pem", keystore_path(l->ks), role, digits)) == -1
		    ? err_nomem(e)
		    : 0;
	printf("in no role: %s/%s.%s.pem\n", keystore_path(l->ks), role, digits);
	return 0;
}

static int
list_keys(const struct listing *l, struct err *e)
{
	const struct repo *r = l->r;

	for (int i = 0; i < TUF_TOP_COUNT; i++)
		if (print_role(l, tuf_top_name((enum tuf_top)i), &r->root->roles[i],
			keyset_keys(r->root->c.json), e) == -1)
			return -1;
	for (size_t i = 0; i < r->roles->n; i++)
		if (print_role(l, r->roles->delegations[i].name, &r->roles->delegations[i].role,
			keyset_keys(r->roles->c.json), e) == -1)
			return -1;
	return keystore_list(l->ks, print_spare, (void *)(uintptr_t)l, e);
}

static int
list_as_asked(struct listing *l, bool json, struct err *e)
{
	if (!json)
		return list_keys(l, e);
	if ((l->roles = json_array()) == NULL || (l->spare = json_array()) == NULL)
		return err_nomem(e);
	return list_keys(l, e) == -1
	    ? -1
	    : cli_json(json_pack("{s:O,s:O}", "roles", l->roles, "spare", l->spare), e);
}

struct list_options {
	bool json;
};

static int
run_list(struct call *call, struct err *e)
{
	const struct list_options *o = call->options;
	struct listing l = { .r = NULL };
	const char *path = command_repo(call, e);
	struct repo *r = NULL;
	int rc = -1;

	if (path != NULL && (r = repo_open(path, e)) != NULL &&
	    (l.ks = open_keys(call, NULL, false, e)) != NULL) {
		l.r = r;
		rc = list_as_asked(&l, o->json, e);
	}
	json_decref(l.roles);
	json_decref(l.spare);
	keystore_close(l.ks);
	repo_close(r);
	return rc;
}
static const struct option list_options[] = {
	ROW_JSON(OPTION_TO(struct list_options, json)),
	OPTION_END,
};
const struct command cmd_key_list = { "key list", .run = run_list, "[options]", 0, 0,
	"list the keys of each role and where they are", .options = list_options,
	.size = sizeof(struct list_options) };
