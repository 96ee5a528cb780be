/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_FORM_H
#define LIB_X509_FORM_H

/* The forms that keys, certificates and what goes with them have in files. */

enum form {
	FORM_UNKNOWN,
	FORM_UTF16,
	FORM_ENCRYPTED,
	FORM_DER_KEY,
	FORM_DER_ENCRYPTED,
	FORM_DER_CERT,
	FORM_DER_REQUEST,
	FORM_DER_CRL,
	FORM_DER_PKCS7,
	FORM_PKCS12,
	FORM_REQUEST,
	FORM_CERT,
	FORM_KEY,
	FORM_PUBLIC,
	FORM_PKCS7,
	FORM_CRL,
	FORM_TRUSTED,
	FORM_SSH,
	FORM_EMPTY,
	FORM_COUNT
};

/*
 * The form of one ASN.1 value at the beginning of the data: one of the forms in DER, or
 * FORM_UNKNOWN.  May leave errors in OpenSSL's queue.
 */
enum form form_of_der(const unsigned char *data, long len);

#endif
