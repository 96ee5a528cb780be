/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo sign: add signatures to a request, on the machine that holds the keys.  Needs no
 * repository.
 */
#include <stdio.h>
#include <string.h>

#include "server/cmd/command.h"
#include "server/repo/describe.h"
#include "server/keys/passphrase.h"
#include "server/repo/request.h"
#include "server/repo/session.h"
#include "lib/tuf/sign.h"

/* Private keys that one call signs with. */
#define KEYS_MAX 64

struct signing {
	const char *path, *keys;
	struct option_list files; /* --key */
	struct passphrases p;
	bool yes, show;
	json_t *request;
	struct {
		struct privkey *k;
		const char *role; /* the role that it may sign, or NULL: each that asks for it */
	} with[KEYS_MAX];
	size_t n;
};

static int
add_key(struct signing *s, struct privkey *k, const char *role, struct err *e)
{
	if (s->n == KEYS_MAX) {
		privkey_free(k);
		return err_setx(e, ERR_TOO_LARGE, "over %d private keys", KEYS_MAX);
	}
	s->with[s->n].k = k;
	s->with[s->n++].role = role;
	return 0;
}

/* Loads the keys of the directory that the file asks for. */
static int
load_for(struct signing *s, struct keystore *ks, const json_t *file, struct err *e)
{
	const json_t *signers = json_object_get(file, "signers");
	const char *role = request_role(file);

	for (size_t i = 0; i < json_array_size(signers); i++) {
		const json_t *ids = json_object_get(json_array_get(signers, i), "keyids");

		for (size_t k = 0; k < json_array_size(ids); k++) {
			const char *id = json_string_value(json_array_get(ids, k));
			struct privkey *key;
			bool have = false;
			int rc;

			for (size_t m = 0; m < s->n; m++)
				have |= s->with[m].role == role &&
				    strcmp(privkey_id(s->with[m].k), id) == 0;
			if (have || (rc = keystore_has(ks, role, id, e)) == 0)
				continue;
			if (rc == -1 ||
			    (key = keystore_load(ks, role, id, &s->p, NULL, e)) == NULL ||
			    add_key(s, key, role, e) == -1)
				return -1;
		}
	}
	return 0;
}

static int
load_keys(struct signing *s, const char *repo, struct err *e)
{
	struct keystore *ks;
	int rc = -1;

	for (size_t i = 0; i < s->files.n; i++) {
		struct privkey *k = keystore_read(s->files.values[i], &s->p, NULL, e);

		if (k == NULL || add_key(s, k, NULL, e) == -1)
			return -1;
	}
	if (s->keys == NULL && s->files.n > 0)
		return 0;
	ks = s->keys != NULL ? keystore_open(s->keys, false, e) : session_keys(repo, e);
	if (ks == NULL)
		return -1;
	for (size_t i = 0; i < request_count(s->request); i++)
		if (load_for(s, ks, request_file(s->request, i), e) == -1)
			goto out;
	rc = 0;
out:
	keystore_close(ks);
	return rc;
}

static bool
may_sign(const struct signing *s, size_t i, const json_t *file)
{
	return (s->with[i].role == NULL || strcmp(s->with[i].role, request_role(file)) == 0) &&
	    request_wants(file, privkey_id(s->with[i].k));
}

/*
 * Returns the version before the one to be signed if one of our keys signed it, else NULL: the
 * maker of the request could write anything there, to make a change look small.
 */
static const json_t *
believed(const struct signing *s, const json_t *file, struct err *e)
{
	const json_t *before = json_object_get(file, "before");
	const json_t *old = json_object_get(before, "signed");
	const json_t *new = json_object_get(json_object_get(file, "metadata"), "signed");
	bool ours = false;

	if (json_integer_value(json_object_get(old, "version")) + 1 !=
	    json_integer_value(json_object_get(new, "version")))
		return NULL;
	for (size_t i = 0; i < s->n && !ours; i++) {
		json_t *public = privkey_public(s->with[i].k, e);
		int rc = public == NULL
		    ? -1
		    : request_signed_by(before, privkey_id(s->with[i].k), public, e);

		json_decref(public);
		if (rc == -1)
			return NULL;
		ours = rc == 1;
	}
	return ours ? old : NULL;
}

