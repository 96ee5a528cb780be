/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_OPENSSHKEY_H
#define LIB_SFTP_OPENSSHKEY_H

/*
 * Private keys in the format that ssh-keygen writes: "openssh-key-v1", a base64 text between two
 * marker lines.  OpenSSL doesn't read it.  Encrypted ones are AES in CTR or CBC mode under a key
 * that bcrypt_pbkdf (bcrypt.h) makes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "lib/base/err.h"

/*
 * Most rounds of bcrypt_pbkdf that a file may ask for; ssh-keygen writes 16 to 24, and each costs a
 * millisecond or two.
 */
#ifndef OPENSSHKEY_ROUNDS_MAX /* fuzzers are built with less */
#define OPENSSHKEY_ROUNDS_MAX 1024
#endif

/* Whether data begins like such a file. */
bool opensshkey_is(const uint8_t *data, size_t len);

/*
 * Read one key; name is for messages.  The caller calls EVP_PKEY_free().  NULL with ERR_CONFIG
 * (malformed, a kind that is not ed25519 or ECDSA, a passphrase that is missing or doesn't fit),
 * ERR_CRYPTO or ERR_NOMEM.
 */
EVP_PKEY *opensshkey_read(const char *name, const uint8_t *data, size_t len, const char *passphrase,
    struct err *e);

#endif
