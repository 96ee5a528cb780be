/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_GUARD_CERTS_H
#define SERVER_REVIEW_GUARD_CERTS_H

/* Mistakes in the certificates of a release.  0 or -1, as guard_look(). */
#include "server/review/guard.h"

/*
 * Certificates in app/, and in files that TLS_TrustedCerts names, that have ended, or that a list
 * of revocations in the release or a CA of the repository revokes.
 */
int guard_ended(struct guard_findings *f, const struct review *v, struct err *e);

#endif
