/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_KIND_H
#define LIB_TUF_KIND_H

/* The kinds of keys, for key.c and privkey.c alone: key.h has the table for readers. */
#include <openssl/evp.h>

#include "lib/tuf/key.h"

struct kind {
	const char *name; /* for people */
	const char *type, *scheme;
	const char *other_type; /* that other signers write, or NULL */
};

extern const struct kind tuf_kinds[TUF_KINDS];

/* Returns the kind of a public or private key, or -1 for a key of another kind. */
int kind_of(const EVP_PKEY *pkey);

/* The digest that EVP_DigestSignInit() and EVP_DigestVerifyInit() want. */
const EVP_MD *kind_digest(enum tuf_kind kind);

/* Set the padding of RSA, with this length of the salt; nothing for the others. */
bool kind_padding(EVP_PKEY_CTX *ctx, enum tuf_kind kind, int salt);

#endif
