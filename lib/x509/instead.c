/* SPDX-License-Identifier: ISC */
/* What a file holds in the place of a key or a certificate. */
#include "lib/x509/instead.h"

#include <limits.h>

#include <openssl/err.h>

#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/base/text.h"
#include "lib/x509/form.h"

#define REQUEST_WORDS \
	"; got a signing request, which is no certificate yet; its CA signs it, or 'openssl x509 -req -days 3650 -in FILE -signkey KEY -out NEW' makes a certificate of it"
#define REQUEST_KEY_WORDS \
	"; got a signing request; the key is the file that 'openssl req -key' was given"
#define PKCS7_KEY_WORDS	   "; got PKCS#7, which holds certificates and no key"
#define CRL_WORDS	   "; got a list of revocations, which belongs in TLS_CRLFile"
#define CERT_FOR_CRL_WORDS "; got a certificate; its CA gives lists out"
#define EMPTY_WORDS	   "; got nothing"
#define UTF16_WORDS \
	"; got UTF-16, which PowerShell's '>' writes; let openssl write the file (-out NEW)"

static const char *const key_words[FORM_COUNT] = {
	[FORM_UTF16] = UTF16_WORDS,
	[FORM_ENCRYPTED] =
	    "; got an encrypted one; 'openssl pkey -in FILE -out NEW' writes it without a passphrase",
	[FORM_DER_KEY] =
	    "; got one in DER form; 'openssl pkey -inform DER -in FILE -out NEW' converts it",
	[FORM_DER_ENCRYPTED] =
	    "; got an encrypted one in DER form; 'openssl pkey -inform DER -in FILE -out NEW' converts it",
	[FORM_DER_CERT] = "; got a certificate in DER form; are the two files swapped?",
	[FORM_PKCS12] =
	    "; got PKCS#12; 'openssl pkcs12 -in FILE -nocerts -noenc -out NEW' takes the key out of it",
	[FORM_REQUEST] = REQUEST_KEY_WORDS,
	[FORM_CERT] =
	    "; got a certificate; are the two files swapped? 'openssl pkey -in FILE -noout' is silent about a key",
	[FORM_PUBLIC] = "; got a public key; 'openssl genrsa -out NEW 4096' makes a private one",
	[FORM_DER_REQUEST] = REQUEST_KEY_WORDS,
	[FORM_PKCS7] = PKCS7_KEY_WORDS,
	[FORM_DER_PKCS7] = PKCS7_KEY_WORDS,
	[FORM_SSH] =
	    "; got OpenSSH's form, for logins; 'openssl genrsa -out NEW 4096' makes a key for TLS",
	[FORM_EMPTY] = EMPTY_WORDS,
};

static const char *const cert_words[FORM_COUNT] = {
	[FORM_UTF16] = UTF16_WORDS,
	[FORM_ENCRYPTED] = "; got an encrypted key; are the two files swapped?",
	[FORM_DER_KEY] = "; got a private key in DER form; are the two files swapped?",
	[FORM_DER_CERT] =
	    "; got one in DER form; 'openssl x509 -inform DER -in FILE -out NEW' converts it",
	[FORM_DER_REQUEST] = REQUEST_WORDS,
	[FORM_PKCS12] =
	    "; got PKCS#12; 'openssl pkcs12 -in FILE -nokeys -out NEW' takes the certificates out of it",
	[FORM_REQUEST] = REQUEST_WORDS,
	[FORM_KEY] =
	    "; got a private key; are the two files swapped? 'openssl x509 -in FILE -noout' is silent about a certificate",
	[FORM_PUBLIC] = "; got a public key, which is no certificate",
	[FORM_SSH] = "; got a key in OpenSSH's form, which is no certificate",
	[FORM_PKCS7] =
	    "; got PKCS#7; 'openssl pkcs7 -print_certs -in FILE -out NEW' takes the certificates out of it",
	[FORM_DER_PKCS7] =
	    "; got PKCS#7 in DER form; 'openssl pkcs7 -inform DER -print_certs -in FILE -out NEW' takes the certificates out of it",
	[FORM_CRL] = CRL_WORDS,
	[FORM_DER_CRL] = CRL_WORDS,
	[FORM_TRUSTED] =
	    "; got OpenSSL's own form, with marks of trust; 'openssl x509 -in FILE -out NEW' writes it without them",
	[FORM_CERT] =
	    "; got one that is damaged, indented, or has other line ends than those of Unix and Windows",
	[FORM_EMPTY] = EMPTY_WORDS,
};

