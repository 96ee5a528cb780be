/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_BUNDLE_H
#define SERVER_ROLLOVER_BUNDLE_H

/*
 * Editing a file of trusted certificates in PEM form: all text except the named certificates stays
 * byte for byte.
 */
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/digest.h"

struct bundle_cert {
	uint8_t sha256[SHA256_SIZE]; /* of the DER */
	const struct buf *pem;	     /* the caller's; for bundle_set() */
};

/* Sets have[i] to whether the text holds certs[i].  Ignores unreadable blocks. */
void
bundle_look(const uint8_t *text, size_t len, const struct bundle_cert *certs, size_t n, bool *have);

/*
 * Appends the text to out.  Of certs the result holds exactly those with want[i], in their order,
 * at the place of the first one in the text.  Returns 0, or -1 with ERR_NOENT (the text holds none
 * of certs) and others.
 */
int bundle_set(const uint8_t *text, size_t len, const struct bundle_cert *certs, size_t n,
    const bool *want, struct buf *out, struct err *e);

#endif
