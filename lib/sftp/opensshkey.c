/* SPDX-License-Identifier: ISC */
/* Private keys in the format that ssh-keygen writes. */
#include "lib/sftp/opensshkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>

#include "lib/base/wire.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END   "-----END OPENSSH PRIVATE KEY-----"
#define MAGIC "openssh-key-v1" /* with its NUL */

bool
opensshkey_is(const uint8_t *data, size_t len)
{
	return len >= sizeof BEGIN && memcmp(data, BEGIN, sizeof BEGIN - 1) == 0;
}

static int
malformed_key(const char *name, struct err *e)
{
	return err_setx(e, ERR_CONFIG, "%s: the private key is damaged", name);
}

static int
unbase64(const char *name, const uint8_t *data, size_t len, struct buf *out, struct err *e)
{
	const uint8_t *start, *end;
	EVP_ENCODE_CTX *ctx = NULL;
	int n = 0, last = 0, rc = -1;

	if (!opensshkey_is(data, len) || len > OPENSSHKEY_MAX)
		return malformed_key(name, e);
	start = data + sizeof BEGIN - 1;
	if ((end = bytes_find(start, len - (sizeof BEGIN - 1), END)) == NULL)
		return malformed_key(name, e);
	if ((ctx = EVP_ENCODE_CTX_new()) == NULL)
		return err_nomem(e);
	if (buf_reserve(out, (size_t)(end - start), e) == -1)
		goto out;
	EVP_DecodeInit(ctx);
	if (EVP_DecodeUpdate(ctx, out->data, &n, start, (int)(end - start)) == -1 ||
	    EVP_DecodeFinal(ctx, out->data + n, &last) == -1) {
		malformed_key(name, e);
		goto out;
	}
	out->len = (size_t)n + (size_t)last;
	rc = 0;
out:
	EVP_ENCODE_CTX_free(ctx);
	return rc;
}

static EVP_PKEY *
read_ed25519(const char *name, struct wire *w, struct err *e)
{
	size_t publen, seclen;
	const uint8_t *pub = wire_string(w, &publen), *sec = wire_string(w, &seclen);
	EVP_PKEY *key;

	/*
	 * The secret part is the seed and the public key once more (RFC 8709 leaves it to the file
	 * format).
	 */
	if (w->bad || publen != 32 || seclen != 64 || memcmp(sec + 32, pub, 32) != 0) {
		malformed_key(name, e);
		return NULL;
	}
	if ((key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, sec, 32)) == NULL)
		err_setx(e, ERR_CRYPTO, "%s: OpenSSL refuses the key", name);
	return key;
}

static EVP_PKEY *
read_ecdsa(const char *name, const char *group, struct wire *w, struct err *e)
{
	size_t curvelen, publen, seclen;
	const uint8_t *curve = wire_string(w, &curvelen), *pub = wire_string(w, &publen);
	const uint8_t *sec = wire_string(w, &seclen);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *d = w->bad || seclen > 67 ? NULL : BN_bin2bn(sec, (int)seclen, NULL);
	EVP_PKEY *key = NULL;

	(void)curve;
	if (d == NULL)
		malformed_key(name, e);
	else if (build == NULL || ctx == NULL ||
	    !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, pub, publen) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d) ||
	    (params = OSSL_PARAM_BLD_to_param(build)) == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
		err_setx(e, ERR_CRYPTO, "%s: OpenSSL refuses the key", name);
	BN_clear_free(d);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Reads the private section: two equal numbers, which tell a right passphrase, then the key. */
static EVP_PKEY *
read_section(const char *name, struct wire w, struct err *e)
{
	uint32_t check = wire_u32(&w);
	const uint8_t *kind;
	size_t len;

	if (check != wire_u32(&w) || w.bad) {
		malformed_key(name, e);
		return NULL;
	}
	kind = wire_string(&w, &len);
	if (kind == NULL) {
		malformed_key(name, e);
		return NULL;
	}
	if (len == 11 && memcmp(kind, "ssh-ed25519", 11) == 0)
		return read_ed25519(name, &w, e);
	if (len == 19 && memcmp(kind, "ecdsa-sha2-nistp256", 19) == 0)
		return read_ecdsa(name, "P-256", &w, e);
	if (len == 19 && memcmp(kind, "ecdsa-sha2-nistp384", 19) == 0)
		return read_ecdsa(name, "P-384", &w, e);
	if (len == 19 && memcmp(kind, "ecdsa-sha2-nistp521", 19) == 0)
		return read_ecdsa(name, "P-521", &w, e);
	err_setx(e, ERR_CONFIG,
	    "%s: want an ed25519 or ECDSA login key, got %.*s, which libssh2 can't use with current servers; "
	    "make one with: ssh-keygen -t ed25519",
	    name, len > 64 ? 64 : (int)len, (const char *)kind);
	return NULL;
}

int
opensshkey_encrypted(const char *name, struct err *e)
{
	return err_setx(e, ERR_CONFIG,
	    "%s: want a login key that isn't encrypted, got an encrypted one, which can't be used while "
	    "nobody is there to type its passphrase; copy it and decrypt the copy with: "
	    "ssh-keygen -p -P OLD -N '' -f COPY",
	    name);
}