static const char *const crl_words[FORM_COUNT] = {
	[FORM_UTF16] = UTF16_WORDS,
	[FORM_DER_CRL] =
	    "; got one in DER form; 'openssl crl -inform DER -in FILE -out NEW' converts it",
	[FORM_CERT] = CERT_FOR_CRL_WORDS,
	[FORM_DER_CERT] = CERT_FOR_CRL_WORDS,
	[FORM_EMPTY] = EMPTY_WORDS,
};

static const char *const request_words[FORM_COUNT] = {
	[FORM_UTF16] = UTF16_WORDS,
	[FORM_DER_REQUEST] =
	    "; got one in DER form; 'openssl req -inform DER -in FILE -out NEW' converts it",
	[FORM_KEY] =
	    "; got a private key; 'openssl req -new -key FILE -out NEW' makes a request with it",
	[FORM_CERT] = "; got a certificate, which somebody has signed already",
	[FORM_DER_CERT] = "; got a certificate, which somebody has signed already",
	[FORM_EMPTY] = EMPTY_WORDS,
};

static enum form
form_of(const void *data, size_t len)
{
	static const struct {
		const char *words;
		enum form form;
	} marks[] = {
		{ "-----BEGIN ENCRYPTED PRIVATE KEY-----", FORM_ENCRYPTED },
		{ "Proc-Type: 4,ENCRYPTED", FORM_ENCRYPTED },
		{ "-----BEGIN CERTIFICATE REQUEST-----", FORM_REQUEST },
		{ "-----BEGIN NEW CERTIFICATE REQUEST-----", FORM_REQUEST },
		{ "-----BEGIN PRIVATE KEY-----", FORM_KEY },
		{ "-----BEGIN RSA PRIVATE KEY-----", FORM_KEY },
		{ "-----BEGIN EC PRIVATE KEY-----", FORM_KEY },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----", FORM_SSH },
		{ "-----BEGIN CERTIFICATE-----", FORM_CERT },
		{ "-----BEGIN X509 CERTIFICATE-----", FORM_CERT },
		{ "-----BEGIN TRUSTED CERTIFICATE-----", FORM_TRUSTED },
		{ "-----BEGIN PKCS7-----", FORM_PKCS7 },
		{ "-----BEGIN X509 CRL-----", FORM_CRL },
		{ "-----BEGIN PUBLIC KEY-----", FORM_PUBLIC },
	};
	struct err ignored;
	enum form form;

	if (text_begin(&data, &len, &ignored) == -1)
		return FORM_UTF16;
	if (len == 0)
		return FORM_EMPTY;
	for (size_t i = 0; i < N(marks); i++)
		if (bytes_find(data, len, marks[i].words) != NULL)
			return marks[i].form;
	if (len > LONG_MAX)
		return FORM_UNKNOWN;
	form = form_of_der(data, (long)len);
	ERR_clear_error();
	return form;
}

static const char *
words_of(const char *const *words, enum form form)
{
	return words[form] == NULL ? "" : words[form];
}

const char *
instead_of_key(const void *data, size_t len)
{
	return words_of(key_words, form_of(data, len));
}

const char *
instead_of_cert(const void *data, size_t len)
{
	return words_of(cert_words, form_of(data, len));
}

const char *
instead_of_request(const void *data, size_t len)
{
	return words_of(request_words, form_of(data, len));
}

const char *
instead_of_crl(const void *data, size_t len)
{
	return words_of(crl_words, form_of(data, len));
}

bool
instead_of_secret(const void *data, size_t len)
{
	switch (form_of(data, len)) {
	case FORM_CERT:
	case FORM_DER_CERT:
	case FORM_REQUEST:
	case FORM_DER_REQUEST:
	case FORM_PUBLIC:
		return true;
	default:
		return false;
	}
}
