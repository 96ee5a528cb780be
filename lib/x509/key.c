/* SPDX-License-Identifier: ISC */
/* Private keys for certificates. */
#include "lib/x509/key.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/base/list.h"
#include "lib/base/pem.h"
#include "lib/x509/instead.h"

/* OpenSSL computes with no larger ones. */
#define RSA_BITS_MAX 16384

EVP_PKEY *
cert_key_make(const char *type, struct err *e)
{
	EVP_PKEY *key;

	if (strcmp(type, "p256") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	else if (strcmp(type, "p384") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	else if (strcmp(type, "ed25519") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else if (strcmp(type, "rsa2048") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	else if (strcmp(type, "rsa3072") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072);
	else if (strcmp(type, "rsa4096") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)4096);
	else {
		err_setx(e, ERR_USAGE,
		    "--type: want p256, p384, ed25519, rsa2048, rsa3072 or rsa4096, got '%s'",
		    type);
		return NULL;
	}
	if (key == NULL)
		err_openssl(e, "make a key");
	return key;
}

const EVP_MD *
cert_key_digest(const EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return NULL;
	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) > 256 ? EVP_sha384()
									: EVP_sha256();
}

int
cert_key_check(const EVP_PKEY *key, struct err *e)
{
	static const char *const curves[] = { "prime256v1", "P-256", "secp384r1", "P-384",
		"secp521r1", "P-521" };
	const char *type = EVP_PKEY_get0_type_name(key);
	char curve[80] = "";
	bool good = EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");

	if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
		good = EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1)
		for (size_t i = 0; i < N(curves); i++)
			good |= strcmp(curve, curves[i]) == 0;
	ERR_clear_error();
	if (good)
		return 0;
	return err_setx(e, ERR_CRYPTO,
	    "want a key that handshakes can use (RSA of 2048 bits or more, P-256, P-384, P-521, "
	    "Ed25519), got %s%s%s of %d bits",
	    type == NULL ? "an unknown kind" : type, *curve == '\0' ? "" : " ", curve,
	    EVP_PKEY_get_bits(key));
}

int
cert_key_write(EVP_PKEY *key, struct buf *out, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *data;
	long len;
	int rc = -1;

	if (bio == NULL)
		return err_nomem(e);
	if (PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    (len = BIO_get_mem_data(bio, &data)) <= 0)
		err_openssl(e, "write a private key");
	else
		rc = buf_add(out, data, (size_t)len, e);
	BIO_free(bio);
	return rc;
}

EVP_PKEY *
cert_key_read(struct dir *d, const char *name, struct err *e)
{
	struct buf pem = BUF_INIT(CERT_PEM_MAX);
	EVP_PKEY *key = NULL;

	if (file_read_secret(d, name, &pem, e) == 0 &&
	    (key = pem_private_key(pem.data, pem.len, NULL)) == NULL)
		err_setx(e, ERR_SYNTAX, "%s%s%s: want a private key in PEM form, not encrypted%s",
		    d == NULL ? "" : dir_path(d), d == NULL ? "" : "/", name,
		    instead_of_key(pem.data, pem.len));
	buf_free(&pem);
	return key;
}
