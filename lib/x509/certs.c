/* SPDX-License-Identifier: ISC */
/* Reading certificates, revocation lists and signing requests in PEM form. */
#include "lib/x509/certs.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/base/pem.h"
#include "lib/base/text.h"
#include "lib/x509/blocks.h"
#include "lib/x509/instead.h"
#include "lib/x509/signature.h"

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

static X509_CRL *
share_crl(const X509_CRL *crl)
{
	X509_CRL *same = (X509_CRL *)(uintptr_t)crl;

	return X509_CRL_up_ref(same) == 1 ? same : NULL;
}

STACK_OF(X509_CRL) * crls_share(STACK_OF(X509_CRL) * crls)
{
	return sk_X509_CRL_deep_copy(crls, share_crl, X509_CRL_free);
}

static const struct block_kinds cert_kinds = { "certificate", { "CERTIFICATE", "X509 CERTIFICATE" },
	{ "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY",
	    "EC PARAMETERS", "DH PARAMETERS", "PUBLIC KEY" } };
static const struct block_kinds crl_kinds = { "revocation list", { "X509 CRL" }, { NULL } };

/* UTF-16 holds no block, so that each reader refuses it. */
static BIO *
open_text(const void *pem, size_t len)
{
	struct err ignored;

	(void)text_begin(&pem, &len, &ignored);
	return BIO_new_mem_buf(len == 0 ? "" : pem, len > INT_MAX ? INT_MAX : (int)len);
}

/* Whether reading ended at the end of the text, and not at a block that is damaged. */
static bool
at_end(void)
{
	return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static int
parse_pem_certs(BIO *bio, STACK_OF(X509) * all, struct err *e)
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
	return 0;
}

int
certs_parse(const void *pem, size_t len, STACK_OF(X509) * *all, struct err *e)
{
	BIO *bio = open_text(pem, len);
	int rc;

	*all = sk_X509_new_null();
	rc = bio == NULL || *all == NULL ? err_nomem(e) : parse_pem_certs(bio, *all, e);
	if (rc == 0 && sk_X509_num(*all) == 0)
		rc = err_setx(e, ERR_SYNTAX, "want a certificate in PEM form%s",
		    instead_of_cert(pem, len));
	if (rc == 0 && text_begin(&pem, &len, e) == 0)
		rc = blocks_check(pem, len, &cert_kinds, (size_t)sk_X509_num(*all), e);
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
		err_setx(e, ERR_SYNTAX, "want a certificate in PEM form%s",
		    instead_of_cert(pem, len));
	return cert;
}

static int
parse_crls(BIO *bio, const struct buf *file, STACK_OF(X509_CRL) * all, struct err *e)
{
	const X509_ALGOR *algorithm;
	X509_CRL *crl;

	ERR_clear_error();
	while ((crl = PEM_read_bio_X509_CRL(bio, NULL, pem_passphrase, NULL)) != NULL) {
		X509_CRL_get0_signature(crl, NULL, &algorithm);
		if (!signature_strong(algorithm)) {
			err_setx(e, ERR_SIGNATURE,
			    "revocation list number %d is signed with %s, which is too weak: want SHA-256 or stronger",
			    sk_X509_CRL_num(all) + 1, OBJ_nid2ln(X509_CRL_get_signature_nid(crl)));
			X509_CRL_free(crl);
			return -1;
		}
		if (sk_X509_CRL_num(all) < CRLS_MAX && sk_X509_CRL_push(all, crl) > 0)
			continue;
		X509_CRL_free(crl);
		return sk_X509_CRL_num(all) < CRLS_MAX
		    ? err_nomem(e)
		    : err_setx(e, ERR_TOO_LARGE, "over %d revocation lists", CRLS_MAX);
	}
	if (sk_X509_CRL_num(all) == 0 || !at_end())
		return err_setx(e, ERR_SYNTAX, "want certificate revocation lists in PEM form%s",
		    sk_X509_CRL_num(all) > 0 ? "" : instead_of_crl(file->data, file->len));
	return 0;
}

STACK_OF(X509_CRL) * crls_read(const struct source *s, struct err *e)
{
	STACK_OF(X509_CRL) *all = sk_X509_CRL_new_null();
	struct buf b = BUF_INIT(CRL_FILE_MAX);
	const void *text;
	BIO *bio = NULL;
	size_t len;
	int rc = -1;

	if (all == NULL)
		err_nomem(e);
	else if (source_read(s, false, &b, e) == 0) {
		rc = (bio = open_text(b.data, b.len)) == NULL ? err_nomem(e)
							      : parse_crls(bio, &b, all, e);
		text = b.data;
		len = b.len;
		if (rc == 0 && (rc = text_begin(&text, &len, e)) == 0)
			rc = blocks_check(text, len, &crl_kinds, (size_t)sk_X509_CRL_num(all), e);
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

int
cert_take_any(X509_STORE_CTX *ctx, void *arg)
{
	(void)ctx;
	(void)arg;
	return 1;
}

X509_REQ *
request_parse(const void *pem, size_t len, struct err *e)
{
	BIO *bio = open_text(pem, len);
	X509_REQ *rq = bio == NULL ? NULL : PEM_read_bio_X509_REQ(bio, NULL, pem_passphrase, NULL);

	ERR_clear_error();
	BIO_free(bio);
	if (rq == NULL)
		err_setx(e, ERR_SYNTAX, "want a signing request in PEM form%s",
		    instead_of_request(pem, len));
	return rq;
}
