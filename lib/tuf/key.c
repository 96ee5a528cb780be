/* SPDX-License-Identifier: ISC */
/* Public keys of a TUF repository. */
#include "lib/tuf/key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "lib/base/pem.h"
#include "lib/tuf/canonical.h"
#include "lib/tuf/kind.h"

/* Most bytes of the canonical form of one key. */
#define KEY_TEXT_MAX (64u * 1024)
#define ED25519_SIZE 32

struct tuf_key {
	char *id;
	int kind;	 /* enum tuf_kind, or -1 */
	EVP_PKEY *pkey;	 /* NULL: can't count */
	const char *why; /* it can't */
};

int
tuf_key_id(const json_t *object, char out[SHA256_HEX_SIZE], struct err *e)
{
	struct buf b = BUF_INIT(KEY_TEXT_MAX);
	uint8_t sum[DIGEST_MAX];
	int rc = -1;

	if (canonical_json(object, &b, e) == 0 &&
	    digest_of(DIGEST_SHA256, b.data, b.len, sum, e) == 0) {
		hex_encode(sum, SHA256_SIZE, out);
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

static EVP_PKEY *
parse_ed25519(const char *text, size_t len)
{
	uint8_t raw[ED25519_SIZE];

	if (hex_decode(text, len, raw, sizeof raw) == -1)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, sizeof raw);
}

static int
kind_called(const char *type, const char *scheme)
{
	for (int i = 0; i < TUF_KINDS; i++)
		if (strcmp(scheme, tuf_kinds[i].scheme) == 0 &&
		    (strcmp(type, tuf_kinds[i].type) == 0 ||
			(tuf_kinds[i].other_type != NULL &&
			    strcmp(type, tuf_kinds[i].other_type) == 0)))
			return i;
	return -1;
}

/* Sets pkey, or why the key can't count. */
static void
parse_public(struct tuf_key *k, const json_t *public)
{
	const char *text = json_string_value(public);
	size_t len = json_string_length(public);

	if (k->kind == -1) {
		k->why = "its type or scheme is not supported";
		return;
	}
	if (text == NULL) {
		k->why = "it has no public key";
		return;
	}
	if (k->kind == TUF_ED25519)
		k->pkey = parse_ed25519(text, len);
	else if (len <= KEY_TEXT_MAX)
		k->pkey = pem_public_key(text, len);
	ERR_clear_error();
	if (k->pkey == NULL || kind_of(k->pkey) != k->kind) {
		EVP_PKEY_free(k->pkey);
		k->pkey = NULL;
		k->why = "its public key can't be used with its scheme";
	}
}

static void
key_free(struct tuf_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k->id);
	free(k);
}

/*
 * Whether id is the key's: over the whole object or, since signers that pass unknown fields on
 * compute it so, over the fields that the specification defines.  Both ids name this public key and
 * no other.  1, 0 or -1.
 */
static int
right_id(const char *id, const json_t *object, struct err *e)
{
	static const char *const fields[] = { "keytype", "scheme", "keyval" };
	char real[SHA256_HEX_SIZE];
	json_t *defined;
	int rc;

	if (tuf_key_id(object, real, e) == -1)
		return -1;
	if (strcmp(id, real) == 0)
		return 1;
	if ((defined = json_object()) == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		json_object_set(defined, fields[i], json_object_get(object, fields[i]));
	rc = tuf_key_id(defined, real, e);
	json_decref(defined);
	return rc == -1 ? -1 : strcmp(id, real) == 0;
}

static struct tuf_key *
key_parse(const char *id, const json_t *object, struct err *e)
{
	const char *type = json_string_value(json_object_get(object, "keytype"));
	const char *scheme = json_string_value(json_object_get(object, "scheme"));
	const json_t *val = json_object_get(object, "keyval");
	struct tuf_key *k;
	int right;

	if (type == NULL || scheme == NULL || !json_is_object(val)) {
		err_setx(e, ERR_SYNTAX, "key %.70s: want keytype, scheme and keyval", id);
		return NULL;
	}
	if ((right = right_id(id, object, e)) == -1)
		return NULL;
	if ((k = calloc(1, sizeof *k)) == NULL || (k->id = strdup(id)) == NULL) {
		key_free(k);
		err_nomem(e);
		return NULL;
	}
	k->kind = kind_called(type, scheme);
	if (!right)
		k->why = "its id is not the SHA-256 of the key";
	else
		parse_public(k, json_object_get(val, "public"));
	return k;
}

int
tuf_keyring_parse(const json_t *keys, struct tuf_keyring *ring, struct err *e)
{
	struct tuf_keyring r = { NULL, 0 };
	const char *id;
	json_t *object;

	if (!json_is_object(keys))
		return err_setx(e, ERR_SYNTAX, "want an object of keys");
	if (json_object_size(keys) > TUF_KEYS_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %d keys", TUF_KEYS_MAX);
	if ((r.keys = calloc(json_object_size(keys) + 1, sizeof(struct tuf_key *))) == NULL)
		return err_nomem(e);
	json_object_foreach ((json_t *)(uintptr_t)keys, id, object) {
		if ((r.keys[r.n] = key_parse(id, object, e)) == NULL) {
			tuf_keyring_free(&r);
			return -1;
		}
		r.n++;
	}
	*ring = r;
	return 0;
}

void
tuf_keyring_free(struct tuf_keyring *ring)
{
	for (size_t i = 0; i < ring->n; i++)
		key_free(ring->keys[i]);
	free(ring->keys);
	ring->keys = NULL;
	ring->n = 0;
}

const struct tuf_key *
tuf_keyring_find(const struct tuf_keyring *ring, const char *id)
{
	for (size_t i = 0; i < ring->n; i++)
		if (strcmp(ring->keys[i]->id, id) == 0)
			return ring->keys[i];
	return NULL;
}

bool
tuf_key_counts(const struct tuf_key *k, const char **why)
{
	if (why != NULL)
		*why = k->why;
	return k->pkey != NULL;
}

bool
tuf_key_same(const struct tuf_key *a, const struct tuf_key *b)
{
	return a->pkey != NULL && b->pkey != NULL && EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

bool
tuf_key_verify(const struct tuf_key *k, const uint8_t *sig, size_t siglen, const uint8_t *data,
    size_t len)
{
	EVP_PKEY_CTX *pctx;
	EVP_MD_CTX *ctx;
	bool ok = false;

	if (k->pkey == NULL || (ctx = EVP_MD_CTX_new()) == NULL)
		return false;
	if (EVP_DigestVerifyInit(ctx, &pctx, kind_digest((enum tuf_kind)k->kind), NULL, k->pkey) ==
		1 &&
	    kind_padding(pctx, (enum tuf_kind)k->kind, RSA_PSS_SALTLEN_AUTO))
		ok = EVP_DigestVerify(ctx, sig, siglen, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}
