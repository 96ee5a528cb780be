/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_OPENSSHKEY_H
#define LIB_SFTP_OPENSSHKEY_H

/*
 * Private keys in the format that ssh-keygen writes: "openssh-key-v1", a base64 text between two
 * marker lines.  OpenSSL doesn't read it.  Encrypted keys are refused.
 */
#include <stdbool.h>

#include <openssl/evp.h>

#include "lib/base/buf.h"

/* Bytes of a file with a private key. */
#define OPENSSHKEY_MAX (64u * 1024)

/* Returns whether data begins like such a file. */
bool opensshkey_is(const uint8_t *data, size_t len);

/*
 * Reads one key; name is for messages.  The caller calls EVP_PKEY_free().  NULL with ERR_CONFIG
 * (malformed, encrypted, neither ed25519 nor ECDSA), ERR_CRYPTO or ERR_NOMEM.
 */
EVP_PKEY *opensshkey_read(const char *name, const uint8_t *data, size_t len, struct err *e);

/* Reports ERR_CONFIG: the key is encrypted, and how to decrypt a copy.  Returns -1. */
int opensshkey_encrypted(const char *name, struct err *e);

/* Appends the file of an ed25519 key.  0, or -1 with ERR_CRYPTO, ERR_TOO_LARGE or ERR_NOMEM. */
int opensshkey_write(const EVP_PKEY *ed25519, const char *comment, struct buf *out, struct err *e);

#endif
