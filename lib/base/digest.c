/* SPDX-License-Identifier: ISC */
/* SHA-256 and SHA-512 through OpenSSL, and hexadecimal texts. */
#include "lib/base/digest.h"

#include <stdlib.h>

#include <openssl/evp.h>

struct digest {
	EVP_MD_CTX *ctx;
};

static const EVP_MD *
algorithm(enum digest_kind kind)
{
	return kind == DIGEST_SHA512 ? EVP_sha512() : EVP_sha256();
}

size_t
digest_size(enum digest_kind kind)
{
	return kind == DIGEST_SHA512 ? SHA512_SIZE : SHA256_SIZE;
}

int
digest_of(enum digest_kind kind, const void *data, size_t len, uint8_t out[DIGEST_MAX],
    struct err *e)
{
	if (!EVP_Digest(data, len, out, NULL, algorithm(kind), NULL))
		return err_setx(e, ERR_CRYPTO, "SHA-2 digest failed");
	return 0;
}

struct digest *
digest_new(enum digest_kind kind, struct err *e)
{
	struct digest *d = malloc(sizeof *d);

	if (d == NULL || (d->ctx = EVP_MD_CTX_new()) == NULL) {
		free(d);
		err_nomem(e);
		return NULL;
	}
	if (!EVP_DigestInit_ex(d->ctx, algorithm(kind), NULL)) {
		digest_free(d);
		err_setx(e, ERR_CRYPTO, "SHA-2 digest can't be started");
		return NULL;
	}
	return d;
}

int
digest_add(struct digest *d, const void *data, size_t len, struct err *e)
{
	if (!EVP_DigestUpdate(d->ctx, data, len))
		return err_setx(e, ERR_CRYPTO, "SHA-2 digest failed");
	return 0;
}

int
digest_end(struct digest *d, uint8_t out[DIGEST_MAX], struct err *e)
{
	if (!EVP_DigestFinal_ex(d->ctx, out, NULL))
		return err_setx(e, ERR_CRYPTO, "SHA-2 digest failed");
	return 0;
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

void
hex_encode(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 15];
	}
	*out = '\0';
}

int
digest_hex(const void *data, size_t len, char out[SHA256_HEX_SIZE], struct err *e)
{
	uint8_t sum[DIGEST_MAX];

	if (digest_of(DIGEST_SHA256, data, len, sum, e) == -1)
		return -1;
	hex_encode(sum, SHA256_SIZE, out);
	return 0;
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(const char *text, size_t textlen, uint8_t *out, size_t len)
{
	if (textlen / 2 != len || textlen % 2 != 0)
		return -1;
	for (size_t i = 0; i < textlen; i++)
		if (hex_digit(text[i]) == -1)
			return -1;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
	return 0;
}
