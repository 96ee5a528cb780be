/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_DIGEST_H
#define LIB_BASE_DIGEST_H

/*
 * SHA-256 and SHA-512 through OpenSSL, in one go and piece by piece, and their hexadecimal texts.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define SHA256_SIZE	32
#define SHA512_SIZE	64
#define DIGEST_MAX	SHA512_SIZE
#define SHA256_HEX_SIZE (2 * SHA256_SIZE + 1) /* with the final NUL */

enum digest_kind { DIGEST_SHA256, DIGEST_SHA512 };

/* Bytes that a digest of this kind has. */
size_t digest_size(enum digest_kind kind);

/* The digest of len bytes.  0, or -1 with ERR_CRYPTO. */
int digest_of(enum digest_kind kind, const void *data, size_t len, uint8_t out[DIGEST_MAX],
    struct err *e);

/*
 * Piece by piece.  digest_new() gives NULL with ERR_CRYPTO or ERR_NOMEM; digest_end() may be called
 * once.
 */
struct digest *digest_new(enum digest_kind kind, struct err *e);
int digest_add(struct digest *d, const void *data, size_t len, struct err *e);
int digest_end(struct digest *d, uint8_t out[DIGEST_MAX], struct err *e);
void digest_free(struct digest *d);

/* Lower-case hexadecimal of len bytes and a NUL into out, which holds 2 * len + 1. */
void hex_encode(const uint8_t *data, size_t len, char *out);

/* The SHA-256 of len bytes as text.  Returns 0, or -1 with ERR_CRYPTO and out unchanged. */
int digest_hex(const void *data, size_t len, char out[SHA256_HEX_SIZE], struct err *e);

/* The value of a hexadecimal digit (either case), or -1. */
int hex_digit(char c);

/*
 * Exactly 2 * len hexadecimal digits (either case) at text into out.
 * 0, or -1 if text has another length or another character; out is then unchanged.
 */
int hex_decode(const char *text, size_t textlen, uint8_t *out, size_t len);

#endif
