/* SPDX-License-Identifier: ISC */
/*
 * The signing side.
 */
#include "lib/tuf/sign.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "lib/base/digest.h"
#include "lib/base/pem.h"
#include "lib/tuf/canonical.h"
#include "lib/tuf/key.h"

#define RSA_BITS 3072

/* scrypt cost of encrypted keys (RFC 7914): 16 MiB, the most that OpenSSL decrypts by default. */
#define SCRYPT_N  16384
#define SCRYPT_R  8
#define SCRYPT_P  1
#define SALT_SIZE 16

/* Most bytes of a PEM text. */
#define PEM_MAX (64u * 1024)

struct privkey {
	EVP_PKEY *pkey;
	enum privkey_kind kind;
	char id[SHA256_HEX_SIZE];
};

static const struct kind {
	const char *name, *type, *scheme;
} kinds[] = {
	[PRIVKEY_ED25519] = { "ed25519", "ed25519", "ed25519" },
	[PRIVKEY_ECDSA] = { "ecdsa", "ecdsa", "ecdsa-sha2-nistp256" },
	[PRIVKEY_RSA] = { "rsa", "rsa", "rsassa-pss-sha256" },
};

/* What OpenSSL says went wrong, as our error. */
static int
crypto_err(struct err *e, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

	ERR_clear_error();
	return err_setx(e, ERR_CRYPTO, "%s: %s", what, reason == NULL ? "OpenSSL failed" : reason);
}

int
privkey_kind_parse(const char *name, enum privkey_kind *kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, name) == 0) {
			*kind = (enum privkey_kind)i;
			return 0;
		}
	return -1;
}

static int
public_text(const struct privkey *k, struct buf *out, struct err *e)
{
	uint8_t raw[32];
	char hex[65], *text;
	size_t len = sizeof raw;
	BIO *bio = NULL;
	long n;
	int rc = -1;

	if (k->kind == PRIVKEY_ED25519) {
		if (!EVP_PKEY_get_raw_public_key(k->pkey, raw, &len))
			return crypto_err(e, "public key");
		hex_encode(raw, len, hex);
		return buf_adds(out, hex, e);
	}
	if ((bio = BIO_new(BIO_s_mem())) == NULL || !PEM_write_bio_PUBKEY(bio, k->pkey))
		crypto_err(e, "public key");
	else if ((n = BIO_get_mem_data(bio, &text)) > 0)
		rc = buf_add(out, text, (size_t)n, e);
	BIO_free(bio);
	return rc;
}

json_t *
privkey_public(const struct privkey *k, struct err *e)
{
	struct buf b = BUF_INIT(PEM_MAX);
	json_t *j = NULL;

	if (public_text(k, &b, e) == 0 &&
	    (j = json_pack("{s:s, s:s, s:{s:s}}", "keytype", kinds[k->kind].type, "scheme",
		 kinds[k->kind].scheme, "keyval", "public", buf_text(&b))) == NULL)
		err_nomem(e);
	buf_free(&b);
	return j;
}

/* Takes over pkey. */
static struct privkey *
wrap(EVP_PKEY *pkey, enum privkey_kind kind, struct err *e)
{
	struct privkey *k = calloc(1, sizeof *k);
	json_t *public = NULL;

	if (k == NULL) {
		EVP_PKEY_free(pkey);
		err_nomem(e);
		return NULL;
	}
	k->pkey = pkey;
	k->kind = kind;
	if ((public = privkey_public(k, e)) == NULL || tuf_key_id(public, k->id, e) == -1) {
		privkey_free(k);
		k = NULL;
	}
	json_decref(public);
	return k;
}

struct privkey *
privkey_generate(enum privkey_kind kind, struct err *e)
{
	EVP_PKEY *pkey;

	switch (kind) {
	case PRIVKEY_ED25519:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case PRIVKEY_ECDSA:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		break;
	default:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);
		break;
	}
	if (pkey == NULL) {
		crypto_err(e, "generate a key");
		return NULL;
	}
	return wrap(pkey, kind, e);
}

