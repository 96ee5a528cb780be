/* SPDX-License-Identifier: ISC */
/* X.509 v3 certificates and requests as OpenSSL's objects. */
#include "server/cert/issue.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "lib/base/list.h"
#include "lib/x509/facts.h"
#include "lib/x509/key.h"
#include "server/cert/names.h"

/* Bytes of a random serial number (RFC 5280, 4.1.2.2: at most 20, positive). */
#define SERIAL_BYTES 16

/* Bytes of a subject and of one SAN. */
#define SUBJECT_MAX 1024
#define SAN_MAX	    300

/* Seconds before now that a certificate begins at most. */
#define EARLY_SECONDS 3600

static const char *const usages[] = { "both", "server", "client", "ca" };

int
cert_usage_parse(const char *text, enum cert_usage *out, struct err *e)
{
	for (size_t i = 0; i < CERT_USAGE_CA; i++)
		if (strcmp(text, usages[i]) == 0) {
			*out = (enum cert_usage)i;
			return 0;
		}
	return err_setx(e, ERR_USAGE, "--usage: want server, client or both, got '%s'", text);
}

const char *
cert_usage_text(enum cert_usage usage)
{
	return usages[usage];
}

/* Copies one value up to the next unescaped '/', and returns the address of that '/'. */
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
fill_subject(X509_NAME *name, const char *subject, struct err *e)
{
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
	return 0;
}

X509_NAME *
cert_subject(const char *text, struct err *e)
{
	X509_NAME *name = X509_NAME_new();

	if (name == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (fill_subject(name, text, e) == 0)
		return name;
	X509_NAME_free(name);
	return NULL;
}

static GENERAL_NAME *
san_name(const char *text, struct err *e)
{
	GENERAL_NAME *g = NULL;

	if (strncmp(text, "dns:", 4) == 0 && valid_dns(text + 4, strlen(text + 4)))
		g = a2i_GENERAL_NAME(NULL, NULL, NULL, GEN_DNS, text + 4, 0);
	else if (strlen(text) <= SAN_MAX && strncmp(text, "ip:", 3) == 0)
		g = a2i_GENERAL_NAME(NULL, NULL, NULL, GEN_IPADD, text + 3, 0);
	if (g == NULL) {
		ERR_clear_error();
		err_setx(e, ERR_USAGE, "--san: want dns:NAME or ip:ADDRESS, got '%s'", text);
	}
	return g;
}

int
cert_sans(const char *const *sans, size_t n, GENERAL_NAMES **out, struct err *e)
{
	GENERAL_NAMES *names = NULL;

	*out = NULL;
	if (n == 0)
		return 0;
	if ((names = sk_GENERAL_NAME_new_null()) == NULL)
		return err_nomem(e);
	for (size_t i = 0; i < n; i++) {
		GENERAL_NAME *g = san_name(sans[i], e);

		if (g != NULL && sk_GENERAL_NAME_push(names, g) != 0)
			continue;
		if (g != NULL)
			err_nomem(e);
		GENERAL_NAME_free(g);
		sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
		return -1;
	}
	*out = names;
	return 0;
}

static int
add_extensions(X509 *x, const struct cert_order *o, X509 *issuer, struct err *e)
{
	static const char *const extended[] = { "serverAuth,clientAuth", "serverAuth",
		"clientAuth" };
	bool ca = o->usage == CERT_USAGE_CA;
	const struct {
		int nid;
		const char *value;
	} extensions[] = {
		{ NID_basic_constraints, ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE" },
		{ NID_key_usage,
		    ca				       ? "critical,keyCertSign,cRLSign"
			: EVP_PKEY_is_a(o->key, "RSA") ? "critical,digitalSignature,keyEncipherment"
						       : "critical,digitalSignature" },
		{ NID_ext_key_usage, ca ? NULL : extended[o->usage] },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, issuer == NULL ? NULL : "keyid:always" },
	};
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer == NULL ? x : issuer, x, NULL, NULL, 0);
	for (size_t i = 0; i < N(extensions); i++) {
		X509_EXTENSION *ext;
		int ok;

		if (extensions[i].value == NULL)
			continue;
		ext = X509V3_EXT_conf_nid(NULL, &ctx, extensions[i].nid, extensions[i].value);
		ok = ext != NULL && X509_add_ext(x, ext, -1) == 1;
		X509_EXTENSION_free(ext);
		if (!ok)
			return err_openssl(e, "extension");
	}
	if (o->names != NULL &&
	    X509_add1_ext_i2d(x, NID_subject_alt_name, (void *)(uintptr_t)o->names, 0,
		X509V3_ADD_APPEND) != 1)
		return err_openssl(e, "subjectAltName");
	return 0;
}

