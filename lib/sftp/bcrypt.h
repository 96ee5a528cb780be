/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_BCRYPT_H
#define LIB_SFTP_BCRYPT_H

/*
 * bcrypt_pbkdf, the function that turns a passphrase into the key of an encrypted OpenSSH key file:
 * PBKDF2 with bcrypt over SHA-512 in the place of HMAC, its output bytes shuffled.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* Bytes of a salt, and of a derived key. */
#define BCRYPT_SALT_MAX 64
#define BCRYPT_KEY_MAX	128

/*
 * Derive outlen bytes.  rounds is at least 1, salt and passphrase are not empty.
 * 0, or -1 with ERR_USAGE, ERR_CRYPTO or ERR_NOMEM.
 */
int bcrypt_pbkdf(const char *passphrase, const uint8_t *salt, size_t saltlen, uint32_t rounds,
    uint8_t *out, size_t outlen, struct err *e);

#endif
