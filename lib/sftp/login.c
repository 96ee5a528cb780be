/* SPDX-License-Identifier: ISC */
/* The private key or the password that a station logs in with. */
#include "lib/sftp/login.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/os/file.h"
#include "lib/base/list.h"
#include "lib/base/pem.h"
#include "lib/base/text.h"
#include "lib/base/wire.h"
#include "lib/sftp/opensshkey.h"
#include "lib/sftp/sftp_frames.h"

struct login {
	char *name;
	EVP_PKEY *key;
	const EVP_MD *md; /* NULL for ed25519, which hashes by itself */
	struct buf blob;
	struct buf password; /* empty where there is a key */
};

#define HOWTO "make one with: ssh-keygen -t ed25519"

/* NULL or the row for a curve by OpenSSL's name of it. */
static const struct curve {
	const char *openssl, *ssh, *algorithm;
	const EVP_MD *(*md)(void);
} * curve_by_name(const char *name)
{
	static const struct curve curves[] = {
		{ SN_X9_62_prime256v1, "nistp256", "ecdsa-sha2-nistp256", EVP_sha256 },
		{ SN_secp384r1, "nistp384", "ecdsa-sha2-nistp384", EVP_sha384 },
		{ SN_secp521r1, "nistp521", "ecdsa-sha2-nistp521", EVP_sha512 },
	};

	for (size_t i = 0; i < N(curves); i++)
		if (strcmp(curves[i].openssl, name) == 0)
			return &curves[i];
	return NULL;
}

static int
blob_ed25519(struct login *l, struct err *e)
{
	uint8_t raw[32];
	size_t len = sizeof raw;

	if (!EVP_PKEY_get_raw_public_key(l->key, raw, &len))
		return err_setx(e, ERR_CRYPTO, "%s: no public key", l->name);
	return wire_put_text(&l->blob, "ssh-ed25519", e) == -1 ||
		wire_put_string(&l->blob, raw, len, e) == -1
	    ? -1
	    : 0;
}

static int
blob_ecdsa(struct login *l, struct err *e)
{
	const struct curve *curve;
	char name[64];
	uint8_t point[1 + 2 * 66];
	size_t len;

	if (!EVP_PKEY_get_group_name(l->key, name, sizeof name, NULL) ||
	    (curve = curve_by_name(name)) == NULL)
		return err_setx(e, ERR_CONFIG,
		    "%s: want a key over NIST P-256, P-384 or P-521, got another curve; " HOWTO,
		    l->name);
	if (!EVP_PKEY_set_utf8_string_param(l->key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
		"uncompressed") ||
	    !EVP_PKEY_get_octet_string_param(l->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
		&len))
		return err_setx(e, ERR_CRYPTO, "%s: no public key", l->name);
	l->md = curve->md();
	if (wire_put_text(&l->blob, curve->algorithm, e) == -1 ||
	    wire_put_text(&l->blob, curve->ssh, e) == -1 ||
	    wire_put_string(&l->blob, point, len, e) == -1)
		return -1;
	return 0;
}

static int
make_blob(struct login *l, struct err *e)
{
	switch (EVP_PKEY_get_base_id(l->key)) {
	case EVP_PKEY_ED25519:
		return blob_ed25519(l, e);
	case EVP_PKEY_EC:
		return blob_ecdsa(l, e);
	case EVP_PKEY_RSA:
		return err_setx(e, ERR_CONFIG,
		    "%s: want an ed25519 or ECDSA login key, got RSA, which libssh2 can't use with current servers; " HOWTO,
		    l->name);
	default:
		return err_setx(e, ERR_CONFIG,
		    "%s: want an ed25519 or ECDSA login key, got another kind; " HOWTO, l->name);
	}
}