static int
set_serial(X509 *x, struct err *e)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *n = NULL;
	int rc = -1;

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return err_openssl(e, "random serial number");
	bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, always of this length */
	if ((n = BN_bin2bn(bytes, sizeof bytes, NULL)) != NULL &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL)
		rc = 0;
	BN_free(n);
	return rc == 0 ? 0 : err_openssl(e, "serial number");
}

int64_t
cert_begin(int64_t now, int64_t to, const X509 *issuer)
{
	int64_t early = (to - now) / 100, begin, first;
	struct err ignored; /* of an issuer without a date nothing is known */

	begin = now - (early < EARLY_SECONDS ? early : EARLY_SECONDS);
	if (issuer != NULL && cert_seconds(X509_get0_notBefore(issuer), &first, &ignored) == 0 &&
	    begin < first)
		return first < now ? first : now;
	return begin;
}

X509 *
cert_issue(const struct cert_order *o, X509 *issuer, EVP_PKEY *key, struct err *e)
{
	X509 *x = X509_new();

	if (x == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (set_serial(x, e) == -1)
		goto fail;
	if (X509_set_version(x, X509_VERSION_3) != 1 || X509_set_subject_name(x, o->subject) != 1 ||
	    X509_set_issuer_name(x, issuer == NULL ? o->subject : X509_get_subject_name(issuer)) !=
		1 ||
	    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)cert_begin(o->from, o->to, issuer)) ==
		NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)o->to) == NULL ||
	    X509_set_pubkey(x, o->key) != 1) {
		err_openssl(e, "certificate");
		goto fail;
	}
	if (add_extensions(x, o, issuer, e) == -1)
		goto fail;
	if (X509_sign(x, key, cert_key_digest(key)) <= 0) {
		err_openssl(e, "sign the certificate");
		goto fail;
	}
	return x;
fail:
	X509_free(x);
	return NULL;
}

static int
request_names(X509_REQ *rq, GENERAL_NAMES *names, struct err *e)
{
	STACK_OF(X509_EXTENSION) *all = NULL;
	int ok;

	if (names == NULL)
		return 0;
	ok = X509V3_add1_i2d(&all, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND) == 1 &&
	    X509_REQ_add_extensions(rq, all) == 1;
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
	return ok ? 0 : err_openssl(e, "subjectAltName");
}

X509_REQ *
cert_request(EVP_PKEY *key, const X509_NAME *subject, GENERAL_NAMES *names, struct err *e)
{
	X509_REQ *rq = X509_REQ_new();

	if (rq == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (X509_REQ_set_version(rq, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_subject_name(rq, subject) != 1 || X509_REQ_set_pubkey(rq, key) != 1)
		err_openssl(e, "request");
	else if (request_names(rq, names, e) == 0) {
		if (X509_REQ_sign(rq, key, cert_key_digest(key)) > 0)
			return rq;
		err_openssl(e, "sign the request");
	}
	X509_REQ_free(rq);
	return NULL;
}

/*
 * Appends the text of bio to out if ok is 1 (writing succeeded), and frees bio.  Returns 0 or -1.
 */
static int
take_pem(BIO *bio, int ok, struct buf *out, struct err *e)
{
	char *data;
	long len;
	int rc = -1;

	if (ok != 1 || (len = BIO_get_mem_data(bio, &data)) <= 0)
		err_openssl(e, "write PEM");
	else
		rc = buf_add(out, data, (size_t)len, e);
	BIO_free(bio);
	return rc;
}

int
cert_write(X509 *x, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return bio == NULL ? err_nomem(e) : take_pem(bio, PEM_write_bio_X509(bio, x), out, e);
}

int
cert_write_request(X509_REQ *rq, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());

	return bio == NULL ? err_nomem(e) : take_pem(bio, PEM_write_bio_X509_REQ(bio, rq), out, e);
}

int
cert_serial(const ASN1_INTEGER *serial, char out[CERT_SERIAL_SIZE], struct err *e)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(serial, NULL);
	char *hex = n == NULL || BN_is_negative(n) ? NULL : BN_bn2hex(n);
	int rc = -1;

	if (hex == NULL || strlen(hex) >= CERT_SERIAL_SIZE) {
		ERR_clear_error();
		err_setx(e, ERR_SYNTAX, "want a serial number of at most 20 bytes, not below 0");
	} else {
		for (size_t i = 0; i <= strlen(hex); i++)
			out[i] =
			    (char)(hex[i] >= 'A' && hex[i] <= 'F' ? hex[i] - 'A' + 'a' : hex[i]);
		rc = 0;
	}
	OPENSSL_free(hex);
	BN_free(n);
	return rc;
}
