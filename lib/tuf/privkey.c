/* SPDX-License-Identifier: ISC */
/* Private keys. */
#include "lib/tuf/privkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "lib/base/pem.h"
#include "lib/tuf/kind.h"

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
	enum tuf_kind kind;
	char id[SHA256_HEX_SIZE];
};

int
privkey_kind_parse(const char *name, enum tuf_kind *kind)
{
	for (size_t i = 0; i < TUF_KINDS; i++)
		if (strcmp(tuf_kinds[i].name, name) == 0) {
			*kind = (enum tuf_kind)i;
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

	if (k->kind == TUF_ED25519) {
		if (!EVP_PKEY_get_raw_public_key(k->pkey, raw, &len))
			return err_openssl(e, "public key");
		hex_encode(raw, len, hex);
		return buf_adds(out, hex, e);
	}
	if ((bio = BIO_new(BIO_s_mem())) == NULL || !PEM_write_bio_PUBKEY(bio, k->pkey))
		err_openssl(e, "public key");
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
	    (j = json_pack("{s:s, s:s, s:{s:s}}", "keytype", tuf_kinds[k->kind].type, "scheme",
		 tuf_kinds[k->kind].scheme, "keyval", "public", buf_text(&b))) == NULL)
		err_nomem(e);
	buf_free(&b);
	return j;
}

/* Takes over pkey. */
static struct privkey *
wrap_key(EVP_PKEY *pkey, enum tuf_kind kind, struct err *e)
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
privkey_generate(enum tuf_kind kind, struct err *e)
{
	EVP_PKEY *pkey;

	switch (kind) {
	case TUF_ED25519:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case TUF_ECDSA:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		break;
	default:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);
		break;
	}
	if (pkey == NULL) {
		err_openssl(e, "generate a key");
		return NULL;
	}
	return wrap_key(pkey, kind, e);
}

bool
privkey_is_encrypted(const uint8_t *pem, size_t len)
{
	return bytes_find(pem, len, "-----BEGIN ENCRYPTED PRIVATE KEY-----") != NULL ||
	    bytes_find(pem, len, "Proc-Type: 4,ENCRYPTED") != NULL;
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
	int kind;

	if (len > PEM_MAX) {
		err_setx(e, ERR_TOO_LARGE, "public key over %u bytes", PEM_MAX);
		return NULL;
	}
	if ((k.pkey = pem_public_key(pem, len)) == NULL)
		err_setx(e, ERR_SYNTAX, "want a public key in PEM form, got something else");
	else if ((kind = kind_of(k.pkey)) == -1)
		unusable(e);
	else {
		k.kind = (enum tuf_kind)kind;
		object = privkey_public(&k, e);
	}
	EVP_PKEY_free(k.pkey);
	return object;
}

struct privkey *
privkey_read(const uint8_t *pem, size_t len, const char *passphrase, struct err *e)
{
	bool encrypted = privkey_is_encrypted(pem, len);
	EVP_PKEY *pkey;
	int kind;

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
	if ((kind = kind_of(pkey)) == -1) {
		EVP_PKEY_free(pkey);
		unusable(e);
		return NULL;
	}
	return wrap_key(pkey, (enum tuf_kind)kind, e);
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
		err_openssl(e, "write a private key");
	else if ((n = BIO_get_mem_data(bio, &text)) <= 0)
		rc = err_openssl(e, "write a private key");
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

int
privkey_sign(const struct privkey *k, const uint8_t *data, size_t len, char **hex, struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	uint8_t *sig = NULL;
	size_t siglen = 0;
	int rc = -1;

	if (ctx == NULL)
		return err_nomem(e);
	if (EVP_DigestSignInit(ctx, &pctx, kind_digest(k->kind), NULL, k->pkey) != 1 ||
	    !kind_padding(pctx, k->kind, RSA_PSS_SALTLEN_DIGEST) ||
	    EVP_DigestSign(ctx, NULL, &siglen, data, len) != 1) {
		err_openssl(e, "sign");
		goto out;
	}
	if ((sig = malloc(siglen)) == NULL || (*hex = malloc(2 * siglen + 1)) == NULL) {
		err_nomem(e);
		goto out;
	}
	if (EVP_DigestSign(ctx, sig, &siglen, data, len) != 1) {
		free(*hex);
		*hex = NULL;
		err_openssl(e, "sign");
		goto out;
	}
	hex_encode(sig, siglen, *hex);
	rc = 0;
out:
	free(sig);
	EVP_MD_CTX_free(ctx);
	return rc;
}
