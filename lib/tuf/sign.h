/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_SIGN_H
#define LIB_TUF_SIGN_H

/*
 * The signing side: private keys and signatures over metadata.  No I/O: the caller reads and writes
 * files.
 *
 * Private keys are PKCS#8 PEM; encrypted ones use PBES2 with scrypt and AES-256-CBC, which the
 * openssl command reads.  Public keys are TUF key objects ({"keytype", "scheme", "keyval"}), their
 * id is the SHA-256 of the object's canonical JSON (specification 4.2).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct privkey;

enum privkey_kind {
	PRIVKEY_ED25519, /* scheme ed25519 */
	PRIVKEY_ECDSA,	 /* NIST P-256, scheme ecdsa-sha2-nistp256 */
	PRIVKEY_RSA	 /* 3072 bits, scheme rsassa-pss-sha256 */
};

/* "ed25519", "ecdsa", "rsa".  0, or -1 if name is none of them. */
int privkey_kind_parse(const char *name, enum privkey_kind *kind);

struct privkey *privkey_generate(enum privkey_kind kind, struct err *e);

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

void privkey_free(struct privkey *k);

/*
 * The TUF key object of a public key in PEM form (a new reference).  NULL with errors as of
 * privkey_read().
 */
json_t *pubkey_object(const uint8_t *pem, size_t len, struct err *e);

/*
 * Append to out a whole metadata file: {"signatures": [...], "signed": signed_part}, signed by n
 * keys. The file ends in a newline.
 */
int sign_metadata(const json_t *signed_part, struct privkey *const *keys, size_t n, struct buf *out,
    struct err *e);

/*
 * Add k's signature to a metadata object {"signatures", "signed"}, replacing an earlier one of the
 * same key.
 */
int sign_add(json_t *metadata, const struct privkey *k, struct err *e);

/* Append the text of a metadata object to out, as sign_metadata() writes it. */
int sign_write(const json_t *metadata, struct buf *out, struct err *e);

#endif