bool
privkey_is_encrypted(const uint8_t *pem, size_t len)
{
	return bytes_find(pem, len, "-----BEGIN ENCRYPTED PRIVATE KEY-----") != NULL ||
	    bytes_find(pem, len, "Proc-Type: 4,ENCRYPTED") != NULL;
}

/* Which kind a key is, by what it can do; a P-384 or a short RSA key is none. */
static int
kind_of(EVP_PKEY *pkey, enum privkey_kind *kind)
{
	char group[64];

	if (EVP_PKEY_is_a(pkey, "ED25519"))
		*kind = PRIVKEY_ED25519;
	else if (EVP_PKEY_is_a(pkey, "RSA") && EVP_PKEY_get_bits(pkey) >= TUF_RSA_BITS_MIN &&
	    EVP_PKEY_get_bits(pkey) <= TUF_RSA_BITS_MAX)
		*kind = PRIVKEY_RSA;
	else if (EVP_PKEY_is_a(pkey, "EC") &&
	    EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) &&
	    strcmp(group, "prime256v1") == 0)
		*kind = PRIVKEY_ECDSA;
	else
		return -1;
	return 0;
}

static int
unusable(struct err *e)
{
	return err_setx(e, ERR_CRYPTO, "want an ed25519, NIST P-256 or RSA (%d to %d bits) key",
	    TUF_RSA_BITS_MIN, TUF_RSA_BITS_MAX);
}

json_t *
pubkey_object(const uint8_t *pem, size_t len, struct err *e)
{
	struct privkey k = { .pkey = NULL };
	json_t *object = NULL;

	if (len > PEM_MAX) {
		err_setx(e, ERR_TOO_LARGE, "public key over %u bytes", PEM_MAX);
		return NULL;
	}
	if ((k.pkey = pem_public_key(pem, len)) == NULL)
		err_setx(e, ERR_SYNTAX, "want a public key in PEM form, got something else");
	else if (kind_of(k.pkey, &k.kind) == -1)
		unusable(e);
	else
		object = privkey_public(&k, e);
	EVP_PKEY_free(k.pkey);
	return object;
}

struct privkey *
privkey_read(const uint8_t *pem, size_t len, const char *passphrase, struct err *e)
{
	bool encrypted = privkey_is_encrypted(pem, len);
	enum privkey_kind kind;
	EVP_PKEY *pkey;

	if (encrypted && passphrase == NULL) {
		err_setx(e, ERR_AUTH, "the key is encrypted and no passphrase was given");
		return NULL;
	}
	if (len > PEM_MAX) {
		err_setx(e, ERR_TOO_LARGE, "private key over %u bytes", PEM_MAX);
		return NULL;
	}
	if ((pkey = pem_private_key(pem, len, passphrase)) == NULL) {
		err_setx(e, encrypted ? ERR_AUTH : ERR_SYNTAX,
		    encrypted
			? "the key can't be decrypted: wrong passphrase, or the file is damaged"
			: "want a private key in PEM form, got something else");
		return NULL;
	}
	if (kind_of(pkey, &kind) == -1) {
		EVP_PKEY_free(pkey);
		unusable(e);
		return NULL;
	}
	return wrap(pkey, kind, e);
}

/* PKCS#8 encrypted by PBES2: scrypt and AES-256-CBC. */
static int
write_encrypted(BIO *bio, EVP_PKEY *pkey, const char *passphrase)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	X509_ALGOR *pbe = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, SALT_SIZE, NULL, SCRYPT_N,
	    SCRYPT_R, SCRYPT_P);
	X509_SIG *sealed = NULL;
	int rc = -1;

	/* PKCS8_set0_pbe() takes pbe over on success. */
	if (info != NULL && pbe != NULL &&
	    (sealed = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), info, pbe)) != NULL) {
		pbe = NULL;
		rc = PEM_write_bio_PKCS8(bio, sealed) ? 0 : -1;
	}
	X509_SIG_free(sealed);
	X509_ALGOR_free(pbe);
	PKCS8_PRIV_KEY_INFO_free(info);
	return rc;
}

