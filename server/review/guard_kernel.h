/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_GUARD_KERNEL_H
#define SERVER_REVIEW_GUARD_KERNEL_H

/* Kernels that stations with the release would refuse.  0 or -1, as guard_look(). */
#include "server/review/guard.h"

/*
 * Looks at the certificates that n Kernels ("HOST:PORT") serve now, and judges them as stations
 * would that trust what TLS_TrustedCerts of clients names in the release, or, where it names no
 * file of the release, all certificates in app/.  A Kernel that can't be looked at is a finding.
 */
int guard_kernels(struct guard_findings *f, const struct review *v, const char *const *servers,
    size_t n, struct err *e);

#endif
