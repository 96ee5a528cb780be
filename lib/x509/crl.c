/* SPDX-License-Identifier: ISC */
/* What revocation lists say. */
#include "lib/x509/crl.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

bool
crl_key_of(X509_CRL *crl, X509 *issuer)
{
	bool ok = X509_NAME_cmp(X509_get_subject_name(issuer), X509_CRL_get_issuer(crl)) == 0 &&
	    X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;

	ERR_clear_error();
	return ok;
}

bool
crl_signed_by(X509_CRL *crl, X509 *issuer)
{
	/* X509_get_key_usage() of a certificate without key usage has all bits set. */
	return (X509_get_key_usage(issuer) & X509v3_KU_CRL_SIGN) != 0 && crl_key_of(crl, issuer);
}

bool
crl_revokes(X509_CRL *crl, X509 *x)
{
	X509_REVOKED *entry;

	return X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(x)) == 0 &&
	    X509_CRL_get0_by_cert(crl, &entry, x) == 1;
}

X509_CRL *
crls_overdue(STACK_OF(X509_CRL) * crls)
{
	for (int i = 0; i < sk_X509_CRL_num(crls); i++) {
		const ASN1_TIME *next = X509_CRL_get0_nextUpdate(sk_X509_CRL_value(crls, i));

		if (next != NULL && X509_cmp_current_time(next) < 0)
			return sk_X509_CRL_value(crls, i);
	}
	return NULL;
}

void
crl_describe(const X509_CRL *crl, char *out, size_t size)
{
	char issuer[CERT_QUOTED_SIZE], next[CERT_DATE_SIZE];

	cert_quote(X509_CRL_get_issuer(crl), issuer);
	cert_date(X509_CRL_get0_nextUpdate(crl), next);
	snprintf(out, size, "the list of %s should have been replaced on %s", issuer, next);
}
