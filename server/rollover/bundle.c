/* SPDX-License-Identifier: ISC */
/* Editing a file of trusted certificates. */
#include "server/rollover/bundle.h"

#include <string.h>

#include "lib/x509/facts.h"

static const char begin[] = "-----BEGIN CERTIFICATE-----";
static const char end[] = "-----END CERTIFICATE-----";

/* Finds the next block at or after at, with the line end that follows.  Returns false for none. */
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

/* Returns the index in certs of the certificate in the block, or n. */
static size_t
which(const uint8_t *block, size_t len, const struct bundle_cert *certs, size_t n)
{
	uint8_t sha[SHA256_SIZE];
	struct err ignored;
	X509 *x = cert_parse(block, len, &ignored);
	size_t i = n;

	if (x != NULL && cert_sha256(x, sha, &ignored) == 0)
		for (i = 0; i < n && memcmp(sha, certs[i].sha256, SHA256_SIZE) != 0; i++)
			;
	X509_free(x);
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
