/* SPDX-License-Identifier: ISC */
/*
 * What the commands that change a repository have in common.
 */
#include "server/cmd/cmd_change.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "server/repo/audit.h"
#include "lib/base/json.h"
#include "server/repo/request.h"
#include "lib/tuf/sign.h"

#define PATH_BYTES_MAX 4096

/* Bytes of a public key's file. */
#define KEY_FILE_MAX (64u * 1024)

int
changing_begin(struct context *cx, struct changing *w, struct err *e)
{
	struct buf keys = BUF_INIT(PATH_BYTES_MAX);
	const char *path;
	int rc = -1;

	w->r = NULL;
	w->ks = NULL;
	w->c = NULL;
	w->action = cx->command->name;
	if ((path = command_repo(cx, e)) != NULL && (w->r = repo_open(path, true, e)) != NULL &&
	    repo_path(path, "keys", &keys, e) == 0 &&
	    (w->ks = keystore_open(buf_text(&keys), false, e)) != NULL &&
	    (w->c = change_new(w->r, e)) != NULL)
		rc = 0;
	buf_free(&keys);
	return rc;
}

void
changing_end(struct changing *w)
{
	struct err ignored; /* what ended the command has been told */

	for (size_t i = 0; i < w->nmade && !w->done; i++)
		keystore_remove(w->ks, w->made[i].role, w->made[i].id, &ignored);
	change_free(w->c);
	keystore_close(w->ks);
	repo_close(w->r);
}

json_t *
changing_new_key(struct changing *w, const char *role, enum privkey_kind kind, struct err *e)
{
	struct buf phrase = BUF_INIT(PASSPHRASE_MAX);
	bool online = strcmp(role, tuf_top_name(TUF_SNAPSHOT)) == 0 ||
	    strcmp(role, tuf_top_name(TUF_TIMESTAMP)) == 0;
	struct privkey *k = NULL;
	json_t *public = NULL;
	char what[REPO_APP_MAX + 16];
	int sealed = 0;

	snprintf(what, sizeof what, "new %s key", role);
	if (w->nmade == CHANGING_KEYS_MAX) {
		err_setx(e, ERR_TOO_LARGE, "over %d new keys", CHANGING_KEYS_MAX);
		return NULL;
	}
	if ((!online && (sealed = passphrase_new(&w->p, what, &phrase, e)) == -1) ||
	    (k = privkey_generate(kind, e)) == NULL ||
	    keystore_add(w->ks, role, k, sealed == 1 ? buf_text(&phrase) : NULL, e) == -1)
		goto out;
	snprintf(w->made[w->nmade].role, sizeof w->made[0].role, "%s", role);
	memcpy(w->made[w->nmade++].id, privkey_id(k), SHA256_HEX_SIZE);
	public = privkey_public(k, e);
out:
	privkey_free(k);
	buf_free(&phrase);
	return public;
}

json_t *
changing_read_key(const char *path, struct err *e)
{
	static const char pem[] = "-----BEGIN";
	struct buf text = BUF_INIT(KEY_FILE_MAX);
	json_t *key = NULL;

	if (file_read(NULL, path, &text, e) == -1)
		return NULL;
	if (text.len > sizeof pem && memcmp(text.data, pem, sizeof pem - 1) == 0)
		key = pubkey_object(text.data, text.len, e);
	else
		key = json_text_parse(text.data, text.len, e);
	if (key == NULL)
		err_context(e,
		    "%s: want the public half of a key, as 'key new' writes it or in PEM form",
		    path);
	buf_free(&text);
	return key;
}

int
changing_sign(struct changing *w, struct err *e)
{
	if (w->request != NULL)
		return 0;
	if (change_sign(w->c, w->ks, &w->p, NULL, e) == -1)
		return -1;
	if (change_ready(w->c, w->ks, &w->p, e) == 0)
		return 0;
	if (e->code == ERR_SIGNATURE)
		err_context(e,
		    "not enough private keys in keys/ (--unsigned FILE lets others sign)");
	return -1;
}

/* {"version", "sha256"} of a role's new file, and the number of the release in it. */
static json_t *
recorded_role(const struct change_file *f, struct err *e)
{
	const json_t *body = json_object_get(f->metadata, "signed");
	struct buf text = BUF_INIT(REPO_METADATA_MAX);
	uint8_t sha[DIGEST_MAX];
	char hex[SHA256_HEX_SIZE];
	json_t *j = NULL;

	if (sign_write(f->metadata, &text, e) == 0 &&
	    digest_of(DIGEST_SHA256, text.data, text.len, sha, e) == 0) {
		hex_encode(sha, SHA256_SIZE, hex);
		j = json_pack("{s:O*,s:O,s:s}", "release", json_object_get(body, "release"),
		    "version", json_object_get(body, "version"), "sha256", hex);
	}
	buf_free(&text);
	return j;
}

static int
record(const struct changing *w, struct err *e)
{
	json_t *roles = json_object(), *keys = w->nmade == 0 ? NULL : json_array();
	bool bad = roles == NULL;

	for (size_t i = 0; i < w->c->n && !bad; i++)
		bad = json_object_set_new(roles, w->c->files[i].name,
			  recorded_role(&w->c->files[i], e)) == -1;
	for (size_t i = 0; i < w->nmade && !bad; i++)
		bad = json_array_append_new(keys, json_string(w->made[i].id)) == -1;
	if (bad) {
		json_decref(roles);
		json_decref(keys);
		return audit_append(w->r->top, w->action, NULL, e);
	}
	return audit_append(w->r->top, w->action,
	    json_pack("{s:o*,s:o}", "newkeys", keys, "roles", roles), e);
}

int
changing_write(struct changing *w, struct err *e)
{
	int rc = w->request != NULL ? request_write(w->c, w->request, e) : change_write(w->c, e);

	if (rc == 0 && w->request == NULL)
		rc = record(w, e);
	/* Even a write that failed may have taken hold; a key too many does no harm. */
	if (rc == 0 || w->request == NULL)
		w->done = true;
	return rc;
}

void
changing_report(const struct changing *w, const char *what)
{
	printf("%s: ", w->request != NULL ? "to be signed" : what);
	for (size_t i = 0; i < w->c->n; i++)
		printf("%s%s version %" PRId64, i == 0 ? "" : ", ", w->c->files[i].name,
		    (int64_t)json_integer_value(json_object_get(
			json_object_get(w->c->files[i].metadata, "signed"), "version")));
	printf("\n");
	if (w->request != NULL)
		printf("'slipway-repo sign %s' where the keys are, then "
		       "'slipway-repo publish --signed %s' here\n",
		    w->request, w->request);
	for (size_t i = 0; i < w->nmade; i++)
		printf("new private key %s/%s.%.*s.pem\n", keystore_path(w->ks), w->made[i].role,
		    KEYSTORE_ID_DIGITS, w->made[i].id);
}

int
changing_finish(struct changing *w, const char *what, struct err *e)
{
	if (change_seal(w->c, true, e) == -1 || changing_sign(w, e) == -1 ||
	    changing_write(w, e) == -1)
		return -1;
	changing_report(w, what);
	return 0;
}
