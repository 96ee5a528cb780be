/* SPDX-License-Identifier: ISC */
/*
 * PEM from anywhere: certificates, revocation lists, requests and keys, their descriptions, and the
 * verdict of a side that trusts them.  An input that begins like DER is put into a block, so that
 * its bytes can be varied.
 */
#include "tests/fuzz/fuzz.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/base/pem.h"
#include "lib/x509/instead.h"
#include "lib/x509/judge.h"
#include "lib/x509/pair.h"
#include "lib/x509/trust.h"

/* No text of a certificate ends the line or controls a terminal. */
static void
must_be_plain(const char *text, size_t size, bool ascii)
{
	must(memchr(text, 0, size) != NULL);
	for (; *text != '\0'; text++)
		must((unsigned char)*text >= ' ' && *text != 0x7f && (!ascii || *text > 0));
}

static void
must_be_the_same_again(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct err e = { 0 };
	char *data;
	long len;
	X509 *again;

	must(PEM_write_bio_X509(bio, x) == 1);
	len = BIO_get_mem_data(bio, &data);
	must(len > 0);
	again = cert_parse(data, (size_t)len, &e);
	must(again != NULL && X509_cmp(x, again) == 0);
	X509_free(again);
	BIO_free(bio);
}

static void
describe(X509 *x)
{
	char text[CERT_DESCRIBE_SIZE], hex[SHA256_HEX_SIZE];
	struct cert_facts c;
	struct err e = { 0 };

	cert_describe(x, text, sizeof text);
	must_be_plain(text, sizeof text, true);
	cert_hex(x, hex);
	must(strlen(hex) == SHA256_HEX_SIZE - 1);
	if (cert_facts(x, &c, &e) == -1) {
		must(e.code == ERR_SYNTAX);
		return;
	}
	must_be_plain(c.subject, sizeof c.subject, false);
	must_be_plain(c.issuer, sizeof c.issuer, false);
	must_be_plain(c.names, sizeof c.names, false);
	must_be_plain(c.key, sizeof c.key, false);
}

static void
take_fault(void *arg, bool warning, const struct err *e)
{
	(void)warning;
	must(e->code != ERR_NONE);
	++*(size_t *)arg;
}

static int
count(void *arg, const struct cert_facts *c, struct err *e)
{
	(void)c;
	(void)e;
	++*(int *)arg;
	return 0;
}

/* A side that trusts the whole input, also as lists, judges its first certificate. */
static void
trust(const struct source *s)
{
	struct trust t;
	struct err e = { 0 };
	STACK_OF(X509) *sent = sk_X509_new_null();
	enum trust_verdict verdict;

	if (trust_read(&t, s, s, "rule", NULL, &e) == -1 &&
	    trust_read(&t, s, &(const struct source){ "none", "", 0, true }, NULL, NULL, &e) ==
		-1) {
		must(e.code != ERR_NONE && t.n == 0);
		sk_X509_free(sent);
		return;
	}
	for (size_t i = 0; i < t.n; i++)
		must(sk_X509_push(sent, t.certs[i]) > 0);
	e = (struct err){ 0 };
	verdict = trust_verify(&t, t.certs[0], sent, true, &e);
	must((verdict == TRUST_OK) == (e.code == ERR_NONE));
	/* The certificate is pinned: only its own faults can refuse it. */
	must(verdict != TRUST_REFUSED || strstr(e.text, "is not trusted") == NULL);
	trust_free(&t);
	sk_X509_free(sent);
}

static void
use(const void *data, size_t size)
{
	const struct source s = { "input", data, size, true };
	STACK_OF(X509) * all;
	STACK_OF(X509_CRL) * crls;
	struct err e = { 0 };
	size_t faults = 0;
	struct pair p;
	int rc, n = 0;

	if ((rc = certs_parse(data, size, &all, &e)) == -1)
		must(e.code == ERR_SYNTAX || e.code == ERR_TOO_LARGE);
	must(sk_X509_num(all) <= CERTS_MAX && (rc == -1 || sk_X509_num(all) > 0));
	for (int i = 0; i < sk_X509_num(all); i++) {
		describe(sk_X509_value(all, i));
		must_be_the_same_again(sk_X509_value(all, i));
	}
	if (rc == 0)
		judge_chain(all, "input", take_fault, &faults);
	if (cert_read(data, size, count, &n, &e) == 0)
		must(rc == 0 && n == sk_X509_num(all));
	certs_free(all);
	crls = crls_read(&s, &e);
	for (int i = 0; i < sk_X509_CRL_num(crls); i++) {
		char said[CERT_DESCRIBE_SIZE];

		crl_describe(sk_X509_CRL_value(crls, i), said, sizeof said);
		must_be_plain(said, sizeof said, true);
	}
	crls_free(crls);
	X509_REQ_free(request_parse(data, size, &e));
	EVP_PKEY_free(pem_private_key(data, size, NULL));
	EVP_PKEY_free(pem_public_key(data, size));
	trust(&s);
	if (pair_read(&p, &s, &s, false, false, &e) == 0)
		pair_free(&p);
	must(p.key == NULL && p.chain == NULL);
	must(ERR_peek_error() == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = feed_text(data, size), *pem;
	long len;

	if (size > 0 && data[0] == 0x30) {
		must(PEM_write_bio(bio, "CERTIFICATE", "", data, (long)size) > 0);
		len = BIO_get_mem_data(bio, &pem);
		use(pem, (size_t)len);
	} else {
		use(text, size);
	}
	BIO_free(bio);
	/* As a file in the place of a key or a certificate. */
	must(instead_of_key(data, size) != NULL && instead_of_cert(data, size) != NULL);
	must(ERR_peek_error() == 0);
	free(text);
	return 0;
}
