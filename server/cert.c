/*
 * Private keys and self-signed X.509 v3 certificates.
 */
#include "cert.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/clock.h"

#define DAY_SECONDS	86400

/* Bytes of a random serial number (RFC 5280, 4.1.2.2: at most 20, positive). */
#define SERIAL_BYTES	16

/* Bytes of a subject and of one SAN. */
#define SUBJECT_MAX	1024
#define SAN_MAX		300

static int
crypto_error(struct err *e, const char *what)
{
	char text[256] = "unknown error";
	unsigned long code = ERR_peek_last_error();

	if (code != 0)
		ERR_error_string_n(code, text, sizeof text);
	ERR_clear_error();
	return err_setx(e, ERR_CRYPTO, "%s: %s", what, text);
}

static EVP_PKEY *
make_key(const char *type, struct err *e)
{
	EVP_PKEY *key;

	if (strcmp(type, "p256") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	else if (strcmp(type, "p384") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	else if (strcmp(type, "ed25519") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else if (strcmp(type, "rsa2048") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	else if (strcmp(type, "rsa3072") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072);
	else if (strcmp(type, "rsa4096") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)4096);
	else {
		err_setx(e, ERR_USAGE,
		    "--type: want p256, p384, ed25519, rsa2048, rsa3072 or rsa4096, got '%s'", type);
		return NULL;
	}
	if (key == NULL)
		crypto_error(e, "make a key");
	return key;
}

/* Copy one value up to the next unescaped '/', and give where that is. */
static const char *
subject_value(const char *p, char *out)
{
	while (*p != '\0' && *p != '/') {
		if (*p == '\\' && p[1] != '\0')
			p++;
		*out++ = *p++;
	}
	*out = '\0';
	return p;
}

static int
set_subject(X509 *x, const char *subject, struct err *e)
{
	X509_NAME *name = X509_get_subject_name(x);
	char type[SUBJECT_MAX + 1], value[SUBJECT_MAX + 1];
	const char *p = subject;

	if (strlen(subject) > SUBJECT_MAX || *p != '/')
		return err_setx(e, ERR_USAGE, "--subject: want /CN=NAME, got '%s'", subject);
	while (*p == '/') {
		size_t len = strcspn(++p, "=/");

		if (p[len] != '=' || len == 0)
			return err_setx(e, ERR_USAGE, "--subject: want /TYPE=VALUE, got '%s'", p);
		memcpy(type, p, len);
		type[len] = '\0';
		p = subject_value(p + len + 1, value);
		if (X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8,
			(const unsigned char *)value, -1, -1, 0) != 1) {
			ERR_clear_error();
			return err_setx(e, ERR_USAGE, "--subject: can't take %s=%s", type, value);
		}
	}
	return X509_set_issuer_name(x, name) == 1 ? 0 : crypto_error(e, "issuer");
}

static GENERAL_NAME *
san_name(const char *text, struct err *e)
{
	GENERAL_NAME *g = NULL;

	if (strlen(text) <= SAN_MAX && strncmp(text, "dns:", 4) == 0 && text[4] != '\0' &&
	    text[4 + strspn(text + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789.-_*")] == '\0')
		g = a2i_GENERAL_NAME(NULL, NULL, NULL, GEN_DNS, text + 4, 0);
	else if (strlen(text) <= SAN_MAX && strncmp(text, "ip:", 3) == 0)
		g = a2i_GENERAL_NAME(NULL, NULL, NULL, GEN_IPADD, text + 3, 0);
	if (g == NULL) {
		ERR_clear_error();
		err_setx(e, ERR_USAGE, "--san: want dns:NAME or ip:ADDRESS, got '%s'", text);
	}
	return g;
}

static int
add_sans(X509 *x, const struct cert_request *rq, struct err *e)
{
	GENERAL_NAMES *names;
	int rc = -1;

	if (rq->n == 0)
		return 0;
	if ((names = sk_GENERAL_NAME_new_null()) == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < rq->n; i++) {
		GENERAL_NAME *g = san_name(rq->sans[i], e);

		if (g == NULL)
			goto out;
		if (sk_GENERAL_NAME_push(names, g) == 0) {
			GENERAL_NAME_free(g);
			err_nomem(e);
			goto out;
		}
	}
	if (X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND) != 1)
		crypto_error(e, "subjectAltName");
	else
		rc = 0;
out:
	sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
	return rc;
}

/* It vouches for nobody else, so that a stolen key can't issue certificates (RFC 5280, 4.2.1.9). */
static int
add_extensions(X509 *x, const struct cert_request *rq, struct err *e)
{
	const struct {
		int nid;
		const char *value;
	} extensions[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, strncmp(rq->type, "rsa", 3) == 0 ?
			"critical,digitalSignature,keyEncipherment" : "critical,digitalSignature" },
		{ NID_ext_key_usage, "serverAuth,clientAuth" },
		{ NID_subject_key_identifier, "hash" },
	};
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
		X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, extensions[i].nid,
		    extensions[i].value);
		int ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;

		X509_EXTENSION_free(ext);
		if (!ok)
			return crypto_error(e, "extension");
	}
	return add_sans(x, rq, e);
}

static int
set_serial(X509 *x, struct err *e)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *n = NULL;
	int rc = -1;

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return crypto_error(e, "random serial number");
	bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);	/* positive, always of this length */
	if ((n = BN_bin2bn(bytes, sizeof bytes, NULL)) != NULL &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL)
		rc = 0;
	BN_free(n);
	return rc == 0 ? 0 : crypto_error(e, "serial number");
}