EVP_PKEY *
opensshkey_read(const char *name, const uint8_t *data, size_t len, struct err *e)
{
	struct buf raw = BUF_INIT(OPENSSHKEY_MAX);
	struct wire w = WIRE_INIT((const uint8_t *)"", 0);
	const uint8_t *cipher, *section;
	size_t cipherlen, unused, seclen;
	EVP_PKEY *key = NULL;
	uint32_t keys;

	if (unbase64(name, data, len, &raw, e) == -1)
		goto out;
	if (raw.len < sizeof MAGIC || memcmp(raw.data, MAGIC, sizeof MAGIC) != 0) {
		malformed_key(name, e);
		goto out;
	}
	w = (struct wire)WIRE_INIT(raw.data + sizeof MAGIC, raw.len - sizeof MAGIC);
	cipher = wire_string(&w, &cipherlen);
	wire_string(&w, &unused); /* name and options of the function for passphrases */
	wire_string(&w, &unused);
	keys = wire_u32(&w);
	wire_string(&w, &unused); /* the public key */
	section = wire_string(&w, &seclen);
	if (keys != 1 || w.bad)
		malformed_key(name, e);
	else if (cipherlen != 4 || memcmp(cipher, "none", 4) != 0)
		opensshkey_encrypted(name, e);
	else if (w.p != w.end)
		malformed_key(name, e);
	else
		key = read_section(name, (struct wire)WIRE_INIT(section, seclen), e);
out:
	buf_free(&raw);
	return key;
}

/* Appends the private section of an ed25519 key, filled up to whole blocks of 8 bytes. */
static int
put_section(struct buf *out, const uint8_t pub[32], const uint8_t seed[32], const char *comment,
    struct err *e)
{
	uint8_t both[64];
	int rc = -1;

	memcpy(both, seed, 32);
	memcpy(both + 32, pub, 32);
	/* Any two equal numbers do, because nothing is encrypted. */
	if (wire_put_u64(out, 0, e) == 0 && wire_put_text(out, "ssh-ed25519", e) == 0 &&
	    wire_put_string(out, pub, 32, e) == 0 &&
	    wire_put_string(out, both, sizeof both, e) == 0 && wire_put_text(out, comment, e) == 0)
		rc = 0;
	for (uint8_t pad = 1; rc == 0 && out->len % 8 != 0; pad++)
		rc = wire_put_u8(out, pad, e);
	OPENSSL_cleanse(both, sizeof both);
	return rc;
}

/* Appends data in base64 between the marker lines. */
static int
put_text(struct buf *out, const struct buf *data, struct err *e)
{
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	int n = 0, last = 0, rc = -1;

	if (ctx == NULL)
		return err_nomem(e);
	EVP_EncodeInit(ctx);
	if (buf_adds(out, BEGIN "\n", e) == -1 || buf_reserve(out, 2 * data->len + 128, e) == -1)
		goto out;
	if (!EVP_EncodeUpdate(ctx, out->data + out->len, &n, data->data, (int)data->len)) {
		err_setx(e, ERR_CRYPTO, "a key can't be written as base64");
		goto out;
	}
	EVP_EncodeFinal(ctx, out->data + out->len + n, &last);
	out->len += (size_t)n + (size_t)last;
	rc = buf_adds(out, END "\n", e);
out:
	EVP_ENCODE_CTX_free(ctx);
	return rc;
}

int
opensshkey_write(const EVP_PKEY *ed25519, const char *comment, struct buf *out, struct err *e)
{
	struct buf raw = BUF_INIT(OPENSSHKEY_MAX), blob = BUF_INIT(256), section = BUF_INIT(1024);
	uint8_t pub[32], seed[32];
	size_t publen = sizeof pub, seedlen = sizeof seed;
	int rc = -1;

	if (!EVP_PKEY_get_raw_public_key(ed25519, pub, &publen) ||
	    !EVP_PKEY_get_raw_private_key(ed25519, seed, &seedlen)) {
		err_setx(e, ERR_CRYPTO, "want an ed25519 key");
		goto out;
	}
	if (wire_put_text(&blob, "ssh-ed25519", e) == 0 &&
	    wire_put_string(&blob, pub, publen, e) == 0 &&
	    put_section(&section, pub, seed, comment, e) == 0 &&
	    buf_add(&raw, MAGIC, sizeof MAGIC, e) == 0 && wire_put_text(&raw, "none", e) == 0 &&
	    wire_put_text(&raw, "none", e) == 0 && wire_put_text(&raw, "", e) == 0 &&
	    wire_put_u32(&raw, 1, e) == 0 && wire_put_string(&raw, blob.data, blob.len, e) == 0 &&
	    wire_put_string(&raw, section.data, section.len, e) == 0)
		rc = put_text(out, &raw, e);
out:
	OPENSSL_cleanse(seed, sizeof seed);
	buf_free(&raw);
	buf_free(&blob);
	buf_free(&section);
	return rc;
}
