/* SPDX-License-Identifier: ISC */
/*
 * Private keys in the format that ssh-keygen writes.
 */
#include "lib/sftp/opensshkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>

#include "lib/base/buf.h"
#include "lib/sftp/bcrypt.h"
#include "lib/sftp/login.h"
#include "lib/base/wire.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END   "-----END OPENSSH PRIVATE KEY-----"
#define MAGIC "openssh-key-v1" /* with its NUL */

static const struct cipher {
	const char *name;
	const EVP_CIPHER *(*get)(void);
} ciphers[] = {
	{ "aes256-ctr", EVP_aes_256_ctr },
	{ "aes192-ctr", EVP_aes_192_ctr },
	{ "aes128-ctr", EVP_aes_128_ctr },
	{ "aes256-cbc", EVP_aes_256_cbc },
	{ "aes192-cbc", EVP_aes_192_cbc },
	{ "aes128-cbc", EVP_aes_128_cbc },
};

bool
opensshkey_is(const uint8_t *data, size_t len)
{
	return len >= sizeof BEGIN && memcmp(data, BEGIN, sizeof BEGIN - 1) == 0;
}

static int
malformed(const char *name, struct err *e)
{
	return err_setx(e, ERR_CONFIG, "%s: the private key is damaged", name);
}

static int
unbase64(const char *name, const uint8_t *data, size_t len, struct buf *out, struct err *e)
{
	const uint8_t *start, *end;
	EVP_ENCODE_CTX *ctx = NULL;
	int n = 0, last = 0, rc = -1;

	if (!opensshkey_is(data, len) || len > LOGIN_FILE_MAX)
		return malformed(name, e);
	start = data + sizeof BEGIN - 1;
	if ((end = bytes_find(start, len - (sizeof BEGIN - 1), END)) == NULL)
		return malformed(name, e);
	if ((ctx = EVP_ENCODE_CTX_new()) == NULL)
		return err_nomem(e);
	if (buf_reserve(out, (size_t)(end - start), e) == -1)
		goto out;
	EVP_DecodeInit(ctx);
	if (EVP_DecodeUpdate(ctx, out->data, &n, start, (int)(end - start)) == -1 ||
	    EVP_DecodeFinal(ctx, out->data + n, &last) == -1) {
		malformed(name, e);
		goto out;
	}
	out->len = (size_t)n + (size_t)last;
	rc = 0;
out:
	EVP_ENCODE_CTX_free(ctx);
	return rc;
}

/* Decrypt len bytes in place; options are bcrypt's salt and rounds. */
static int
decrypt(const char *name, const struct cipher *c, struct wire options, const char *passphrase,
    uint8_t *data, size_t len, struct err *e)
{
	const EVP_CIPHER *cipher = c->get();
	size_t keylen = (size_t)EVP_CIPHER_get_key_length(cipher), saltlen;
	size_t block = strstr(c->name, "cbc") != NULL ? 16 : 1;
	uint8_t derived[EVP_MAX_KEY_LENGTH + EVP_MAX_IV_LENGTH];
	const uint8_t *salt = wire_string(&options, &saltlen);
	uint32_t rounds = wire_u32(&options);
	EVP_CIPHER_CTX *ctx = NULL;
	int n, rc = -1;

	if (options.bad || options.p != options.end || saltlen == 0 || saltlen > BCRYPT_SALT_MAX ||
	    rounds == 0 || rounds > OPENSSHKEY_ROUNDS_MAX || len % block != 0)
		return malformed(name, e);
	if (bcrypt_pbkdf(passphrase, salt, saltlen, rounds, derived,
		keylen + (size_t)EVP_CIPHER_get_iv_length(cipher), e) == -1)
		return -1;
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL) {
		err_nomem(e);
		goto out;
	}
	if (!EVP_DecryptInit_ex2(ctx, cipher, derived, derived + keylen, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(ctx, 0) ||
	    !EVP_DecryptUpdate(ctx, data, &n, data, (int)len)) {
		err_setx(e, ERR_CRYPTO, "%s: can't be decrypted", name);
		goto out;
	}
	rc = 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(derived, sizeof derived);
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
		malformed(name, e);
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
		malformed(name, e);
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

/* The private section, decrypted: two equal numbers that tell a right passphrase, then the key. */
static EVP_PKEY *
read_section(const char *name, struct wire w, bool encrypted, struct err *e)
{
	uint32_t check = wire_u32(&w);
	const uint8_t *kind;
	size_t len;

	if (check != wire_u32(&w) || w.bad) {
		if (encrypted)
			err_setx(e, ERR_CONFIG, "%s: the passphrase doesn't fit this key", name);
		else
			malformed(name, e);
		return NULL;
	}
	kind = wire_string(&w, &len);
	if (kind == NULL) {
		malformed(name, e);
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

static const struct cipher *
cipher_by_name(const uint8_t *name, size_t len)
{
	for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++)
		if (strlen(ciphers[i].name) == len && memcmp(ciphers[i].name, name, len) == 0)
			return &ciphers[i];
	return NULL;
}

EVP_PKEY *
opensshkey_read(const char *name, const uint8_t *data, size_t len, const char *passphrase,
    struct err *e)
{
	struct buf raw = BUF_INIT(LOGIN_FILE_MAX);
	const struct cipher *cipher = NULL;
	const uint8_t *ciphername, *kdf, *options, *section;
	size_t cipherlen, kdflen, optlen, publen, seclen;
	struct wire w = WIRE_INIT((const uint8_t *)"", 0);
	EVP_PKEY *key = NULL;
	bool encrypted;

	if (unbase64(name, data, len, &raw, e) == -1)
		goto out;
	if (raw.len < sizeof MAGIC || memcmp(raw.data, MAGIC, sizeof MAGIC) != 0) {
		malformed(name, e);
		goto out;
	}
	w = (struct wire)WIRE_INIT(raw.data + sizeof MAGIC, raw.len - sizeof MAGIC);
	ciphername = wire_string(&w, &cipherlen);
	kdf = wire_string(&w, &kdflen);
	options = wire_string(&w, &optlen);
	if (wire_u32(&w) != 1 || w.bad) {
		malformed(name, e);
		goto out;
	}
	wire_string(&w, &publen);
	section = wire_string(&w, &seclen);
	if (w.bad || w.p != w.end) {
		malformed(name, e);
		goto out;
	}
	encrypted = !(cipherlen == 4 && memcmp(ciphername, "none", 4) == 0);
	if (encrypted) {
		cipher = cipher_by_name(ciphername, cipherlen);
		if (cipher == NULL || kdflen != 6 || memcmp(kdf, "bcrypt", 6) != 0) {
			err_setx(e, ERR_CONFIG,
			    "%s: the key is encrypted with %.*s, want aes256-ctr", name,
			    cipherlen > 64 ? 64 : (int)cipherlen, (const char *)ciphername);
			goto out;
		}
		if (passphrase == NULL || *passphrase == '\0') {
			err_setx(e, ERR_CONFIG,
			    "%s: the key is encrypted, and no passphrase file is configured", name);
			goto out;
		}
		if (decrypt(name, cipher, (struct wire)WIRE_INIT(options, optlen), passphrase,
			raw.data + (section - raw.data), seclen, e) == -1)
			goto out;
	}
	key = read_section(name, (struct wire)WIRE_INIT(section, seclen), encrypted, e);
out:
	buf_free(&raw);
	return key;
}