static int
describe(const struct signing *s, struct err *e)
{
	struct buf text = BUF_INIT(REQUEST_MAX);
	int rc = -1;

	for (size_t i = 0; i < request_count(s->request); i++) {
		const json_t *f = request_file(s->request, i);
		const json_t *body = json_object_get(json_object_get(f, "metadata"), "signed");
		const json_t *before;

		err_clear(e);
		before = believed(s, f, e);
		if (e->code != ERR_NONE ||
		    describe_role(request_role(f), body, before, &text, e) == -1)
			goto out;
		for (size_t k = 0; k < request_signers_count(f); k++) {
			struct request_signers who;

			if (request_signers(f, k, &who, e) == -1 ||
			    buf_addf(&text, e,
				"  signed by %u of the %u that are needed among %zu ", who.have,
				who.threshold, who.n) == -1 ||
			    buf_add(&text, who.who, strspn(who.who, "abcdefghijklmnopqrstuvwxyz "),
				e) == -1 ||
			    buf_adds(&text, who.required ? "\n" : " (not required)\n", e) == -1)
				goto out;
		}
	}
	fputs(buf_text(&text), stdout);
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

static int
sign_all(struct signing *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t f = 0; f < request_count(s->request); f++) {
			json_t *file = request_file(s->request, f);

			if (!may_sign(s, i, file))
				continue;
			if (sign_add(json_object_get(file, "metadata"), s->with[i].k, e) == -1)
				return -1;
			printf("signed %s with key %s\n", request_role(file),
			    privkey_id(s->with[i].k));
		}
	return request_save(s->request, s->path, e);
}

/* Checks that each key has something to sign: a key that has not is the wrong one. */
static int
check_use(const struct signing *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		bool used = false;

		for (size_t f = 0; f < request_count(s->request); f++)
			used |= may_sign(s, i, request_file(s->request, f));
		if (!used)
			return err_setx(e, ERR_CONFLICT,
			    "%s: nothing in it is to be signed by key %s", s->path,
			    privkey_id(s->with[i].k));
	}
	if (s->n == 0)
		return err_setx(e, ERR_NOENT, "%s: none of the keys here is to sign it", s->path);
	return 0;
}

static int
sign(struct signing *s, const char *repo, struct err *e)
{
	if ((s->request = request_read(s->path, e)) == NULL)
		return -1;
	if (s->show)
		return describe(s, e);
	if (load_keys(s, repo, e) == -1 || check_use(s, e) == -1 || describe(s, e) == -1)
		return -1;
	if (fflush(stdout) == EOF)
		return err_set(e, ERR_IO, "standard output");
	if (!s->yes && cmd_agree("Sign this?", "sign", "not signed", e) == -1)
		return -1;
	return sign_all(s, e);
}

static int
run(struct call *call, struct err *e)
{
	struct signing *s = call->options;
	const char *repo = NULL;
	int rc = -1;

	s->path = call->argv[0];
	if (s->show || s->keys != NULL || s->files.n > 0 || (repo = command_repo(call, e)) != NULL)
		rc = sign(s, repo, e);
	else
		err_context(e, "give --keys DIR or --key FILE, or a repository");
	for (size_t i = 0; i < s->n; i++)
		privkey_free(s->with[i].k);
	json_decref(s->request);
	return rc;
}

#define TO(member) OPTION_TO(struct signing, member)
static const struct option options[] = {
	ROW_DIRECTORY("keys", TO(keys),
	    "sign with the keys in DIR (default keys/ of the repository)"),
	{ "key", OPTION_LIST, TO(files), "FILE", "sign with this private key; may be repeated",
	    .max = KEYS_MAX },
	{ "yes", OPTION_FLAG, TO(yes), NULL, "don't ask after showing what is signed",
	    .letter = 'y' },
	{ "show", OPTION_FLAG, TO(show), NULL, "only show it" },
	ROW_PASSPHRASE_FILE(TO(p.file)),
	OPTION_END,
};

const struct command cmd_sign = { "sign", run, "[options] FILE", 1, 1,
	"add signatures to a change that --unsigned wrote", NULL, options, sizeof(struct signing),
	NULL, .offers = OFFER_FILES };
