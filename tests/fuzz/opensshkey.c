/* SPDX-License-Identifier: ISC */
/*
 * OpenSSH's private keys, plain and encrypted.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/sftp/opensshkey.h"

static void
read_key(const uint8_t *data, size_t size, const char *passphrase)
{
	struct err e = { 0 };
	EVP_PKEY *k = opensshkey_read("key", data, size, passphrase, &e);

	if (k == NULL)
		must(e.code == ERR_CONFIG || e.code == ERR_CRYPTO);
	else
		must(EVP_PKEY_get_bits(k) > 0);
	EVP_PKEY_free(k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	opensshkey_is(data, size);
	read_key(data, size, NULL);
	read_key(data, size, "secret");
	return 0;
}
