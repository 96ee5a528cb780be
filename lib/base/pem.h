/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_PEM_H
#define LIB_BASE_PEM_H

/*
 * Keys in PEM form, and the callback that every reader of PEM in Slipway is given.
 *
 * Without a callback OpenSSL asks for a passphrase on the terminal as soon as a block says that it
 * is encrypted ("Proc-Type: 4,ENCRYPTED"), even where certificates are read.
 */
#include <stddef.h>

#include <openssl/evp.h>

/* For OpenSSL: gives passphrase, a text, or refuses when that is NULL.  Never asks. */
int pem_passphrase(char *out, int size, int writing, void *passphrase);

/*
 * The first private or public key of a text, owned by the caller.  NULL when there is none, it is
 * damaged or memory runs out, or it is encrypted and passphrase, which may be NULL, doesn't fit.
 * OpenSSL's error queue is empty afterwards.
 */
EVP_PKEY *pem_private_key(const void *pem, size_t len, const char *passphrase);
EVP_PKEY *pem_public_key(const void *pem, size_t len);

#endif