int
privkey_write(const struct privkey *k, const char *passphrase, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	int rc = -1;
	char *text;
	long n;

	if (bio == NULL)
		return err_nomem(e);
	if (passphrase != NULL)
		rc = write_encrypted(bio, k->pkey, passphrase);
	else
		rc =
		    PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) ? 0 : -1;
	if (rc == -1)
		crypto_err(e, "write a private key");
	else if ((n = BIO_get_mem_data(bio, &text)) <= 0)
		rc = crypto_err(e, "write a private key");
	else
		rc = buf_add(out, text, (size_t)n, e);
	BIO_free(bio);
	return rc;
}

const char *
privkey_id(const struct privkey *k)
{
	return k->id;
}

void
privkey_free(struct privkey *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

static int
signature(const struct privkey *k, const uint8_t *data, size_t len, char **hex, struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	uint8_t *sig = NULL;
	size_t siglen = 0;
	int rc = -1;

	if (ctx == NULL)
		return err_nomem(e);
	if (EVP_DigestSignInit(ctx, &pctx, k->kind == PRIVKEY_ED25519 ? NULL : EVP_sha256(), NULL,
		k->pkey) != 1 ||
	    (k->kind == PRIVKEY_RSA &&
		(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) <= 0 ||
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) <= 0)) ||
	    EVP_DigestSign(ctx, NULL, &siglen, data, len) != 1) {
		crypto_err(e, "sign");
		goto out;
	}
	if ((sig = malloc(siglen)) == NULL || (*hex = malloc(2 * siglen + 1)) == NULL) {
		err_nomem(e);
		goto out;
	}
	if (EVP_DigestSign(ctx, sig, &siglen, data, len) != 1) {
		free(*hex);
		*hex = NULL;
		crypto_err(e, "sign");
		goto out;
	}
	hex_encode(sig, siglen, *hex);
	rc = 0;
out:
	free(sig);
	EVP_MD_CTX_free(ctx);
	return rc;
}

static void
drop_signature(json_t *signatures, const char *id)
{
	for (size_t i = json_array_size(signatures); i-- > 0;) {
		const char *old =
		    json_string_value(json_object_get(json_array_get(signatures, i), "keyid"));

		if (old != NULL && strcmp(old, id) == 0)
			json_array_remove(signatures, i);
	}
}

int
sign_add(json_t *metadata, const struct privkey *k, struct err *e)
{
	json_t *signatures = json_object_get(metadata, "signatures");
	const json_t *body = json_object_get(metadata, "signed");
	struct buf b = BUF_INIT(CANONICAL_MAX);
	char *hex = NULL;
	int rc = -1;

	if (!json_is_array(signatures) || !json_is_object(body))
		return err_setx(e, ERR_SYNTAX, "want an object with \"signatures\" and \"signed\"");
	if (canonical_json(body, &b, e) == -1 || signature(k, b.data, b.len, &hex, e) == -1)
		goto out;
	drop_signature(signatures, k->id);
	if (json_array_append_new(signatures,
		json_pack("{s:s, s:s}", "keyid", k->id, "sig", hex)) == -1) {
		err_nomem(e);
		goto out;
	}
	rc = 0;
out:
	free(hex);
	buf_free(&b);
	return rc;
}

int
sign_write(const json_t *metadata, struct buf *out, struct err *e)
{
	char *text = json_dumps(metadata, JSON_INDENT(1) | JSON_SORT_KEYS);
	int rc;

	if (text == NULL)
		return err_nomem(e);
	rc = buf_adds(out, text, e) == -1 ? -1 : buf_addc(out, '\n', e);
	free(text);
	return rc;
}

int
sign_metadata(const json_t *signed_part, struct privkey *const *keys, size_t n, struct buf *out,
    struct err *e)
{
	json_t *metadata = json_pack("{s:[], s:O}", "signatures", "signed", signed_part);
	int rc = -1;

	if (metadata == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++)
		if (sign_add(metadata, keys[i], e) == -1)
			goto out;
	rc = sign_write(metadata, out, e);
out:
	json_decref(metadata);
	return rc;
}