static X509 *
make_certificate(EVP_PKEY *key, const struct cert_request *rq, struct cert_info *info,
    struct err *e)
{
	bool ed = strcmp(rq->type, "ed25519") == 0;	/* it has its digest built in */
	const EVP_MD *md = ed ? NULL : strcmp(rq->type, "p384") == 0 ? EVP_sha384() : EVP_sha256();
	X509 *x = X509_new();

	if (x == NULL) {
		err_nomem(e);
		return NULL;
	}
	info->from = clock_wall();
	info->to = info->from + rq->days * DAY_SECONDS;
	if (set_serial(x, e) == -1 || set_subject(x, rq->subject, e) == -1)
		goto fail;
	if (X509_set_version(x, X509_VERSION_3) != 1 ||
	    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)info->from) == NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)info->to) == NULL ||
	    X509_set_pubkey(x, key) != 1) {
		crypto_error(e, "certificate");
		goto fail;
	}
	if (add_extensions(x, rq, e) == -1)
		goto fail;
	if (X509_sign(x, key, md) <= 0) {
		crypto_error(e, "sign the certificate");
		goto fail;
	}
	return x;
fail:
	X509_free(x);
	return NULL;
}

static int
write_pem(EVP_PKEY *key, X509 *x, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *data;
	long len;
	int rc = -1;

	if (bio == NULL)
		return err_nomem(e);
	if ((key != NULL ? PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) :
			   PEM_write_bio_X509(bio, x)) != 1)
		crypto_error(e, "write PEM");
	else if ((len = BIO_get_mem_data(bio, &data)) <= 0)
		err_setx(e, ERR_CRYPTO, "write PEM: nothing came out");
	else
		rc = buf_add(out, data, (size_t)len, e);
	BIO_free(bio);
	return rc;
}

int
cert_make(const struct cert_request *rq, struct buf *key, struct buf *crt, struct cert_info *info,
    struct err *e)
{
	EVP_PKEY *k = NULL;
	X509 *x = NULL;
	unsigned len = 0;
	int rc = -1;

	if ((k = make_key(rq->type, e)) == NULL || (x = make_certificate(k, rq, info, e)) == NULL)
		goto out;
	if (X509_digest(x, EVP_sha256(), info->sha256, &len) != 1 || len != SHA256_SIZE) {
		crypto_error(e, "fingerprint");
		goto out;
	}
	if (write_pem(k, NULL, key, e) == -1 || write_pem(NULL, x, crt, e) == -1)
		goto out;
	rc = 0;
out:
	X509_free(x);
	EVP_PKEY_free(k);
	return rc;
}
