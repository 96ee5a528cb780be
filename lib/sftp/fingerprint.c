/* SPDX-License-Identifier: ISC */
/* Fingerprints of SSH keys. */
#include "lib/sftp/fingerprint.h"

#include <string.h>

#include <openssl/evp.h>

#include "lib/base/digest.h"

#define PREFIX "SHA256:"
#define DIGITS (FINGERPRINT_SIZE - sizeof PREFIX)

bool
fingerprint_valid(const char *text)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strncmp(text, PREFIX, sizeof PREFIX - 1) == 0 &&
	    strlen(text) == FINGERPRINT_SIZE - 1 &&
	    strspn(text + sizeof PREFIX - 1, digits) == DIGITS;
}

int
fingerprint_of(const uint8_t *blob, size_t len, char out[FINGERPRINT_SIZE], struct err *e)
{
	unsigned char text[4 * SHA256_SIZE];
	uint8_t sum[DIGEST_MAX];

	if (digest_of(DIGEST_SHA256, blob, len, sum, e) == -1)
		return -1;
	EVP_EncodeBlock(text, sum, SHA256_SIZE);
	memcpy(out, PREFIX, sizeof PREFIX - 1);
	memcpy(out + sizeof PREFIX - 1, text, DIGITS); /* ssh-keygen leaves the '=' out */
	out[FINGERPRINT_SIZE - 1] = '\0';
	return 0;
}

int
fingerprint_of_base64(const char *text, size_t len, char out[FINGERPRINT_SIZE], struct err *e)
{
	uint8_t blob[FINGERPRINT_KEY_MAX];
	int n;

	if (len == 0 || len > FINGERPRINT_KEY_MAX || len % 4 != 0 ||
	    (n = EVP_DecodeBlock(blob, (const unsigned char *)text, (int)len)) <= 0)
		return err_setx(e, ERR_SYNTAX, "want a public key in base64");
	for (size_t i = len; i > 0 && text[i - 1] == '='; i--)
		n--; /* EVP_DecodeBlock() counts the padding as bytes */
	if (n <= 0)
		return err_setx(e, ERR_SYNTAX, "want a public key in base64");
	return fingerprint_of(blob, (size_t)n, out, e);
}
