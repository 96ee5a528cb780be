/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_JUDGE_H
#define LIB_X509_JUDGE_H

/* Faults of certificates that pair_read() doesn't refuse, but that peers refuse or should. */
#include "lib/x509/certs.h"

/*
 * Why a certificate that calls itself a CA's can't vouch for others, by the rules of
 * trust_verify(), whatever its dates; NULL: it can, or is none.  A static text.
 */
const char *judge_authority(X509 *x);

/*
 * For X509_STORE_CTX_set_verify_cb(): of what strict verification refuses, let a CA without
 * keyUsage through, as 'openssl req -x509' makes them.  RFC 5280 (6.1.4 n) looks at keyUsage where
 * there is one.
 */
int judge_lenient(int ok, X509_STORE_CTX *ctx);

/*
 * Call fault() for each weak signature in a chain, and each certificate that the next one didn't
 * issue.  warning: the fault matters only where the
 * certificate is trusted as a CA, because the certificate is its own issuer.
 */
void judge_chain(STACK_OF(X509) * chain, const char *file,
    void (*fault)(void *arg, bool warning, const struct err *e), void *arg);

#endif
