/* SPDX-License-Identifier: ISC */
/* Reading certificates, revocation lists and signing requests in PEM form. */
#include "lib/x509/certs.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/base/pem.h"

void
certs_free(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

void
crls_free(STACK_OF(X509_CRL) * crls)
{
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
}

static BIO *
open_text(const void *pem, size_t len)
{
	return BIO_new_mem_buf(len == 0 ? "" : pem, len > INT_MAX ? INT_MAX : (int)len);
}

/* Whether reading ended at the end of the text, and not at a block that is damaged. */
static bool
at_end(void)
{
	return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static int
parse(BIO *bio, STACK_OF(X509) * all, struct err *e)
{
	X509 *cert;

	ERR_clear_error();
	while ((cert = PEM_read_bio_X509(bio, NULL, pem_passphrase, NULL)) != NULL) {
		if (sk_X509_num(all) < CERTS_MAX && sk_X509_push(all, cert) > 0)
			continue;
		X509_free(cert);
		return sk_X509_num(all) < CERTS_MAX
		    ? err_nomem(e)
		    : err_setx(e, ERR_TOO_LARGE, "over %d certificates", CERTS_MAX);
	}
	if (!at_end())
		return err_setx(e, ERR_SYNTAX, "certificate number %d is malformed",
		    sk_X509_num(all) + 1);
	if (sk_X509_num(all) == 0)
		return err_setx(e, ERR_SYNTAX, "want a certificate in PEM form");
	return 0;
}

int
certs_parse(const void *pem, size_t len, STACK_OF(X509) * *all, struct err *e)
{
	BIO *bio = open_text(pem, len);
	int rc;

	*all = sk_X509_new_null();
	rc = bio == NULL || *all == NULL ? err_nomem(e) : parse(bio, *all, e);
	ERR_clear_error();
	BIO_free(bio);
	return rc;
}

STACK_OF(X509) * certs_read(const struct source *s, struct err *e)
{
	struct buf b = BUF_INIT(CERT_FILE_MAX);
	STACK_OF(X509) *all = NULL;

	if (source_read(s, false, &b, e) == 0 && certs_parse(b.data, b.len, &all, e) == -1) {
		err_context(e, "%s", source_name(s));
		certs_free(all);
		all = NULL;
	}
	buf_free(&b);
	return all;
}

X509 *
cert_parse(const void *pem, size_t len, struct err *e)
{
	BIO *bio = open_text(pem, len);
	X509 *cert = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, pem_passphrase, NULL);

	ERR_clear_error();
	BIO_free(bio);
	if (cert == NULL)
		err_setx(e, ERR_SYNTAX, "want a certificate in PEM form");
	return cert;
}

static int
parse_crls(BIO *bio, STACK_OF(X509_CRL) * all, struct err *e)
{
	X509_CRL *crl;

	ERR_clear_error();
	while ((crl = PEM_read_bio_X509_CRL(bio, NULL, pem_passphrase, NULL)) != NULL) {
		if (sk_X509_CRL_num(all) < CRLS_MAX && sk_X509_CRL_push(all, crl) > 0)
			continue;
		X509_CRL_free(crl);
		return sk_X509_CRL_num(all) < CRLS_MAX
		    ? err_nomem(e)
		    : err_setx(e, ERR_TOO_LARGE, "over %d revocation lists", CRLS_MAX);
	}
	if (sk_X509_CRL_num(all) == 0 || !at_end())
		return err_setx(e, ERR_SYNTAX, "want certificate revocation lists in PEM form");
	return 0;
}

STACK_OF(X509_CRL) * crls_read(const struct source *s, struct err *e)
{
	STACK_OF(X509_CRL) *all = sk_X509_CRL_new_null();
	struct buf b = BUF_INIT(CERT_FILE_MAX);
	BIO *bio = NULL;
	int rc = -1;

	if (all == NULL)
		err_nomem(e);
	else if (source_read(s, false, &b, e) == 0) {
		rc = (bio = open_text(b.data, b.len)) == NULL ? err_nomem(e)
							      : parse_crls(bio, all, e);
		if (rc == -1)
			err_context(e, "%s", source_name(s));
	}
	ERR_clear_error();
	BIO_free(bio);
	buf_free(&b);
	if (rc == 0)
		return all;
	crls_free(all);
	return NULL;
}

X509_REQ *
request_parse(const void *pem, size_t len, struct err *e)
{
	BIO *bio = open_text(pem, len);
	X509_REQ *rq = bio == NULL ? NULL : PEM_read_bio_X509_REQ(bio, NULL, pem_passphrase, NULL);

	ERR_clear_error();
	BIO_free(bio);
	if (rq == NULL)
		err_setx(e, ERR_SYNTAX, "want a signing request in PEM form");
	return rq;
}
