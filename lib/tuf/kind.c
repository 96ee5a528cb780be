/* SPDX-License-Identifier: ISC */
/* The kinds of keys. */
#include "lib/tuf/kind.h"

#include <string.h>

#include <openssl/rsa.h>

const struct kind tuf_kinds[TUF_KINDS] = {
	[TUF_ED25519] = { "ed25519", "ed25519", "ed25519", NULL },
	[TUF_ECDSA] = { "ecdsa", "ecdsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256" },
	[TUF_RSA] = { "rsa", "rsa", "rsassa-pss-sha256", NULL },
};

static bool
on_p256(const EVP_PKEY *pkey)
{
	char group[64];

	return EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) &&
	    (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0);
}

int
kind_of(const EVP_PKEY *pkey)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (EVP_PKEY_is_a(pkey, "ED25519"))
		return TUF_ED25519;
	if (EVP_PKEY_is_a(pkey, "RSA"))
		return bits >= TUF_RSA_BITS_MIN && bits <= TUF_RSA_BITS_MAX ? TUF_RSA : -1;
	return EVP_PKEY_is_a(pkey, "EC") && on_p256(pkey) ? TUF_ECDSA : -1;
}

const EVP_MD *
kind_digest(enum tuf_kind kind)
{
	return kind == TUF_ED25519 ? NULL : EVP_sha256();
}

bool
kind_padding(EVP_PKEY_CTX *ctx, enum tuf_kind kind, int salt)
{
	return kind != TUF_RSA ||
	    (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0 &&
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) > 0);
}
