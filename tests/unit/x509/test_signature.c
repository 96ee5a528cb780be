/* SPDX-License-Identifier: ISC */
/*
 * Whether a signature's algorithm is strong enough: our own answer, whatever OpenSSL's is.
 */
#include "tests/unit/x509/ids.h"

#include <openssl/rsa.h>

#include "lib/x509/signature.h"

static const struct row {
	const char *name, *digest;
	int bits; /* RSA; else P-256 */
	bool pss, strong;
} rows[] = {
	{ "ECDSA, SHA-1", "SHA1", 0, false, false },
	{ "ECDSA, SHA-224", "SHA224", 0, false, true },
	{ "ECDSA, SHA-256", "SHA256", 0, false, true },
	{ "ECDSA, SHA-512", "SHA512", 0, false, true },
	{ "RSA, MD5", "MD5", 2048, false, false },
	{ "RSA, SHA-1", "SHA1", 2048, false, false },
	{ "RSA, SHA-256", "SHA256", 2048, false, true },
	{ "RSA-PSS, SHA-1", "SHA1", 2048, true, false },
	{ "RSA-PSS, SHA-256", "SHA256", 2048, true, true },
};

static void
strength(void **state)
{
	const struct row *r = *state;
	struct id id = id_make(&(struct look){ .name = "a", .bits = r->bits }, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key;

	assert_int_equal(
	    EVP_DigestSignInit(ctx, &key, EVP_get_digestbyname(r->digest), NULL, id.key), 1);
	if (r->pss)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING), 1);
	assert_true(X509_sign_ctx(id.cert, ctx) > 0);
	assert_int_equal(cert_signature_strong(id.cert), r->strong);
	EVP_MD_CTX_free(ctx);
	id_free(&id);
}

/* Algorithms that have their digest built in, and one that has none. */
static void
by_number(void **state)
{
	static const struct {
		int nid;
		bool strong;
	} algorithms[] = { { NID_ED25519, true }, { NID_ED448, true },
		{ NID_md4WithRSAEncryption, false }, { NID_ripemd160WithRSA, false },
		{ NID_dsaWithSHA1, false }, { NID_rsaEncryption, false },
		{ NID_rsassaPss, false /* its parameters are missing */ }, { NID_undef, false } };
	X509_ALGOR *a = X509_ALGOR_new();

	(void)state;
	for (size_t i = 0; i < N(algorithms); i++) {
		X509_ALGOR_set0(a, OBJ_nid2obj(algorithms[i].nid), V_ASN1_UNDEF, NULL);
		assert_int_equal(signature_strong(a), algorithms[i].strong);
	}
	X509_ALGOR_free(a);
}

int
main(void)
{
	static struct CMUnitTest tests[N(rows) + 1] = { cmocka_unit_test(by_number) };
	size_t n = 1;

	TEST_ROWS(tests, n, rows, strength);
	return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
