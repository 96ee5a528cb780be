/* SPDX-License-Identifier: ISC */
/* Changing a repository, from its lock to the line in its log. */
#include "server/repo/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/cli/command.h"
#include "lib/base/json.h"
#include "server/repo/audit_change.h"
#include "server/repo/audit_state.h"
#include "server/repo/change_commit.h"
#include "server/repo/request.h"
#include "server/repo/share.h"

/* Bytes of a public key's file. */
#define KEY_FILE_MAX (64u * 1024)

/* Completes an interrupted change.  r is locked. */
static int
recover_change(const struct repo *r, struct err *e)
{
	int rc;

	if (audit_ready(r->top, e) == -1 || (rc = change_resume(r->top, r->metadata, e)) == -1 ||
	    audit_change_end(r->top, e) == -1)
		return -1;
	return rc == 0
	    ? 0
	    : audit_append(r->top, "end a change that was cut", json_pack("{s:b}", "done", 1), e);
}

struct repo *
session_lock(const char *path, bool read, struct err *e)
{
	struct repo *r = repo_open_unread(path, true, e);

	if (r != NULL &&
	    (recover_change(r, e) == -1 ||
		(read && (repo_read(r, e) == -1 || audit_change_check(r->top, e) == -1)))) {
		err_context(e, "%s", path);
		repo_close(r);
		r = NULL;
	}
	return r;
}

int
session_begin(struct session *s, const char *repo, const char *action, struct err *e)
{
	s->ks = NULL;
	s->c = NULL;
	s->action = action;
	if ((s->r = session_lock(repo, true, e)) == NULL ||
	    (s->ks = repo_keys(repo, true, e)) == NULL || (s->c = change_new(s->r, e)) == NULL)
		return -1;
	s->c->days = s->days;
	return 0;
}

void
session_end(struct session *s)
{
	struct err ignored; /* the command reports its own error */

	for (size_t i = 0; i < s->nmade && !s->done; i++)
		keystore_remove(s->ks, s->made[i].role, s->made[i].id, &ignored);
	json_decref(s->allowed);
	s->allowed = NULL;
	change_free(s->c);
	keystore_close(s->ks);
	repo_close(s->r);
}

json_t *
session_new_key(struct session *s, const char *role, enum tuf_kind kind, struct err *e)
{
	struct buf phrase = BUF_INIT(PASSPHRASE_MAX);
	bool online = strcmp(role, tuf_top_name(TUF_SNAPSHOT)) == 0 ||
	    strcmp(role, tuf_top_name(TUF_TIMESTAMP)) == 0;
	struct privkey *k = NULL;
	json_t *public = NULL;
	char what[APPLICATION_NAME_MAX + 16];
	int sealed = 0;

	snprintf(what, sizeof what, "new %s key", role);
	if (s->nmade == SESSION_KEYS_MAX) {
		err_setx(e, ERR_TOO_LARGE, "over %d new keys", SESSION_KEYS_MAX);
		return NULL;
	}
	if ((!online && (sealed = passphrase_new(&s->p, what, &phrase, e)) == -1) ||
	    (k = privkey_generate(kind, e)) == NULL ||
	    keystore_add(s->ks, role, k, sealed == 1 ? buf_text(&phrase) : NULL, e) == -1)
		goto out;
	snprintf(s->made[s->nmade].role, sizeof s->made[0].role, "%s", role);
	memcpy(s->made[s->nmade++].id, privkey_id(k), SHA256_HEX_SIZE);
	public = privkey_public(k, e);
out:
	privkey_free(k);
	buf_free(&phrase);
	return public;
}

json_t *
session_read_key(const char *path, struct err *e)
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
session_sign(struct session *s, struct err *e)
{
	if (s->request != NULL)
		return 0;
	/* Nobody is asked for a passphrase in vain. */
	if (change_can_sign(s->c, s->ks, e) == 0) {
		if (change_sign(s->c, s->ks, &s->p, NULL, e) == -1)
			return -1;
		if (change_ready(s->c, s->ks, &s->p, e) == 0)
			return 0;
	}
	if (e->code == ERR_SIGNATURE)
		err_context(e,
		    "not enough private keys in keys/ (--unsigned FILE lets others sign)");
	return -1;
}

/* Returns {"version", "sha256"} of a role's new file, and the number of its release. */
static json_t *
recorded_role(const struct change_file *f, struct err *e)
{
	const json_t *body = json_object_get(f->metadata, "signed");
	struct buf text = BUF_INIT(REPO_METADATA_MAX);
	char hex[SHA256_HEX_SIZE];
	json_t *j = NULL;

	if (sign_write(f->metadata, &text, e) == 0 &&
	    digest_hex(text.data, text.len, hex, e) == 0) {
		j = json_pack("{s:O*,s:O,s:s}", "release", json_object_get(body, "release"),
		    "version", json_object_get(body, "version"), "sha256", hex);
	}
	buf_free(&text);
	return j;
}

