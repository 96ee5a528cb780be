/* SPDX-License-Identifier: ISC */
/*
 * Files of any kind that are looked through for private keys.  The first byte says in which pieces
 * the rest comes: the answer is the same.
 */
#include "tests/fuzz/fuzz.h"

#include <openssl/err.h>

#include "lib/x509/keysearch.h"

static const char *
search(const uint8_t *data, size_t size, size_t piece)
{
	struct err e = { 0 };
	struct keysearch *s = keysearch_new(&e);
	const char *found;

	must(s != NULL);
	for (size_t at = 0; at < size; at += piece)
		must(keysearch_feed(s, data + at, size - at < piece ? size - at : piece, &e) == 0);
	found = keysearch_end(s);
	must(ERR_peek_error() == 0);
	keysearch_free(s);
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *whole, *pieces;

	if (size < 64) /* the first piece decides whether it is UTF-16 */
		return 0;
	whole = search(data + 1, size - 1, size);
	pieces = search(data + 1, size - 1, 63u + data[0]);
	must((whole == NULL) == (pieces == NULL));
	return 0;
}