static EVP_PKEY *
parse_pem(const char *name, const uint8_t *data, size_t len, struct err *e)
{
	EVP_PKEY *key = NULL;
	BIO *in = NULL;

	/* PKCS#8, and the form before it. */
	if (bytes_find(data, len, "-----BEGIN ENCRYPTED PRIVATE KEY-----") != NULL ||
	    bytes_find(data, len, "Proc-Type: 4,ENCRYPTED") != NULL) {
		opensshkey_encrypted(name, e);
		return NULL;
	}
	if (len > OPENSSHKEY_MAX || (in = BIO_new_mem_buf(data, (int)len)) == NULL) {
		err_nomem(e);
		return NULL;
	}
	if ((key = PEM_read_bio_PrivateKey(in, NULL, pem_passphrase, NULL)) == NULL)
		err_setx(e, ERR_CONFIG,
		    "%s: want a private key (OpenSSH or PEM), got something else; " HOWTO, name);
	ERR_clear_error();
	BIO_free(in);
	return key;
}

static struct login *
login_new(const char *name, struct err *e)
{
	struct login *l = calloc(1, sizeof *l);

	if (l == NULL || (l->name = strdup(name)) == NULL) {
		free(l);
		err_nomem(e);
		return NULL;
	}
	l->blob.max = LOGIN_BLOB_MAX;
	l->password.max = SFTP_PASSWORD_MAX;
	return l;
}

