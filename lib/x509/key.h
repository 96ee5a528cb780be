/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_KEY_H
#define LIB_X509_KEY_H

/* Private keys for certificates. */
#include <openssl/evp.h>

#include "lib/os/file.h"

/* Bytes of a key or certificate as PEM. */
#define CERT_PEM_MAX (64u * 1024)

/*
 * Make a key: "p256", "p384", "ed25519", "rsa2048", "rsa3072" or "rsa4096".  NULL with ERR_USAGE or
 * ERR_CRYPTO.
 */
EVP_PKEY *cert_key_make(const char *type, struct err *e);

/* Returns the digest that key signs with; NULL: the key's algorithm has its own. */
const EVP_MD *cert_key_digest(const EVP_PKEY *key);

/*
 * Whether a handshake of ours can use the (public) key: RSA of 2048 to 16384 bits, P-256, P-384,
 * P-521, Ed25519 or Ed448, as CERT_SIGNATURES has them.  Returns 0, or -1 with ERR_CRYPTO.
 */
int cert_key_check(const EVP_PKEY *key, struct err *e);

/* Append key as PKCS#8 in PEM form, not encrypted.  Returns 0, or -1 with e. */
int cert_key_write(EVP_PKEY *key, struct buf *out, struct err *e);

/* Read a key from a file that nobody else may read.  NULL with ERR_ACCESS, ERR_SYNTAX, others. */
EVP_PKEY *cert_key_read(struct dir *d, const char *name, struct err *e);

#endif
