/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_PAIR_H
#define SERVER_ROLLOVER_PAIR_H

/* The files of a pair that is being replaced. */
#include <openssl/x509.h>

#include "server/rollover/state.h"

struct replace_pair {
	bool cert, key; /* whether the certificate is there, and its key */
	bool keyfile;	/* whether a key is there, that of the certificate or another */
	uint8_t sha256[SHA256_SIZE];
	struct buf pem; /* the certificate alone */
	X509 *x;
};

/* Reads certs/NAME<at>.crt and .pem, as far as they are there.  0, or -1 when one can't be read. */
int
replace_pair_read(const struct replace *p, const char *at, struct replace_pair *out, struct err *e);
void replace_pair_free(struct replace_pair *pair);

/* The new pair: like the old one but for the members that are set, or a copy of another. */
struct replace_wish {
	const char *type, *with; /* of the key; the name of the pair in certs/ to copy; or NULL */
	int64_t days;		 /* that the certificate is valid */
};

/* Makes the new pair and remembers its certificate.  0 or -1. */
int replace_pair_make(struct replace *p, const struct replace_wish *wish, struct err *e);

/* Moves the pair of that certificate within certs/; completes a move that was interrupted.  0 or
 * -1. */
int replace_pair_move(const struct replace *p, int which, const char *from, const char *to,
    struct err *e);

#endif
