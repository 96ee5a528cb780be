/* SPDX-License-Identifier: ISC */
/*
 * Revocation lists: reading them, who signed them, whom they revoke.
 */
#include "tests/unit/x509/ids.h"

#include <openssl/pem.h>

#include "lib/x509/crl.h"

static struct id ca, namesake, other, leaf, sister, no_list, sign_only;

static STACK_OF(X509_CRL) * read_text(const char *text, struct err *e)
{
	const struct source s = { "CRLS", text, strlen(text), true };

	return crls_read(&s, e);
}

static void
judged(void **state)
{
	char *text = crl_make(&ca, &leaf, 30), *old = crl_make(&ca, NULL, -2), both[16384];
	STACK_OF(X509_CRL) * all;
	X509_CRL *crl;
	struct err e;
	char said[CERT_DESCRIBE_SIZE];

	(void)state;
	snprintf(both, sizeof both, "words\n%s%s", text, old);
	assert_non_null(all = read_text(both, &e));
	assert_int_equal(sk_X509_CRL_num(all), 2);
	crl = sk_X509_CRL_value(all, 0);
	assert_true(crl_signed_by(crl, ca.cert));
	assert_false(crl_signed_by(crl, namesake.cert));
	assert_false(crl_signed_by(crl, other.cert));
	assert_true(crl_revokes(crl, leaf.cert));
	assert_false(crl_revokes(crl, sister.cert));
	assert_false(crl_revokes(crl, other.cert));
	assert_false(crl_revokes(sk_X509_CRL_value(all, 1), leaf.cert));
	assert_ptr_equal(crls_overdue(all), sk_X509_CRL_value(all, 1));
	crl_describe(crls_overdue(all), said, sizeof said);
	assert_memory_equal(said, "the list of \"CN=ca\" should have been replaced on 2", 49);
	crls_free(all);
	assert_non_null(all = read_text(text, &e));
	assert_null(crls_overdue(all));
	crls_free(all);
	assert_null(crls_overdue(NULL));
	free(text);
	free(old);
}

/* A list counts only where its signer may sign lists (RFC 5280, 4.2.1.3). */
static void
signers(void **state)
{
	const struct {
		const struct id *by;
		bool good;
	} rows[] = { { &ca, true }, { &leaf, true /* it says no usage */ }, { &no_list, false },
		{ &sign_only, false } };
	struct err e;

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char *text = crl_make(rows[i].by, NULL, 30);
		STACK_OF(X509_CRL) * all;

		assert_non_null(all = read_text(text, &e));
		assert_int_equal(crl_signed_by(sk_X509_CRL_value(all, 0), rows[i].by->cert),
		    rows[i].good);
		crls_free(all);
		free(text);
	}
}

static void
refused(void **state)
{
	static const char want[] =
	    "(given by the program): want certificate revocation lists in PEM form";
	char *crl = crl_make(&ca, NULL, 1), *many;
	BIO *bio = BIO_new(BIO_s_mem());
	X509_CRL *x;
	unsigned char password[] = "secret";
	char *data, text[16384];
	struct err e;
	long len;

	(void)state;
	assert_null(read_text("", &e));
	assert_string_equal(e.text, want);
	assert_null(read_text(ca.cert_pem, &e));
	assert_string_equal(e.text, want);
	snprintf(text, sizeof text, "%s%.200s", crl, crl); /* the second is cut */
	assert_null(read_text(text, &e));
	assert_string_equal(e.text, want);

	BIO_puts(bio, crl);
	assert_non_null(x = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL));
	assert_int_equal(PEM_ASN1_write_bio((i2d_of_void *)i2d_X509_CRL, PEM_STRING_X509_CRL, bio,
			     x, EVP_aes_128_cbc(), password, 6, NULL, NULL),
	    1);
	len = BIO_get_mem_data(bio, &data);
	snprintf(text, sizeof text, "%.*s", (int)len, data);
	assert_non_null(strstr(text, "Proc-Type: 4,ENCRYPTED"));
	assert_null(read_text(text, &e));
	assert_string_equal(e.text, want);
	X509_CRL_free(x);
	BIO_free(bio);

	assert_non_null(many = calloc(CRLS_MAX + 1, strlen(crl) + 1));
	for (int i = 0; i <= CRLS_MAX; i++)
		memcpy(many + (size_t)i * strlen(crl), crl, strlen(crl));
	assert_null(read_text(many, &e));
	assert_string_equal(e.text, "(given by the program): over 64 revocation lists");
	free(many);
	free(crl);
}

static const struct id_row ids[] = {
	{ &ca, { .name = "ca", .ca = true }, NULL },
	{ &namesake, { .name = "ca", .ca = true }, NULL },
	{ &other, { .name = "other", .ca = true }, NULL },
	{ &leaf, { .name = "leaf" }, &ca },
	{ &sister, { .name = "leaf" }, &ca },
	{ &no_list, { .name = "ca", .ca = true, .key_usage = "critical,keyCertSign" }, NULL },
	{ &sign_only, { .name = "pinned", .key_usage = "critical,digitalSignature" }, NULL },
};

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(judged),
		cmocka_unit_test(signers),
		cmocka_unit_test(refused),
	};

	return ids_run("crl", tests, N(tests), ids, N(ids));
}