/* Returns {"version", "sha256"} of bytes that will be live. */
static json_t *
coming(const struct buf *file, int64_t version, struct err *e)
{
	char hex[SHA256_HEX_SIZE];
	json_t *j = NULL;

	if (digest_hex(file->data, file->len, hex, e) == 0 &&
	    (j = json_pack("{s:s,s:I}", "sha256", hex, "version", (json_int_t)version)) == NULL)
		err_nomem(e);
	return j;
}

/* Returns the state after the change; roles are the recorded roles of the change. */
static json_t *
next_state(const struct session *s, const json_t *roles, struct err *e)
{
	const struct change *c = s->c;
	json_t *state = audit_state(s->r->top, e), *root = json_object_get(roles, "root");
	bool bad = state == NULL;

	if (!bad && root != NULL)
		bad = json_object_set(state, "root", root) == -1;
	if (!bad && c->snapshot.len > 0)
		bad = json_object_set_new(state, "snapshot",
			  coming(&c->snapshot, c->snapshot_version, e)) == -1;
	if (!bad && c->timestamp.len > 0)
		bad = json_object_set_new(state, "timestamp",
			  coming(&c->timestamp, s->r->timestamp->c.version + 1, e)) == -1;
	if (!bad)
		return state;
	json_decref(state);
	return NULL;
}

/* Records the change before it goes live. */
static int
record_change(const struct session *s, struct err *e)
{
	json_t *roles = json_object(), *keys = s->nmade == 0 ? NULL : json_array(), *state;
	bool bad = roles == NULL;

	for (size_t i = 0; i < s->c->n && !bad; i++)
		bad = json_object_set_new(roles, s->c->files[i].name,
			  recorded_role(&s->c->files[i], e)) == -1;
	for (size_t i = 0; i < s->nmade && !bad; i++)
		bad = json_array_append_new(keys, json_string(s->made[i].id)) == -1;
	if (bad || (state = next_state(s, roles, e)) == NULL) {
		json_decref(roles);
		json_decref(keys);
		return bad ? err_nomem(e) : -1;
	}
	return audit_change_begin(s->r->top, s->action,
	    json_pack("{s:O*,s:o*,s:o}", "allowed", s->allowed, "newkeys", keys, "roles", roles),
	    state, e);
}

/* Records the change and puts it live.  0 or -1. */
static int
go_live(struct session *s, struct err *e)
{
	struct err later;

	if (record_change(s, e) == -1)
		return -1;
	/* Keeps new keys after a failed write, which may be live; an unused key does no harm. */
	s->done = true;
	if (change_write(s->c, e) == 0)
		return audit_change_end(s->r->top, e);
	/* The command that completes an interrupted change ends its line, too. */
	if (change_pending(s->r->top) == 0)
		audit_change_end(s->r->top, &later);
	return -1;
}

int
session_write(struct session *s, struct err *e)
{
	if (s->request == NULL)
		return go_live(s, e);
	if (request_write(s->c, s->request, e) == -1)
		return -1;
	s->done = true;
	return 0;
}

int
session_report(const struct session *s, const char *done, struct buf *out, struct err *e)
{
	if (buf_addf(out, e, "%s: ", s->request != NULL ? "to be signed" : done) == -1)
		return -1;
	for (size_t i = 0; i < s->c->n; i++)
		if (buf_addf(out, e, "%s%s version %" PRId64, i == 0 ? "" : ", ",
			s->c->files[i].name,
			(int64_t)json_integer_value(json_object_get(
			    json_object_get(s->c->files[i].metadata, "signed"), "version"))) == -1)
			return -1;
	if (buf_addc(out, '\n', e) == -1 ||
	    (s->request != NULL &&
		(buf_adds(out, "where the keys are: slipway-repo sign ", e) == -1 ||
		    cli_quote(out, s->request, e) == -1 ||
		    buf_adds(out, "\nthen here: slipway-repo publish --signed ", e) == -1 ||
		    cli_quote(out, s->request, e) == -1 || buf_addc(out, '\n', e) == -1)))
		return -1;
	for (size_t i = 0; i < s->nmade; i++)
		if (buf_addf(out, e, "new private key %s/%s.%.*s.pem\n", keystore_path(s->ks),
			s->made[i].role, KEYSTORE_ID_DIGITS, s->made[i].id) == -1)
			return -1;
	return 0;
}
