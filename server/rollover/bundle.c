/* SPDX-License-Identifier: ISC */
/*
 * A file of trusted certificates, edited.
 */
#include "server/rollover/bundle.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/base/pem.h"

static const char begin[] = "-----BEGIN CERTIFICATE-----";
static const char end[] = "-----END CERTIFICATE-----";

/* The next block at or after at, with the line's end that follows it.  Whether there is one. */
static bool
next_block(const uint8_t *text, size_t len, size_t at, size_t *from, size_t *to)
{
	const uint8_t *b = bytes_find(text + at, len - at, begin), *f;

	if (b == NULL || (f = bytes_find(b, len - (size_t)(b - text), end)) == NULL)
		return false;
	*from = (size_t)(b - text);
	*to = (size_t)(f - text) + sizeof end - 1;
	if (*to < len && text[*to] == '\r')
		++*to;
	if (*to < len && text[*to] == '\n')
		++*to;
	return true;
}

/* Which of certs the block is, or n. */
static size_t
which(const uint8_t *block, size_t len, const struct bundle_cert *certs, size_t n)
{
	BIO *bio = BIO_new_mem_buf(block, (int)len);
	X509 *x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, pem_passphrase, NULL);
	uint8_t sha[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	size_t i = n;

	if (x != NULL && X509_digest(x, EVP_sha256(), sha, &size) == 1 && size == SHA256_SIZE)
		for (i = 0; i < n && memcmp(sha, certs[i].sha256, SHA256_SIZE) != 0; i++)
			;
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return i;
}

void
bundle_look(const uint8_t *text, size_t len, const struct bundle_cert *certs, size_t n, bool *have)
{
	size_t from, to;

	memset(have, 0, n * sizeof *have);
	for (size_t at = 0; next_block(text, len, at, &from, &to); at = to) {
		size_t i = which(text + from, to - from, certs, n);

		if (i < n)
			have[i] = true;
	}
}

int
bundle_set(const uint8_t *text, size_t len, const struct bundle_cert *certs, size_t n,
    const bool *want, struct buf *out, struct err *e)
{
	size_t from, to, at = 0, done = 0;
	bool put = false;

	for (; next_block(text, len, at, &from, &to); at = to) {
		if (which(text + from, to - from, certs, n) == n)
			continue;
		if (buf_add(out, text + done, from - done, e) == -1)
			return -1;
		for (size_t i = 0; i < n && !put; i++)
			if (want[i] && buf_add(out, certs[i].pem->data, certs[i].pem->len, e) == -1)
				return -1;
		put = true;
		done = to;
	}
	if (!put)
		return err_setx(e, ERR_NOENT, "none of the certificates is in it");
	return buf_add(out, text + done, len - done, e);
}
