/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_BUNDLE_H
#define SERVER_ROLLOVER_BUNDLE_H

/*
 * A file of trusted certificates in PEM form, edited: what isn't about the named certificates stays
 * byte for byte.
 */
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/digest.h"

struct bundle_cert {
	uint8_t sha256[SHA256_SIZE]; /* of the DER */
	const struct buf *pem;	     /* the caller's; for bundle_set() */
};

/* have[i] says whether the text holds certs[i].  What can't be read is no certificate. */
void
bundle_look(const uint8_t *text, size_t len, const struct bundle_cert *certs, size_t n, bool *have);

/*
 * Append the text to out with exactly those of certs whose want[i] is set, in their order, where
 * the first of them stood. The text holds one at least (ERR_NOENT).  0 or -1.
 */
int bundle_set(const uint8_t *text, size_t len, const struct bundle_cert *certs, size_t n,
    const bool *want, struct buf *out, struct err *e);

#endif
