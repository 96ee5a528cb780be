/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_PRIVKEY_H
#define LIB_TUF_PRIVKEY_H

/*
 * Private keys.  No I/O: the caller reads and writes files.
 *
 * Private keys are PKCS#8 PEM; encrypted ones use PBES2 with scrypt and AES-256-CBC, which the
 * openssl command reads.  Public keys are TUF key objects ({"keytype", "scheme", "keyval"}); the id
 * of a key is the SHA-256 of its object's canonical JSON (specification 4.2).
 */

#include "lib/base/buf.h"
#include "lib/tuf/key.h"

struct privkey;

/* "ed25519", "ecdsa", "rsa".  0, or -1 if name is none of them. */
int privkey_kind_parse(const char *name, enum tuf_kind *kind);

/* A new key; RSA has 3072 bits.  NULL with ERR_CRYPTO or ERR_NOMEM. */
struct privkey *privkey_generate(enum tuf_kind kind, struct err *e);

/* Whether PEM text is an encrypted private key, so that a passphrase must be asked for. */
bool privkey_is_encrypted(const uint8_t *pem, size_t len);

/*
 * Read a key; passphrase may be NULL when it isn't encrypted.  NULL with ERR_AUTH (wrong or missing
 * passphrase), ERR_SYNTAX (no private key in the text), ERR_CRYPTO (a kind that can't sign here) or
 * ERR_NOMEM.
 */
struct privkey *privkey_read(const uint8_t *pem, size_t len, const char *passphrase, struct err *e);

/* Append the key as PEM to out, encrypted when passphrase isn't NULL.  0 or -1. */
int privkey_write(const struct privkey *k, const char *passphrase, struct buf *out, struct err *e);

/* The TUF key object (a new reference), and the key id (64 hex digits, owned by k). */
json_t *privkey_public(const struct privkey *k, struct err *e);
const char *privkey_id(const struct privkey *k);

/* Sign len bytes; *hex, to be freed, is the signature.  0, or -1 with ERR_CRYPTO or ERR_NOMEM. */
int
privkey_sign(const struct privkey *k, const uint8_t *data, size_t len, char **hex, struct err *e);

void privkey_free(struct privkey *k);

/*
 * The TUF key object of a public key in PEM form (a new reference).  NULL with errors as of
 * privkey_read().
 */
json_t *pubkey_object(const uint8_t *pem, size_t len, struct err *e);

#endif
