/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_KEY_H
#define LIB_TUF_KEY_H

/*
 * Public keys of a TUF repository (specification 4.2) and checking one signature with one key.
 *
 *   keytype                      scheme               public                signature
 *   ed25519                      ed25519              64 hex digits         64 bytes
 *   ecdsa, ecdsa-sha2-nistp256   ecdsa-sha2-nistp256  PEM, NIST P-256       DER
 *   rsa                          rsassa-pss-sha256    PEM, 2048 bits and up PSS, MGF1 SHA-256, any
 * salt length
 *
 * A key of another type or scheme, one that doesn't parse, and one whose id isn't the SHA-256 of
 * its canonical form (with or without the fields that the specification doesn't define) are kept as
 * keys that can't count, because public repositories contain such keys.
 */
#include <stdbool.h>

#include <jansson.h>

#include "lib/base/digest.h"

enum tuf_kind { TUF_ED25519, TUF_ECDSA, TUF_RSA, TUF_KINDS };

/* Bits of an RSA modulus. */
#define TUF_RSA_BITS_MIN 2048
#define TUF_RSA_BITS_MAX 8192

/* Most keys in one metadata file. */
#define TUF_KEYS_MAX 256

struct tuf_key;

struct tuf_keyring {
	struct tuf_key **keys; /* owned */
	size_t n;
};

/* The id of a key object: SHA-256 of its canonical form, in hexadecimal.  0 or -1. */
int tuf_key_id(const json_t *object, char out[SHA256_HEX_SIZE], struct err *e);

/*
 * Read {"KEYID": {"keytype", "scheme", "keyval"}, …}.  0, or -1 with ERR_SYNTAX (not such an
 * object), ERR_TOO_LARGE or ERR_NOMEM, and *ring unchanged.
 */
int tuf_keyring_parse(const json_t *keys, struct tuf_keyring *ring, struct err *e);
void tuf_keyring_free(struct tuf_keyring *ring);

/* The key with this id, or NULL. */
const struct tuf_key *tuf_keyring_find(const struct tuf_keyring *ring, const char *id);

/* Whether signatures by this key can count toward a threshold; if not, why (a static text). */
bool tuf_key_counts(const struct tuf_key *k, const char **why);

/* Whether two keys are the same public key, whatever their ids. */
bool tuf_key_same(const struct tuf_key *a, const struct tuf_key *b);

/* Whether sig is k's signature over data.  False for a key that can't count. */
bool tuf_key_verify(const struct tuf_key *k, const uint8_t *sig, size_t siglen, const uint8_t *data,
    size_t len);

#endif
