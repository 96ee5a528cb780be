/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_JUDGE_H
#define LIB_X509_JUDGE_H

/* Faults of certificates that pair_read() doesn't refuse, but that peers refuse or should. */
#include "lib/x509/certs.h"

/*
 * Call fault() for each weak signature in a chain, and each certificate that the next one didn't
 * issue.  warning: the fault matters only where the
 * certificate is trusted as a CA, because the certificate is its own issuer.
 */
void judge_chain(STACK_OF(X509) * chain, const char *file,
    void (*fault)(void *arg, bool warning, const struct err *e), void *arg);

#endif
