/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo sign: adds signatures to a request, on the machine that holds the keys, without a
 * repository.
 */
#include <stdio.h>
#include <string.h>

#include "server/cmd/command.h"
#include "server/repo/describe.h"
#include "server/keys/passphrase.h"
#include "server/repo/request.h"
#include "server/repo/session.h"
#include "server/repo/share.h"
#include "lib/tuf/sign.h"

/* Most private keys with which one call signs. */
#define KEYS_MAX 64

struct signing {
	const char *path, *keys;
	struct option_list files; /* --key */
	struct passphrases p;
	bool yes, show;
	json_t *request;
	/* Keys that are to sign; their passphrases are asked for after the change was shown. */
	struct signer {
		char id[SHA256_HEX_SIZE];
		struct privkey *k; /* NULL: not loaded yet */
		const char *role;  /* the only role that the key may sign, or NULL: all */
		const char *file;  /* of --key, or NULL: the file is in keys/ */
	} with[KEYS_MAX];
	size_t n;
	struct keystore *ks; /* or NULL */
};

/* Adds a key that is to sign; takes k over. */
static int
add_signer(struct signing *s, const char *id, const char *role, const char *file, struct privkey *k,
    struct err *e)
{
	struct signer *with = &s->with[s->n];

	if (s->n == KEYS_MAX) {
		privkey_free(k);
		return err_setx(e, ERR_TOO_LARGE, "over %d private keys", KEYS_MAX);
	}
	snprintf(with->id, sizeof with->id, "%s", id);
	with->role = role;
	with->file = file;
	with->k = k;
	s->n++;
	return 0;
}

/* Adds those keys of the directory that the file of the request asks for. */
static int
find_for(struct signing *s, const json_t *file, struct err *e)
{
	const json_t *signers = json_object_get(file, "signers");
	const char *role = request_role(file);

	for (size_t i = 0; i < json_array_size(signers); i++) {
		const json_t *ids = json_object_get(json_array_get(signers, i), "keyids");

		for (size_t k = 0; k < json_array_size(ids); k++) {
			const char *id = json_string_value(json_array_get(ids, k));
			bool have = false;
			int rc;

			for (size_t m = 0; m < s->n; m++)
				have |= s->with[m].role == role && strcmp(s->with[m].id, id) == 0;
			if (have || (rc = keystore_has(s->ks, role, id, e)) == 0)
				continue;
			if (rc == -1 || add_signer(s, id, role, NULL, NULL, e) == -1)
				return -1;
		}
	}
	return 0;
}

/* Returns the id of the request's key whose id begins with digits, and its object, or NULL. */
static const char *
key_by_digits(const json_t *request, const char *digits, json_t **key)
{
	for (size_t i = 0; i < request_count(request); i++) {
		const json_t *signers = json_object_get(request_file(request, i), "signers");

		for (size_t k = 0; k < json_array_size(signers); k++) {
			const char *id;

			json_object_foreach (json_object_get(json_array_get(signers, k), "keys"),
			    id, *key)
				if (strncmp(id, digits, strlen(digits)) == 0)
					return id;
		}
	}
	return NULL;
}

/*
 * Adds the key in a file.  An encrypted key is found by the name of its file, as in keys/; without
 * such a name the file has to be decrypted first.
 */
static int
add_file_key(struct signing *s, const char *file, struct err *e)
{
	char digits[KEYSTORE_ID_DIGITS + 1];
	struct privkey *k;
	const char *id;
	json_t *key;
	int sealed = keystore_sealed(file, e);

	if (sealed == -1)
		return -1;
	if (sealed == 1 && keystore_digits(file, digits) &&
	    (id = key_by_digits(s->request, digits, &key)) != NULL)
		return add_signer(s, id, NULL, file, NULL, e);
	if ((k = keystore_read(file, &s->p, NULL, e)) == NULL)
		return -1;
	return add_signer(s, privkey_id(k), NULL, file, k, e);
}

