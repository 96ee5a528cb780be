/* SPDX-License-Identifier: ISC */
/*
 * What certificates in PEM form say.
 */
#include "lib/x509/facts.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/base/pem.h"
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define DAY_SECONDS 86400

static const char begin[] = "-----BEGIN CERTIFICATE-----";

/* What was written to bio, cut to size; whatever could steer a terminal becomes '?'. */
static void
take_text(BIO *bio, char *out, size_t size)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);
	size_t n = len <= 0 ? 0 : (size_t)len < size - 1 ? (size_t)len : size - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = (char)((unsigned char)data[i] < 0x20 || data[i] == 0x7f ? '?' : data[i]);
	out[n] = '\0';
	(void)BIO_reset(bio);
}

static void
name_text(BIO *bio, const X509_NAME *name, char *out, size_t size)
{
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	take_text(bio, out, size);
}

static void
alternative_names(BIO *bio, X509 *x, char out[CERT_NAMES_SIZE])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (i > 0)
			BIO_puts(bio, ", ");
		GENERAL_NAME_print(bio, sk_GENERAL_NAME_value(names, i));
	}
	GENERAL_NAMES_free(names);
	take_text(bio, out, CERT_NAMES_SIZE);
}

static void
key_text(X509 *x, char out[CERT_KEY_SIZE])
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	const char *type = key == NULL ? NULL : EVP_PKEY_get0_type_name(key);
	char group[CERT_KEY_SIZE / 2];

	if (type == NULL)
		snprintf(out, CERT_KEY_SIZE, "of a kind that is not known here");
	else if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1)
		snprintf(out, CERT_KEY_SIZE, "EC %s",
		    strcmp(group, "prime256v1") == 0	  ? "P-256"
			: strcmp(group, "secp384r1") == 0 ? "P-384"
							  : group);
	else if (EVP_PKEY_is_a(key, "RSA"))
		snprintf(out, CERT_KEY_SIZE, "RSA %d bits", EVP_PKEY_get_bits(key));
	else
		snprintf(out, CERT_KEY_SIZE, "%s", type);
}

/* Seconds since 1970, of a time before 1970 too. */
static int
seconds(const ASN1_TIME *t, int64_t *out, struct err *e)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, rest, ok;

	if (epoch == NULL)
		return err_nomem(e);
	ok = ASN1_TIME_diff(&days, &rest, epoch, t);
	ASN1_TIME_free(epoch);
	if (ok != 1)
		return err_setx(e, ERR_SYNTAX, "a certificate without a date that can be read");
	*out = (int64_t)days * DAY_SECONDS + rest;
	return 0;
}

static int
read_facts(X509 *x, struct cert_facts *c, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned len = 0;

	if (bio == NULL)
		return err_nomem(e);
	name_text(bio, X509_get_subject_name(x), c->subject, sizeof c->subject);
	name_text(bio, X509_get_issuer_name(x), c->issuer, sizeof c->issuer);
	alternative_names(bio, x, c->names);
	BIO_free(bio);
	key_text(x, c->key);
	c->self_issued = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
	c->ca = X509_check_ca(x) == 1;
	ERR_clear_error();
	if (seconds(X509_get0_notBefore(x), &c->from, e) == -1 ||
	    seconds(X509_get0_notAfter(x), &c->to, e) == -1)
		return -1;
	if (X509_digest(x, EVP_sha256(), c->sha256, &len) != 1 || len != SHA256_SIZE)
		return err_setx(e, ERR_CRYPTO, "a certificate whose SHA-256 can't be computed");
	return 0;
}

/* How many certificates the text announces, whether they can be read or not. */
static size_t
announced(const uint8_t *pem, size_t len)
{
	size_t n = 0, size = sizeof begin - 1;

	for (size_t i = 0; i + size <= len; i++)
		n += memcmp(pem + i, begin, size) == 0;
	return n;
}

int
cert_read(const uint8_t *pem, size_t len,
    int (*each)(void *arg, const struct cert_facts *c, struct err *e), void *arg, struct err *e)
{
	size_t n = announced(pem, len), got = 0;
	BIO *bio;
	X509 *x;
	int rc = 0;

	if (n == 0)
		return err_setx(e, ERR_SYNTAX,
		    "want a certificate in PEM form ('openssl x509 -inform DER' converts others)");
	if (n > CERT_READ_MAX || len > CERT_FILE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %d certificates or %u bytes", CERT_READ_MAX,
		    CERT_FILE_MAX);
	if ((bio = BIO_new_mem_buf(pem, (int)len)) == NULL)
		return err_nomem(e);
	while (rc == 0 && (x = PEM_read_bio_X509(bio, NULL, pem_passphrase, NULL)) != NULL) {
		struct cert_facts c = { .from = 0 };

		got++;
		if ((rc = read_facts(x, &c, e)) == 0)
			rc = each(arg, &c, e);
		X509_free(x);
	}
	ERR_clear_error();
	BIO_free(bio);
	if (rc == 0 && got != n)
		rc = err_setx(e, ERR_SYNTAX, "certificate %zu of %zu is damaged", got + 1, n);
	return rc;
}

bool
cert_has_key(const uint8_t *pem, size_t len)
{
	static const char key[] = "PRIVATE KEY-----";

	for (size_t i = 0; i + sizeof key - 1 <= len; i++)
		if (memcmp(pem + i, key, sizeof key - 1) == 0)
			return true;
	return false;
}
