/* SPDX-License-Identifier: ISC */
#ifndef SERVER_ROLLOVER_PAIR_H
#define SERVER_ROLLOVER_PAIR_H

/* The files of a pair that is being replaced. */
#include <openssl/x509.h>

#include "server/rollover/state.h"

struct replace_pair {
	bool cert, key; /* the certificate exists; its key exists */
	bool keyfile;	/* a key exists: that of the certificate or another */
	uint8_t sha256[SHA256_SIZE];
	struct buf pem; /* the certificate alone */
	X509 *x;
};

/* Reads certs/NAME<at>.crt and .pem, if they exist.  Returns 0, or -1 when one can't be read. */
int
replace_pair_read(const struct replace *p, const char *at, struct replace_pair *out, struct err *e);
void replace_pair_free(struct replace_pair *pair);

/* The new pair: like the old one except for the members that are set, or a copy of another pair. */
struct replace_wish {
	const char *type, *with; /* of the key; the name of the pair in certs/ to copy; or NULL */
	int64_t days;		 /* that the certificate is valid */
};

/*
 * Makes the new pair in memory and notes its certificate in p, which the caller saves before it
 * writes the pair.  key and crt are empty buffers, with limits for a key and for a file of
 * certificates.  0 or -1.
 */
int replace_pair_make(struct replace *p, const struct replace_wish *wish, struct buf *key,
    struct buf *crt, struct err *e);
int replace_pair_write(const struct replace *p, const struct buf *key, const struct buf *crt,
    struct err *e);

/* Renames the pair of that certificate within certs/; completes an interrupted call.  0 or -1. */
int replace_pair_move(const struct replace *p, int which, const char *from, const char *to,
    struct err *e);

#endif