/* Whether this is a line as in FILE.pub, or a public key in PEM form. */
static bool
is_public(const uint8_t *data, size_t len)
{
	static const char *const begins[] = { "ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-",
		"sk-ssh-ed25519@", "sk-ecdsa-sha2-", "---- BEGIN SSH2 PUBLIC KEY",
		"-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----" };

	for (size_t i = 0; i < N(begins); i++)
		if (len > strlen(begins[i]) && memcmp(data, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

static int
refuse_public(const char *name, struct err *e)
{
	return err_setx(e, ERR_CONFIG,
	    "%s: that is the public half of a login key, for the server's authorized_keys; want the "
	    "private half, whose file is called the same without .pub",
	    name);
}

struct login *
login_parse(const char *name, const uint8_t *data, size_t len, struct err *e)
{
	struct login *l = login_new(name, e);
	const void *text = data;

	if (l == NULL)
		return NULL;
	if (text_begin(&text, &len, e) == -1)
		err_setx(e, ERR_CONFIG, "%s: want a private key in UTF-8 text, got UTF-16", name);
	else if (is_public(text, len))
		refuse_public(name, e);
	else if (opensshkey_is(text, len))
		l->key = opensshkey_read(name, text, len, e);
	else
		l->key = parse_pem(name, text, len, e);
	if (l->key == NULL || make_blob(l, e) == -1) {
		login_free(l);
		return NULL;
	}
	return l;
}

/* A file that the configuration names and that can't be used is a fault of the configuration. */
static int
read_secret(const char *path, struct buf *out, struct err *e)
{
	if (file_read_secret(NULL, path, out, e) == 0)
		return 0;
	if (e->code != ERR_NOMEM)
		e->code = ERR_CONFIG;
	return -1;
}

struct login *
login_parse_password(const char *name, const uint8_t *data, size_t len, struct err *e)
{
	struct login *l = login_new(name, e);
	const void *text = data;
	size_t line;

	if (l == NULL)
		return NULL;
	if (text_begin(&text, &len, e) == -1) {
		err_setx(e, ERR_CONFIG, "%s: want the login password in UTF-8, got UTF-16", name);
		login_free(l);
		return NULL;
	}
	line = text_line(text, len);
	if (line > 0 && line <= SFTP_PASSWORD_MAX && memchr(text, '\0', line) == NULL) {
		if (buf_add(&l->password, text, line, e) == 0)
			return l;
	} else
		err_setx(e, ERR_CONFIG,
		    "%s: want the login password in the first line, 1 to %d bytes without a NUL",
		    name, SFTP_PASSWORD_MAX);
	login_free(l);
	return NULL;
}

struct login *
login_read_password(const char *file, struct err *e)
{
	struct buf b = BUF_INIT(OPENSSHKEY_MAX);
	struct login *l = NULL;

	if (read_secret(file, &b, e) == -1)
		err_context(e, "login password");
	else
		l = login_parse_password(file, b.data, b.len, e);
	buf_free(&b);
	return l;
}

struct login *
login_read(const char *key_file, struct err *e)
{
	struct buf key = BUF_INIT(OPENSSHKEY_MAX);
	struct login *l = NULL;
	struct err ignored;

	if (read_secret(key_file, &key, e) == -1) {
		/* Everybody may read the other half: chmod would be the wrong advice. */
		if (file_read(NULL, key_file, &key, &ignored) == 0 && is_public(key.data, key.len))
			refuse_public(key_file, e);
		err_context(e, "login key");
	} else
		l = login_parse(key_file, key.data == NULL ? (const uint8_t *)"" : key.data,
		    key.len, e);
	buf_free(&key);
	return l;
}

int
login_make(struct dir *d, const char *name, const char *comment, struct buf *line, struct err *e)
{
	struct buf file = BUF_INIT(OPENSSHKEY_MAX);
	unsigned char text[4 * LOGIN_BLOB_MAX];
	struct login l = { .name = (char *)(uintptr_t)name, .blob = BUF_INIT(LOGIN_BLOB_MAX) };
	int rc = -1;

	if (text_check(comment, strlen(comment), false, e) == -1)
		return -1;
	if ((l.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")) == NULL)
		err_setx(e, ERR_CRYPTO, "an ed25519 key can't be made");
	else if (make_blob(&l, e) == 0 && opensshkey_write(l.key, comment, &file, e) == 0) {
		EVP_EncodeBlock(text, l.blob.data, (int)l.blob.len);
		if (buf_addf(line, e, "ssh-ed25519 %s %s", (char *)text, comment) == 0)
			rc = file_create(d, name, file.data, file.len, 0600, e);
	}
	EVP_PKEY_free(l.key);
	buf_free(&l.blob);
	buf_free(&file);
	return rc;
}

void
login_free(struct login *l)
{
	if (l == NULL)
		return;
	EVP_PKEY_free(l->key);
	buf_free(&l->blob);
	buf_free(&l->password);
	free(l->name);
	free(l);
}

const struct buf *
login_blob(const struct login *l)
{
	return &l->blob;
}

const struct buf *
login_password(const struct login *l)
{
	return l->key == NULL ? &l->password : NULL;
}

const char *
login_name(const struct login *l)
{
	return l->name;
}

/* OpenSSL writes an ECDSA signature as DER; SSH wants its two numbers as mpints. */
static int
put_ecdsa(const uint8_t *der, size_t len, struct buf *out, struct err *e)
{
	const uint8_t *p = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	uint8_t raw[LOGIN_SIGNATURE_MAX];
	const BIGNUM *part[2];
	int rc = -1;

	if (sig == NULL)
		return err_setx(e, ERR_CRYPTO, "ECDSA signature can't be read");
	ECDSA_SIG_get0(sig, &part[0], &part[1]);
	for (int i = 0; i < 2; i++) {
		int n = BN_num_bytes(part[i]);

		if ((size_t)n > sizeof raw || BN_bn2binpad(part[i], raw, n) != n) {
			err_setx(e, ERR_CRYPTO, "ECDSA signature is too long");
			goto out;
		}
		if (wire_put_mpint(out, raw, (size_t)n, e) == -1)
			goto out;
	}
	rc = 0;
out:
	ECDSA_SIG_free(sig);
	return rc;
}

int
login_sign(const struct login *l, const uint8_t *data, size_t len, struct buf *out, struct err *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[LOGIN_SIGNATURE_MAX];
	size_t siglen = sizeof sig;
	int rc = -1;

	if (ctx == NULL)
		return err_nomem(e);
	if (len > LOGIN_DATA_MAX) {
		err_setx(e, ERR_TOO_LARGE, "%zu bytes to sign, want at most %u", len,
		    LOGIN_DATA_MAX);
		goto out;
	}
	if (!EVP_DigestSignInit(ctx, NULL, l->md, NULL, l->key) ||
	    !EVP_DigestSign(ctx, sig, &siglen, data, len)) {
		err_setx(e, ERR_CRYPTO, "%s: can't sign", l->name);
		goto out;
	}
	rc = l->md == NULL ? buf_add(out, sig, siglen, e) : put_ecdsa(sig, siglen, out, e);
out:
	EVP_MD_CTX_free(ctx);
	return rc;
}