static int
find_keys(struct signing *s, const char *repo, struct err *e)
{
	for (size_t i = 0; i < s->files.n; i++)
		if (add_file_key(s, s->files.values[i], e) == -1)
			return -1;
	if (s->keys == NULL && s->files.n > 0)
		return 0;
	s->ks = s->keys != NULL ? keystore_open(s->keys, false, e) : repo_keys(repo, false, e);
	if (s->ks == NULL)
		return -1;
	for (size_t i = 0; i < request_count(s->request); i++)
		if (find_for(s, request_file(s->request, i), e) == -1)
			return -1;
	return 0;
}

static int
load_keys(struct signing *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		struct signer *with = &s->with[i];

		if (with->k != NULL)
			continue;
		with->k = with->file != NULL
		    ? keystore_read(with->file, &s->p, NULL, e)
		    : keystore_load(s->ks, with->role, with->id, &s->p, NULL, e);
		if (with->k == NULL)
			return -1;
		/* Checks that the key is the one with this id, for which the change was shown. */
		if (strcmp(privkey_id(with->k), with->id) != 0)
			return err_setx(e, ERR_CONFLICT, "%s: want key %s, got %s", with->file,
			    with->id, privkey_id(with->k));
	}
	return 0;
}

static bool
may_sign(const struct signing *s, size_t i, const json_t *file)
{
	return (s->with[i].role == NULL || strcmp(s->with[i].role, request_role(file)) == 0) &&
	    request_wants(file, s->with[i].id);
}

/*
 * Returns the version before if one of our keys signed that version, else NULL: the maker of the
 * request could have invented an unsigned one, to make a change look small.
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
		json_t *public;
		int rc = key_by_digits(s->request, s->with[i].id, &public) == NULL
		    ? 0
		    : request_signed_by(before, s->with[i].id, public, e);

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

/* Checks that the request asks for each key; another key is a mistake. */
static int
check_use(const struct signing *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		bool used = false;

		for (size_t f = 0; f < request_count(s->request); f++)
			used |= may_sign(s, i, request_file(s->request, f));
		if (!used)
			return err_setx(e, ERR_CONFLICT,
			    "%s: nothing in it is to be signed by key %s", s->path, s->with[i].id);
	}
	if (s->n == 0)
		return err_setx(e, ERR_NOENT, "%s: none of the keys here is to sign it", s->path);
	return 0;
}

static int
sign_request(struct signing *s, const char *repo, struct err *e)
{
	if ((s->request = request_read(s->path, e)) == NULL)
		return -1;
	if (s->show)
		return describe(s, e);
	if (find_keys(s, repo, e) == -1 || check_use(s, e) == -1 || describe(s, e) == -1)
		return -1;
	if (fflush(stdout) == EOF)
		return err_set(e, ERR_IO, "standard output");
	if (!s->yes && cmd_agree("Sign this?", "sign", "not signed", e) == -1)
		return -1;
	return load_keys(s, e) == -1 ? -1 : sign_all(s, e);
}

static int
run_sign(struct call *call, struct err *e)
{
	struct signing *s = call->options;
	const char *repo = NULL;
	int rc = -1;

	s->path = call->argv[0];
	if (s->show || s->keys != NULL || s->files.n > 0 || (repo = command_repo(call, e)) != NULL)
		rc = sign_request(s, repo, e);
	else
		err_context(e, "give --keys DIR or --key FILE, or a repository");
	for (size_t i = 0; i < s->n; i++)
		privkey_free(s->with[i].k);
	keystore_close(s->ks);
	json_decref(s->request);
	return rc;
}

#define TO(member) OPTION_TO(struct signing, member)
static const struct option options[] = {
	ROW_DIRECTORY("keys", TO(keys),
	    "sign with the keys in DIR (default keys/ of the repository)"),
	{ "key", OPTION_LIST, TO(files), "FILE", "sign with this private key; may be repeated",
	    .max = KEYS_MAX },
	{ "yes", OPTION_FLAG, TO(yes), NULL, "show the change, but don't ask", .letter = 'y' },
	{ "show", OPTION_FLAG, TO(show), NULL, "only show it" },
	ROW_PASSPHRASE_FILE(TO(p.file)),
	OPTION_END,
};

const struct command cmd_sign = { "sign", run_sign, "[options] FILE", 1, 1,
	"add signatures to a change that --unsigned wrote", NULL, options, sizeof(struct signing),
	NULL, .offers = OFFER_FILES };
