/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_FINGERPRINT_H
#define LIB_SFTP_FINGERPRINT_H

/* Fingerprints of SSH keys as ssh-keygen -l prints them: "SHA256:" and 43 base64 digits. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define FINGERPRINT_SIZE 51 /* with the NUL */

/* Returns whether text is a fingerprint. */
bool fingerprint_valid(const char *text);

/*
 * Writes the fingerprint of a public key, which is given as SSH writes it (RFC 4253, section 6.6).
 * 0, or -1 with ERR_CRYPTO.
 */
int fingerprint_of(const uint8_t *blob, size_t len, char out[FINGERPRINT_SIZE], struct err *e);

/* Base64 digits of a public key. */
#define FINGERPRINT_KEY_MAX 4096

/*
 * The same of a public key in len base64 digits.  -1 also with ERR_SYNTAX: no base64, no bytes, or
 * over FINGERPRINT_KEY_MAX digits.
 */
int fingerprint_of_base64(const char *text, size_t len, char out[FINGERPRINT_SIZE], struct err *e);

#endif
