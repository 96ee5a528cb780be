/* SPDX-License-Identifier: ISC */
/*
 * A private key and its certificate.
 */
#include "lib/tls/tls_internal.h"

#include <string.h>

#include <openssl/err.h>

#include "lib/base/pem.h"

void
pair_free(struct tls_pair *p)
{
	EVP_PKEY_free(p->key);
	sk_X509_pop_free(p->chain, X509_free);
	memset(p, 0, sizeof *p);
}

/*
 * A key that others can read is no secret any more; whether that is an error is the program's
 * decision.
 */
static int
read_key_file(const struct tls_source *s, bool open_key, struct buf *out, struct err *remark,
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
read_key(const struct tls_source *s, bool open_key, struct err *remark, struct err *e)
{
	struct buf b = BUF_INIT(TLS_FILE_MAX);
	EVP_PKEY *key = NULL;

	if (read_key_file(s, open_key, &b, remark, e) == 0 &&
	    (key = pem_private_key(b.data, b.len, NULL)) == NULL)
		err_setx(e, ERR_SYNTAX, "%s: want an unencrypted private key in PEM form",
		    source_name(s));
	buf_free(&b);
	return key;
}

static int
check(const struct tls_pair *p, const struct tls_config *c, struct err *e)
{
	const struct tls_source *cert = &c->source[TLS_CERT_FILE];
	X509 *leaf = sk_X509_value(p->chain, 0);
	char text[TLS_CERT_TEXT];

	trust_describe(leaf, text, sizeof text);
	if (X509_check_private_key(leaf, p->key) != 1) {
		ERR_clear_error();
		return err_setx(e, ERR_CONFIG, "%s is not the key of the certificate in %s (%s)",
		    source_name(&c->source[TLS_KEY_FILE]), source_name(cert), text);
	}
	if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0)
		return err_setx(e, ERR_EXPIRED, "TLS_CertFile: %s: the certificate is expired (%s)",
		    source_name(cert), text);
	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0)
		return err_setx(e, ERR_EXPIRED,
		    "TLS_CertFile: %s: the certificate is not valid yet (%s)", source_name(cert),
		    text);
	if (setup_takes_pair(p, e) == -1)
		return err_context(e, "TLS_CertFile: %s", source_name(cert));
	return 0;
}

int
pair_read(const struct tls_config *c, struct tls_pair *p, struct err *e)
{
	memset(p, 0, sizeof *p);
	if (c->source[TLS_KEY_FILE].text[0] == '\0' || c->source[TLS_CERT_FILE].text[0] == '\0')
		return err_setx(e, ERR_CONFIG, "TLS_KeyFile and TLS_CertFile must both be set");
	if ((p->key = read_key(&c->source[TLS_KEY_FILE], c->open_key, &p->remark, e)) == NULL)
		err_context(e, "TLS_KeyFile");
	else if ((p->chain = trust_read_certs(&c->source[TLS_CERT_FILE], e)) == NULL)
		err_context(e, "TLS_CertFile");
	else if (check(p, c, e) == 0)
		return 0;
	pair_free(p);
	return -1;
}
