/* SPDX-License-Identifier: ISC */
/* What certificates in PEM form say. */
#include "lib/x509/facts.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <openssl/x509v3.h>

#include "lib/base/date.h"
#include "lib/base/text.h"
#include "lib/os/clock.h"
#include "lib/x509/instead.h"
#include "lib/x509/judge.h"

#define DAY_SECONDS 86400

static const char *const begins[] = { "-----BEGIN CERTIFICATE-----",
	"-----BEGIN X509 CERTIFICATE-----" };

void
cert_quote(const X509_NAME *name, char out[CERT_QUOTED_SIZE])
{
	const int room = CERT_QUOTED_SIZE - (int)sizeof "\"...\"";
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	int len = 0;

	if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		len = (int)BIO_get_mem_data(bio, &text);
	snprintf(out, CERT_QUOTED_SIZE, "\"%.*s%s\"", len < room ? len : room, len == 0 ? "" : text,
	    len > room ? "..." : "");
	BIO_free(bio);
	ERR_clear_error();
}

void
cert_date(const ASN1_TIME *t, char out[CERT_DATE_SIZE])
{
	char text[DATE_TEXT_SIZE], now[DATE_TEXT_SIZE];
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm)) {
		snprintf(out, CERT_DATE_SIZE, "(no date)");
		return;
	}
	date_format(date_of_tm(&tm), text);
	date_format(clock_wall(), now);
	if (memcmp(text, now, DATE_DAY_LENGTH) != 0)
		text[DATE_DAY_LENGTH] = '\0';
	snprintf(out, CERT_DATE_SIZE, "%s", text);
}

int
cert_sha256(const X509 *x, uint8_t out[SHA256_SIZE], struct err *e)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	memset(out, 0, SHA256_SIZE);
	if (X509_digest(x, EVP_sha256(), sum, &len) != 1 || len != SHA256_SIZE) {
		ERR_clear_error();
		return err_setx(e, ERR_CRYPTO, "a certificate whose SHA-256 can't be computed");
	}
	memcpy(out, sum, SHA256_SIZE);
	return 0;
}

void
cert_hex(const X509 *x, char hex[SHA256_HEX_SIZE])
{
	uint8_t sum[SHA256_SIZE];
	struct err ignored;

	(void)cert_sha256(x, sum, &ignored);
	hex_encode(sum, SHA256_SIZE, hex);
}

int
cert_days_left(const X509 *x)
{
	int days = 0, seconds = 0;

	if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)))
		return 0;
	return seconds < 0 ? days - 1 : days;
}

void
cert_describe(const X509 *x, char *out, size_t size)
{
	char subject[CERT_QUOTED_SIZE], hex[SHA256_HEX_SIZE], from[CERT_DATE_SIZE],
	    to[CERT_DATE_SIZE];

	cert_quote(X509_get_subject_name(x), subject);
	cert_hex(x, hex);
	cert_date(X509_get0_notBefore(x), from);
	cert_date(X509_get0_notAfter(x), to);
	snprintf(out, size, "subject %s, SHA-256 %s, valid %s to %s", subject, hex, from, to);
}

/* Take the text that bio has, made safe and cut to size. */
static void
take_bio_text(BIO *bio, char *out, size_t size)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	text_safe(out, size, data, len <= 0 ? 0 : (size_t)len, false);
	(void)BIO_reset(bio);
}

static void
name_text(BIO *bio, const X509_NAME *name, char *out, size_t size)
{
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	take_bio_text(bio, out, size);
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
	take_bio_text(bio, out, CERT_NAMES_SIZE);
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

int
cert_seconds(const ASN1_TIME *t, int64_t *out, struct err *e)
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

int
cert_facts(X509 *x, struct cert_facts *c, struct err *e)
{
	BIO *bio = BIO_new(BIO_s_mem());

	if (bio == NULL)
		return err_nomem(e);
	name_text(bio, X509_get_subject_name(x), c->subject, sizeof c->subject);
	name_text(bio, X509_get_issuer_name(x), c->issuer, sizeof c->issuer);
	alternative_names(bio, x, c->names);
	BIO_free(bio);
	key_text(x, c->key);
	c->self_issued = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
	c->ca = X509_check_ca(x) == 1;
	c->no_authority = judge_authority(x);
	ERR_clear_error();
	if (cert_seconds(X509_get0_notBefore(x), &c->from, e) == -1 ||
	    cert_seconds(X509_get0_notAfter(x), &c->to, e) == -1)
		return -1;
	return cert_sha256(x, c->sha256, e);
}

/* Count the certificates that the text announces, readable or not. */
static size_t
announced(const uint8_t *pem, size_t len)
{
	size_t n = 0;

	for (int k = 0; k < 2; k++)
		for (size_t i = 0, size = strlen(begins[k]); i + size <= len; i++)
			n += memcmp(pem + i, begins[k], size) == 0;
	return n;
}

int
cert_read(const void *pem, size_t len,
    int (*each)(void *arg, const struct cert_facts *c, struct err *e), void *arg, struct err *e)
{
	size_t n = announced(pem, len);
	STACK_OF(X509) *all = NULL;
	struct err why;
	int got, whole, rc = 0;

	if (n == 0)
		return err_setx(e, ERR_SYNTAX, "want a certificate in PEM form%s",
		    instead_of_cert(pem, len));
	whole = certs_parse(pem, len, &all, &why);
	got = whole == -1 && why.code != ERR_SYNTAX ? 0 : sk_X509_num(all);
	for (int i = 0; rc == 0 && i < got; i++) {
		struct cert_facts c;

		if ((rc = cert_facts(sk_X509_value(all, i), &c, e)) == 0)
			rc = each(arg, &c, e);
	}
	certs_free(all);
	if (rc == -1)
		return -1;
	if ((whole == 0 || why.code == ERR_SYNTAX) && (size_t)got != n)
		return err_setx(e, ERR_SYNTAX, "certificate %d of %zu is damaged", got + 1, n);
	if (whole == -1)
		*e = why;
	return whole;
}

bool
cert_has_key(const void *pem, size_t len)
{
	return bytes_find(pem, len, "PRIVATE KEY-----") != NULL;
}
