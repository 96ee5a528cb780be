/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_CERTS_H
#define LIB_X509_CERTS_H

/*
 * Reading certificates, revocation lists and signing requests in PEM form.  An encrypted block is
 * refused; no passphrase is asked for.
 *
 * OpenSSL's error queue is empty after each call.
 */
#include <openssl/x509.h>

#include "lib/x509/source.h"

#define CERT_FILE_MAX (1024u * 1024) /* bytes of a file of keys, certificates or lists */
#define CRL_FILE_MAX \
	(8u * 1024 * 1024) /* bytes of a file of lists: one of a CA with 100,000 entries */
#define CERTS_MAX 128	   /* certificates in a file */
#define CRLS_MAX  64	   /* revocation lists in a file */

/* What sk_X509_pop_free() and its sister for lists do. */
void certs_free(STACK_OF(X509) * certs);
void crls_free(STACK_OF(X509_CRL) * crls);

/* Another owner of the same lists.  NULL when memory runs out. */
STACK_OF(X509_CRL) * crls_share(STACK_OF(X509_CRL) * crls);

/*
 * Read all certificates of a text ("CERTIFICATE" or "X509 CERTIFICATE") in order; private keys and
 * parameters of keys may stand among them, and lines of words.  Returns 0, or -1 with ERR_SYNTAX
 * when there is none, one is malformed or anything else is in the text (see blocks_check()),
 * ERR_TOO_LARGE or ERR_NOMEM.  *all then has the certificates before the fault.  The caller frees
 * *all, which may be NULL.
 */
int certs_parse(const void *pem, size_t len, STACK_OF(X509) * *all, struct err *e);

/* Read all certificates of a source.  NULL with e, which names the source. */
STACK_OF(X509) * certs_read(const struct source *s, struct err *e);

/* The first certificate of a text; the rest isn't looked at.  NULL with ERR_SYNTAX. */
X509 *cert_parse(const void *pem, size_t len, struct err *e);

/*
 * Read all revocation lists of a source.  NULL with ERR_SYNTAX when there is none, one is malformed
 * or anything but lists and lines of words is in it; ERR_SIGNATURE when one is signed with MD5 or
 * SHA-1; ERR_TOO_LARGE and others.
 */
STACK_OF(X509_CRL) * crls_read(const struct source *s, struct err *e);

/* For SSL_CTX_set_cert_verify_callback(): accepts every certificate, which the caller judges. */
int cert_take_any(X509_STORE_CTX *ctx, void *arg);

/* The first signing request (PKCS #10) of a text.  NULL with ERR_SYNTAX. */
X509_REQ *request_parse(const void *pem, size_t len, struct err *e);

#endif
