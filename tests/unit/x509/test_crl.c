/* SPDX-License-Identifier: ISC */
/*
 * Revocation lists: reading, their signers, and the certificates that they revoke.
 */
#include "tests/unit/x509/ids.h"

#include <time.h>

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

/* Other bytes in the file are an error, because an ignored list would revoke nothing. */
static void
second_in_another_form(void **state)
{
	char *first = crl_make(&other, NULL, 30), *second = crl_make(&ca, &leaf, 30), text[32768];
	const char *body = strchr(second, '\n') + 1;
	STACK_OF(X509_CRL) * all;
	struct err e;
	size_t len, n;
	X509_CRL *crl;
	BIO *bio;

	(void)state;
	for (int form = 0; form < 9; form++) {
		static const char *const says[] = { NULL, "part of one", "part of one",
			"1 of 2 revocation lists", "1 of 2 revocation lists", "binary data",
			"binary data", "got 'CERTIFICATE'", "part of one" };
		const struct source s = { "CRLS", text, 0, true };
		struct source whole = s;

		n = (size_t)snprintf(text, sizeof text,
		    "# words of people\nissuer=CN = other\n%s\n", first);
		if (form == 0) /* as it should be */
			n += (size_t)snprintf(text + n, sizeof text - n, "%s", second);
		else if (form == 1) /* no first line */
			n += (size_t)snprintf(text + n, sizeof text - n, "%s", body);
		else if (form == 2) /* mistyped */
			n += (size_t)snprintf(text + n, sizeof text - n,
			    "----BEGIN X509 CRL-----\n%s", body);
		else if (form == 8)
			n += (size_t)snprintf(text + n, sizeof text - n,
			    "\xe2\x80\x94"
			    "BEGIN X509 CRL\xe2\x80\x94\n%s",
			    body);
		else if (form == 7)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s", ca.cert_pem);
		else if (form == 6) { /* DER */
			bio = BIO_new_mem_buf(second, -1);
			assert_non_null(crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL));
			BIO_free(bio);
			bio = BIO_new(BIO_s_mem());
			i2d_X509_CRL_bio(bio, crl);
			n += (size_t)BIO_read(bio, text + n, (int)(sizeof text - n));
			BIO_free(bio);
			X509_CRL_free(crl);
		} else
			for (const char *p = second; *p != '\0'; p++) {
				if (form == 3 && (p == second || p[-1] == '\n'))
					text[n++] = ' ';
				text[n++] = form == 4 && *p == '\n' ? '\r' : *p;
				if (form == 5) /* UTF-16 */
					text[n++] = '\0';
			}
		len = n;
		whole.len = len;
		all = crls_read(&whole, &e);
		if (says[form] == NULL) {
			assert_int_equal(sk_X509_CRL_num(all), 2);
			crls_free(all);
			continue;
		}
		assert_null(all);
		if (strstr(e.text, says[form]) == NULL)
			fail_msg("form %d: want '%s', got '%s'", form, says[form], e.text);
	}
	free(first);
	free(second);
}

/* A list of 'cert crl' can be read: over 1 MiB, and up to the limit of both. */
static void
large(void **state)
{
	const int counts[] = { 40000, 300000 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		X509_CRL *crl = X509_CRL_new();
		ASN1_TIME *now = ASN1_TIME_set(NULL, time(NULL));
		ASN1_INTEGER *serial = ASN1_INTEGER_new();
		BIO *bio = BIO_new(BIO_s_mem());
		struct source s = { "CRLS", NULL, 0, true };
		STACK_OF(X509_CRL) * all;
		struct err e;
		char *data;

		X509_CRL_set_version(crl, 1);
		X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca.cert));
		X509_CRL_set1_lastUpdate(crl, now);
		for (int k = 0; k < counts[i]; k++) {
			X509_REVOKED *r = X509_REVOKED_new();

			ASN1_INTEGER_set_uint64(serial, (1ull << 62) + (uint64_t)k);
			X509_REVOKED_set_serialNumber(r, serial);
			X509_REVOKED_set_revocationDate(r, now);
			X509_CRL_add0_revoked(crl, r);
		}
		X509_CRL_sign(crl, ca.key, EVP_sha256());
		PEM_write_bio_X509_CRL(bio, crl);
		s.len = (size_t)BIO_get_mem_data(bio, &data);
		s.text = data;
		all = crls_read(&s, &e);
		if (i == 0) {
			assert_true(s.len > CERT_FILE_MAX);
			assert_int_equal(sk_X509_CRL_num(all), 1);
		} else {
			assert_true(s.len > CRL_FILE_MAX);
			assert_null(all);
			assert_int_equal(e.code, ERR_TOO_LARGE);
		}
		crls_free(all);
		BIO_free(bio);
		ASN1_INTEGER_free(serial);
		ASN1_TIME_free(now);
		X509_CRL_free(crl);
	}
}

/* A list signed with a weak digest could be forged. */
static void
weak_list(void **state)
{
	static const char *const digests[] = { "SHA1", "MD5", "SHA256" };
	struct id rsa = id_make(&(struct look){ .name = "rsa", .ca = true, .bits = 2048 }, NULL);
	char *text = crl_make(&rsa, NULL, 30);
	struct err e;

	(void)state;
	for (size_t i = 0; i < N(digests); i++) {
		BIO *in = BIO_new_mem_buf(text, -1), *out = BIO_new(BIO_s_mem());
		X509_CRL *crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);
		struct source s = { "CRLS", NULL, 0, true };
		STACK_OF(X509_CRL) * all;
		char *data;

		assert_true(X509_CRL_sign(crl, rsa.key, EVP_get_digestbyname(digests[i])) > 0);
		PEM_write_bio_X509_CRL(out, crl);
		s.len = (size_t)BIO_get_mem_data(out, &data);
		s.text = data;
		all = crls_read(&s, &e);
		assert_int_equal(all != NULL, i == 2);
		if (all == NULL)
			assert_non_null(strstr(e.text, "too weak: want SHA-256 or stronger"));
		crls_free(all);
		X509_CRL_free(crl);
		BIO_free(in);
		BIO_free(out);
	}
	free(text);
	id_free(&rsa);
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
	assert_memory_equal(e.text, want, sizeof want - 1);
	assert_string_equal(e.text + sizeof want - 1, "; got nothing");
	assert_null(read_text(ca.cert_pem, &e));
	assert_memory_equal(e.text, want, sizeof want - 1);
	assert_string_equal(e.text + sizeof want - 1,
	    "; got a certificate; its CA gives lists out");
	snprintf(text, sizeof text, "%s%.200s", crl, crl); /* the second is cut */
	assert_null(read_text(text, &e));
	assert_string_equal(e.text, want);

	BIO_puts(bio, crl);
	assert_non_null(x = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL));
	assert_int_equal(i2d_X509_CRL_bio(bio, x), 1);
	len = BIO_get_mem_data(bio, &data);
	assert_null(crls_read(&(struct source){ "CRLS", data, (size_t)len, true }, &e));
	assert_non_null(strstr(e.text, "; got one in DER form; 'openssl crl -inform DER -in FILE"));
	(void)BIO_reset(bio);
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
		cmocka_unit_test(second_in_another_form),
		cmocka_unit_test(large),
		cmocka_unit_test(weak_list),
	};

	return ids_run("crl", tests, N(tests), ids, N(ids));
}
