/* SPDX-License-Identifier: ISC */
/* Signing requests. */
#include "server/repo/request.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/json_file.h"

#define FORMAT	       "slipway_signing_request"
#define FORMAT_VERSION 1
#define FILE_MODE      0644

static json_t *
signers_json(const struct change_signers *s)
{
	json_t *keys = json_object(), *ids = json_array();

	for (size_t i = 0; i < s->role->n; i++) {
		const char *id = s->role->keyids[i];
		json_t *key = json_object_get(s->keys, id);

		if (json_array_append_new(ids, json_string(id)) == -1 ||
		    (key != NULL && json_object_set(keys, id, key) == -1)) {
			json_decref(keys);
			json_decref(ids);
			return NULL;
		}
	}
	return json_pack("{s:s,s:b,s:o,s:o,s:i}", "who", s->who, "required", (int)s->required,
	    "keys", keys, "keyids", ids, "threshold", (int)s->role->threshold);
}

static json_t *
request_file_json(const struct change *c, const struct change_file *f, struct err *e)
{
	struct change_signers s[CHANGE_SIGNERS_MAX];
	size_t n = change_signers(c, f->name, s);
	json_t *signers = json_array(), *before = NULL, *file;
	int found = repo_read_signed(c->r, f->name, &before, e);

	if (found == -1) {
		json_decref(signers);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		json_array_append_new(signers, signers_json(&s[i]));
	file = json_pack("{s:s,s:O,s:o,s:o}", "role", f->name, "metadata", f->metadata, "before",
	    found == 1 ? before : json_null(), "signers", signers);
	if (file == NULL || json_array_size(json_object_get(file, "signers")) != n) {
		json_decref(file);
		err_nomem(e);
		return NULL;
	}
	return file;
}

int
request_write(const struct change *c, const char *path, struct err *e)
{
	json_t *request = json_pack("{s:i,s:[]}", FORMAT, FORMAT_VERSION, "files");
	struct buf text = BUF_INIT(REQUEST_MAX);
	int rc = -1;

	if (request == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < c->n; i++) {
		json_t *f = request_file_json(c, &c->files[i], e);

		if (f == NULL)
			goto out;
		if (json_array_append_new(json_object_get(request, "files"), f) == -1) {
			err_nomem(e);
			goto out;
		}
	}
	if (sign_write(request, &text, e) == 0)
		rc = file_create(NULL, path, text.data, text.len, FILE_MODE, e);
out:
	json_decref(request);
	buf_free(&text);
	return rc;
}

int
request_save(const json_t *request, const char *path, struct err *e)
{
	struct buf text = BUF_INIT(REQUEST_MAX);
	int rc = sign_write(request, &text, e);

	if (rc == 0)
		rc = file_replace_keep(NULL, path, text.data, text.len, FILE_MODE, e);
	buf_free(&text);
	return rc;
}

/* Checks the form of a role's contents with the client's own parsers. */
static int
check_body(const struct envelope *v, const char *role, struct err *e)
{
	struct tuf_targets *targets;
	struct tuf_root *root;

	if (strcmp(role, tuf_top_name(TUF_ROOT)) == 0) {
		root = root_parse(v, e);
		root_free(root);
		return root == NULL ? -1 : 0;
	}
	targets = targets_parse(v, e);
	targets_free(targets);
	return targets == NULL ? -1 : 0;
}

static int
check_envelope(const json_t *metadata, const char *role, struct err *e)
{
	struct buf text = BUF_INIT(REQUEST_MAX);
	struct envelope v;
	int rc = -1;

	if (!json_is_object(metadata))
		err_setx(e, ERR_SYNTAX, "want metadata");
	else if (sign_write(metadata, &text, e) == 0 &&
	    (rc = envelope_parse(text.data, text.len, &v, e)) == 0) {
		rc = check_body(&v, role, e);
		envelope_free(&v);
	}
	if (rc == -1)
		err_context(e, "%s", role);
	buf_free(&text);
	return rc;
}

static int
check_signers(const json_t *signers, struct err *e)
{
	const json_t *ids = json_object_get(signers, "keyids");
	const json_t *threshold = json_object_get(signers, "threshold");

	if (!json_is_string(json_object_get(signers, "who")) ||
	    !json_is_object(json_object_get(signers, "keys")) || !json_is_array(ids) ||
	    json_array_size(ids) > TUF_KEYS_MAX || !json_is_integer(threshold) ||
	    json_integer_value(threshold) < 1 || json_integer_value(threshold) > TUF_THRESHOLD_MAX)
		return err_setx(e, ERR_SYNTAX,
		    "want who, keys, keyids and threshold of the signers");
	for (size_t i = 0; i < json_array_size(ids); i++)
		if (!json_is_string(json_array_get(ids, i)))
			return err_setx(e, ERR_SYNTAX, "a key id that is no text");
	return 0;
}

static int
check_request_file(const json_t *file, struct err *e)
{
	const char *role = json_string_value(json_object_get(file, "role"));
	const json_t *before = json_object_get(file, "before");
	const json_t *signers = json_object_get(file, "signers");

	if (role == NULL)
		return err_setx(e, ERR_SYNTAX, "a file without a role");
	if (strcmp(role, tuf_top_name(TUF_ROOT)) != 0 &&
	    strcmp(role, tuf_top_name(TUF_TARGETS)) != 0 && application_check(role, e) == -1)
		return err_setx(e, ERR_SYNTAX, "a file of a role that nobody signs by request");
	if (check_envelope(json_object_get(file, "metadata"), role, e) == -1 ||
	    (!json_is_null(before) && check_envelope(before, role, e) == -1))
		return -1;
	if (!json_is_array(signers) || json_array_size(signers) > CHANGE_SIGNERS_MAX)
		return err_setx(e, ERR_SYNTAX, "%s: want its signers", role);
	for (size_t i = 0; i < json_array_size(signers); i++)
		if (check_signers(json_array_get(signers, i), e) == -1)
			return err_context(e, "%s", role);
	return 0;
}

int
request_check(const json_t *request, struct err *e)
{
	const json_t *files = json_object_get(request, "files");

	if (json_integer_value(json_object_get(request, FORMAT)) != FORMAT_VERSION)
		return err_setx(e, ERR_SYNTAX, "want a signing request (\"" FORMAT "\": %d)",
		    FORMAT_VERSION);
	if (!json_is_array(files) || json_array_size(files) == 0 ||
	    json_array_size(files) > CHANGE_FILES_MAX)
		return err_setx(e, ERR_SYNTAX, "want 1 to %d files to be signed", CHANGE_FILES_MAX);
	for (size_t i = 0; i < json_array_size(files); i++)
		if (check_request_file(json_array_get(files, i), e) == -1)
			return -1;
	return 0;
}

json_t *
request_read(const char *path, struct err *e)
{
	json_t *request = json_file_read(NULL, path, REQUEST_MAX, e);

	if (request == NULL || request_check(request, e) == 0)
		return request;
	err_context(e, "%s", path);
	json_decref(request);
	return NULL;
}

size_t
request_count(const json_t *request)
{
	return json_array_size(json_object_get(request, "files"));
}

json_t *
request_file(const json_t *request, size_t i)
{
	return json_array_get(json_object_get(request, "files"), i);
}

const char *
request_role(const json_t *file)
{
	return json_string_value(json_object_get(file, "role"));
}

static const json_t *
signature_of(const json_t *metadata, const char *keyid)
{
	const json_t *sigs = json_object_get(metadata, "signatures");

	for (size_t i = 0; i < json_array_size(sigs); i++)
		if (strcmp(json_string_value(json_object_get(json_array_get(sigs, i), "keyid")),
			keyid) == 0)
			return json_array_get(sigs, i);
	return NULL;
}

static int
merge_file(json_t *file, const json_t *other, struct err *e)
{
	json_t *mine = json_object_get(file, "metadata");
	const json_t *theirs = json_object_get(other, "metadata");
	json_t *sigs = json_object_get(theirs, "signatures");

	if (strcmp(request_role(file), request_role(other)) != 0 ||
	    !json_equal(json_object_get(mine, "signed"), json_object_get(theirs, "signed")))
		return err_setx(e, ERR_CONFLICT, "%s: the requests are not copies of one",
		    request_role(file));
	for (size_t i = 0; i < json_array_size(sigs); i++) {
		json_t *sig = json_array_get(sigs, i);
		const char *id = json_string_value(json_object_get(sig, "keyid"));

		if (signature_of(mine, id) == NULL &&
		    json_array_append(json_object_get(mine, "signatures"), sig) == -1)
			return err_nomem(e);
	}
	return 0;
}

int
request_merge(json_t *request, const json_t *other, struct err *e)
{
	if (request_count(request) != request_count(other))
		return err_setx(e, ERR_CONFLICT, "the requests are not copies of one");
	for (size_t i = 0; i < request_count(request); i++)
		if (merge_file(request_file(request, i), request_file(other, i), e) == -1)
			return -1;
	return 0;
}

int
request_load(const json_t *request, struct change *c, struct err *e)
{
	for (size_t i = 0; i < request_count(request); i++) {
		const json_t *f = request_file(request, i);
		json_t *metadata = json_object_get(f, "metadata");

		if (change_add(c, request_role(f), metadata, e) == -1)
			return -1;
		json_incref(metadata);
	}
	return change_seal(c, false, e);
}

size_t
request_signers_count(const json_t *file)
{
	return json_array_size(json_object_get(file, "signers"));
}

/* Counts the keys that have signed, up to the threshold. */
static unsigned
count_signatures(const struct envelope *v, const struct tuf_keyring *ring, struct tuf_role *role)
{
	unsigned threshold = role->threshold, have = 0;
	struct err why;

	for (role->threshold = 1; role->threshold <= threshold; role->threshold++) {
		if (envelope_verify(v, ring, role, "", &why) == -1)
			break;
		have = role->threshold;
	}
	return have;
}

int
request_signers(const json_t *file, size_t i, struct request_signers *out, struct err *e)
{
	const json_t *s = json_array_get(json_object_get(file, "signers"), i);
	const json_t *ids = json_object_get(s, "keyids");
	struct tuf_role role = { calloc(json_array_size(ids) + 1, sizeof(char *)), 0, 0 };
	struct tuf_keyring ring = { NULL, 0 };
	struct buf text = BUF_INIT(REQUEST_MAX);
	struct envelope v = { NULL, NULL, NULL, 0 };
	int rc = -1;

	if (role.keyids == NULL)
		return err_nomem(e);
	for (; role.n < json_array_size(ids); role.n++)
		role.keyids[role.n] = json_string_value(json_array_get(ids, role.n));
	role.threshold = (unsigned)json_integer_value(json_object_get(s, "threshold"));
	*out = (struct request_signers){ json_string_value(json_object_get(s, "who")),
		json_is_true(json_object_get(s, "required")), role.n, role.threshold, 0 };
	if (tuf_keyring_parse(json_object_get(s, "keys"), &ring, e) == -1 ||
	    sign_write(json_object_get(file, "metadata"), &text, e) == -1 ||
	    envelope_parse(text.data, text.len, &v, e) == -1)
		goto out;
	out->have = count_signatures(&v, &ring, &role);
	rc = 0;
out:
	envelope_free(&v);
	buf_free(&text);
	tuf_keyring_free(&ring);
	free(role.keyids);
	return rc;
}

int
request_signed_by(const json_t *metadata, const char *keyid, json_t *key, struct err *e)
{
	struct tuf_role role = { &keyid, 1, 1 };
	struct tuf_keyring ring = { NULL, 0 };
	struct buf text = BUF_INIT(REQUEST_MAX);
	struct envelope v = { NULL, NULL, NULL, 0 };
	json_t *keys;
	struct err why;
	int rc = -1;

	if (!json_is_object(metadata))
		return 0;
	if ((keys = json_pack("{s:O}", keyid, key)) == NULL)
		return err_nomem(e);
	if (tuf_keyring_parse(keys, &ring, e) == 0 && sign_write(metadata, &text, e) == 0 &&
	    envelope_parse(text.data, text.len, &v, e) == 0)
		rc = envelope_verify(&v, &ring, &role, "", &why) == 0;
	envelope_free(&v);
	buf_free(&text);
	tuf_keyring_free(&ring);
	json_decref(keys);
	return rc;
}

bool
request_wants(const json_t *file, const char *keyid)
{
	const json_t *signers = json_object_get(file, "signers");

	for (size_t i = 0; i < json_array_size(signers); i++) {
		const json_t *ids = json_object_get(json_array_get(signers, i), "keyids");

		for (size_t k = 0; k < json_array_size(ids); k++)
			if (strcmp(json_string_value(json_array_get(ids, k)), keyid) == 0)
				return true;
	}
	return false;
}
