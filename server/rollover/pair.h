/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_PAIR_H
#define SERVER_ROLLOVER_PAIR_H

/*
 * The files of a pair that is being replaced.
 */
#include <openssl/x509.h>

#include "server/rollover/state.h"

struct replace_pair {
	bool cert, key; /* the certificate is there; the key is, and is its */
	bool keyfile;	/* some key is there */
	uint8_t sha256[SHA256_SIZE];
	struct buf pem; /* the certificate alone */
	X509 *x;
};

/* Read certs/NAME<at>.crt and .pem, as far as they are there.  0, or -1 when one can't be read. */
int replace_pair_read(struct replace *p, const char *at, struct replace_pair *out, struct err *e);
void replace_pair_free(struct replace_pair *pair);

#endif
