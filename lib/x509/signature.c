/* SPDX-License-Identifier: ISC */
/* Algorithms of signatures. */
#include "lib/x509/signature.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

static bool
strong_digest(int nid)
{
	switch (nid) {
	case NID_sha224:
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
	case NID_sha512_224:
	case NID_sha512_256:
	case NID_sha3_224:
	case NID_sha3_256:
	case NID_sha3_384:
	case NID_sha3_512:
		return true;
	default:
		return false;
	}
}

/* Of RSA-PSS the digest is a parameter; without it, it is SHA-1 (RFC 4055, 3.1). */
static int
pss_digest(const X509_ALGOR *a)
{
	const ASN1_STRING *sequence;
	const unsigned char *p;
	RSA_PSS_PARAMS *pss;
	int nid = NID_sha1;

	if (a->parameter == NULL || a->parameter->type != V_ASN1_SEQUENCE)
		return NID_undef;
	sequence = a->parameter->value.sequence;
	p = ASN1_STRING_get0_data(sequence);
	if ((pss = d2i_RSA_PSS_PARAMS(NULL, &p, ASN1_STRING_length(sequence))) == NULL) {
		ERR_clear_error();
		return NID_undef;
	}
	if (pss->hashAlgorithm != NULL)
		nid = OBJ_obj2nid(pss->hashAlgorithm->algorithm);
	RSA_PSS_PARAMS_free(pss);
	return nid;
}

bool
signature_strong(const X509_ALGOR *algorithm)
{
	int nid = OBJ_obj2nid(algorithm->algorithm), digest = NID_undef, key;

	if (nid == NID_ED25519 || nid == NID_ED448)
		return true;
	if (nid == NID_rsassaPss)
		return strong_digest(pss_digest(algorithm));
	return OBJ_find_sigid_algs(nid, &digest, &key) == 1 && strong_digest(digest);
}

bool
cert_signature_strong(const X509 *x)
{
	const X509_ALGOR *algorithm = NULL;

	X509_get0_signature(NULL, &algorithm, x);
	return algorithm != NULL && signature_strong(algorithm);
}

const char *
cert_signature_name(const X509 *x)
{
	return OBJ_nid2ln(X509_get_signature_nid(x));
}
