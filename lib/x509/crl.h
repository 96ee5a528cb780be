/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_CRL_H
#define LIB_X509_CRL_H

/* What revocation lists say. */
#include "lib/x509/facts.h"

/*
 * Whether issuer has the name that the list's issuer has, and its key signed the list; and whether
 * it may sign lists as well: its keyUsage, where it has one, names cRLSign (RFC 5280, 4.2.1.3).
 */
bool crl_key_of(X509_CRL *crl, X509 *issuer);
bool crl_signed_by(X509_CRL *crl, X509 *issuer);

/* Whether a list has the name of the certificate's issuer and revokes the certificate. */
bool crl_revokes(X509_CRL *crl, X509 *x);

/* Returns a list whose successor is overdue, or NULL. */
X509_CRL *crls_overdue(STACK_OF(X509_CRL) * crls);

/* "the list of "…" should have been replaced on …", in CERT_DESCRIBE_SIZE bytes. */
void crl_describe(const X509_CRL *crl, char *out, size_t size);

#endif
