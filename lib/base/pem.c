/* SPDX-License-Identifier: ISC */
/* Keys in PEM form. */
#include "lib/base/pem.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/base/text.h"

int
pem_passphrase(char *out, int size, int writing, void *passphrase)
{
	size_t len = passphrase == NULL ? 0 : strlen(passphrase);

	(void)writing;
	if (passphrase == NULL || len > (size_t)size)
		return -1;
	memcpy(out, passphrase, len);
	return (int)len;
}

static EVP_PKEY *
read_pem_key(const void *pem, size_t len, const char *passphrase,
    EVP_PKEY *(*reader)(BIO *, EVP_PKEY **, pem_password_cb *, void *))
{
	EVP_PKEY *key = NULL;
	struct err ignored;
	BIO *bio = NULL;

	if (len > 0 && len <= INT_MAX && text_begin(&pem, &len, &ignored) == 0)
		bio = BIO_new_mem_buf(pem, (int)len);
	if (bio != NULL)
		key = reader(bio, NULL, pem_passphrase, (void *)(uintptr_t)passphrase);
	BIO_free(bio);
	ERR_clear_error();
	return key;
}

EVP_PKEY *
pem_private_key(const void *pem, size_t len, const char *passphrase)
{
	return read_pem_key(pem, len, passphrase, PEM_read_bio_PrivateKey);
}

EVP_PKEY *
pem_public_key(const void *pem, size_t len)
{
	return read_pem_key(pem, len, NULL, PEM_read_bio_PUBKEY);
}
