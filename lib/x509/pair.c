/* SPDX-License-Identifier: ISC */
/* A private key and its certificate. */
#include "lib/x509/pair.h"

#include <string.h>

#include <openssl/err.h>

#include "lib/base/pem.h"
#include "lib/x509/facts.h"

void
pair_free(struct pair *p)
{
	EVP_PKEY_free(p->key);
	certs_free(p->chain);
	memset(p, 0, sizeof *p);
}

/* A key that others can read is no secret any more; the program decides whether it is refused. */
static int
read_key_file(const struct source *s, bool open_key, struct buf *out, struct err *remark,
    struct err *e)
{
	if (source_read(s, true, out, e) == 0)
		return 0;
	if (!open_key || e->code != ERR_ACCESS)
		return -1;
	*remark = *e;
	return source_read(s, false, out, e);
}

static EVP_PKEY *
read_key(const struct source *s, bool open_key, struct err *remark, struct err *e)
{
	struct buf b = BUF_INIT(CERT_FILE_MAX);
	EVP_PKEY *key = NULL;

	if (read_key_file(s, open_key, &b, remark, e) == 0 &&
	    (key = pem_private_key(b.data, b.len, NULL)) == NULL)
		err_setx(e, ERR_SYNTAX, "%s: want an unencrypted private key in PEM form",
		    source_name(s));
	buf_free(&b);
	return key;
}

int
pair_use(const struct pair *p, SSL_CTX *ctx)
{
	if (SSL_CTX_use_certificate(ctx, sk_X509_value(p->chain, 0)) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, p->key) != 1)
		return -1;
	for (int i = 1; i < sk_X509_num(p->chain); i++)
		if (SSL_CTX_add1_chain_cert(ctx, sk_X509_value(p->chain, i)) != 1)
			return -1;
	return 0;
}

/* Whether OpenSSL takes the pair at our level. */
static int
try_use(const struct pair *p, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());
	int rc = -1;

	if (ctx != NULL) {
		SSL_CTX_set_security_level(ctx, CERT_SECURITY_LEVEL);
		rc = pair_use(p, ctx);
	}
	if (rc == -1)
		err_openssl(e, "OpenSSL can't use the pair");
	SSL_CTX_free(ctx);
	return rc;
}

static int
check(const struct pair *p, const struct source *key, const struct source *cert, struct err *e)
{
	X509 *leaf = sk_X509_value(p->chain, 0);
	char text[CERT_DESCRIBE_SIZE];
	int rc;

	cert_describe(leaf, text, sizeof text);
	if (X509_check_private_key(leaf, p->key) != 1) {
		ERR_clear_error();
		return err_setx(e, ERR_CONFIG, "%s is not the key of the certificate in %s (%s)",
		    source_name(key), source_name(cert), text);
	}
	if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		rc = err_setx(e, ERR_EXPIRED, "the certificate is expired (%s)", text);
	else if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0)
		rc = err_setx(e, ERR_EXPIRED, "the certificate is not valid yet (%s)", text);
	else
		rc = try_use(p, e);
	return rc == -1 ? err_context(e, "%s: %s", cert->label, source_name(cert)) : 0;
}

int
pair_read(struct pair *p, const struct source *key, const struct source *cert, bool open_key,
    struct err *e)
{
	memset(p, 0, sizeof *p);
	if (key->len == 0 || cert->len == 0)
		return err_setx(e, ERR_CONFIG, "%s and %s must both be set", key->label,
		    cert->label);
	if ((p->key = read_key(key, open_key, &p->remark, e)) == NULL)
		err_context(e, "%s", key->label);
	else if ((p->chain = certs_read(cert, e)) == NULL)
		err_context(e, "%s", cert->label);
	else if (check(p, key, cert, e) == 0)
		return 0;
	pair_free(p);
	return -1;
}
