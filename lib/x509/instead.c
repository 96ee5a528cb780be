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
	[FORM_REQUEST] =
	    "; got a signing request; the key is the file that 'openssl req -key' was given",
	[FORM_CERT] =
	    "; got a certificate; are the two files swapped? 'openssl pkey -in FILE -noout' is silent about a key",
	[FORM_PUBLIC] = "; got a public key; 'openssl genrsa -out NEW 4096' makes a private one",
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
		{ "-----BEGIN CERTIFICATE-----", FORM_CERT },
		{ "-----BEGIN PUBLIC KEY-----", FORM_PUBLIC },
	};
	struct err ignored;
	enum form form;

	if (text_begin(&data, &len, &ignored) == -1)
		return FORM_UTF16;
	for (size_t i = 0; i < N(marks); i++)
		if (bytes_find(data, len, marks[i].words) != NULL)
			return marks[i].form;
	if (len == 0 || len > LONG_MAX)
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
