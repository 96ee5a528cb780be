/* SPDX-License-Identifier: ISC */
/*
 * OpenSSH's private keys; encrypted ones are refused.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/sftp/opensshkey.h"

static EVP_PKEY *
read_key(const void *data, size_t size)
{
	struct err e = { 0 };
	EVP_PKEY *k = opensshkey_read("key", data, size, &e);

	if (k == NULL)
		must(e.code == ERR_CONFIG || e.code == ERR_CRYPTO);
	else
		must(EVP_PKEY_get_bits(k) > 0);
	return k;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf written = BUF_INIT(OPENSSHKEY_MAX);
	EVP_PKEY *k = read_key(data, size), *again = NULL;
	struct err e;

	must(k == NULL || opensshkey_is(data, size));
	/* Writing and reading an ed25519 key keeps it. */
	if (k != NULL && EVP_PKEY_get_base_id(k) == EVP_PKEY_ED25519) {
		must(opensshkey_write(k, "a comment", &written, &e) == 0);
		must((again = read_key(written.data, written.len)) != NULL);
		must(EVP_PKEY_eq(k, again) == 1);
	}
	buf_free(&written);
	EVP_PKEY_free(k);
	EVP_PKEY_free(again);
	return 0;
}
