/* SPDX-License-Identifier: ISC */
/* The forms of keys and certificates in DER. */
#include "lib/x509/form.h"

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "lib/base/list.h"

enum form
form_of_der(const unsigned char *data, long len)
{
	static const struct {
		const ASN1_ITEM *(*item)(void);
		enum form form;
	} items[] = {
		{ X509_it, FORM_DER_CERT },
		{ X509_REQ_it, FORM_DER_REQUEST },
		{ X509_CRL_it, FORM_DER_CRL },
		{ PKCS12_it, FORM_PKCS12 },
		{ PKCS7_it, FORM_DER_PKCS7 },
		{ X509_SIG_it, FORM_DER_ENCRYPTED },
	};
	const unsigned char *p = data;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, len);

	EVP_PKEY_free(key);
	if (key != NULL)
		return FORM_DER_KEY;
	for (size_t i = 0; i < N(items); i++) {
		ASN1_VALUE *v;

		p = data;
		v = ASN1_item_d2i(NULL, &p, len, items[i].item());
		ASN1_item_free(v, items[i].item());
		if (v != NULL)
			return items[i].form;
	}
	return FORM_UNKNOWN;
}
