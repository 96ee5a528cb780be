/* SPDX-License-Identifier: ISC */
/*
 * Keys, certificates and revocation lists made on the spot.
 */
#include "tests/unit/x509/ids.h"

#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

static char *
text_of(BIO *bio)
{
	char *data, *copy;
	long len = BIO_get_mem_data(bio, &data);

	assert_non_null(copy = malloc((size_t)len + 1));
	memcpy(copy, data, (size_t)len);
	copy[len] = '\0';
	BIO_free(bio);
	return copy;
}

static void
extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *x;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	assert_non_null(x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value));
	assert_int_equal(X509_add_ext(cert, x, -1), 1);
	X509_EXTENSION_free(x);
}

/* A dNSName with any bytes, which a text couldn't hold. */
static void
dns_name(X509 *cert, const char *name, size_t len)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	GENERAL_NAME *one = GENERAL_NAME_new();
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();

	assert_int_equal(ASN1_STRING_set(s, name, (int)len), 1);
	GENERAL_NAME_set0_value(one, GEN_DNS, s);
	assert_true(sk_GENERAL_NAME_push(all, one) > 0);
	assert_int_equal(X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT),
	    1);
	GENERAL_NAMES_free(all);
}

static void
unknown_extension(X509 *cert)
{
	ASN1_OBJECT *o = OBJ_txt2obj("1.2.3.4.5.6.7", 1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509_EXTENSION *x;

	ASN1_OCTET_STRING_set(s, (const unsigned char *)"\x05", 2);
	assert_non_null(x = X509_EXTENSION_create_by_OBJ(NULL, o, 1, s));
	assert_int_equal(X509_add_ext(cert, x, -1), 1);
	X509_EXTENSION_free(x);
	ASN1_OCTET_STRING_free(s);
	ASN1_OBJECT_free(o);
}

static void
extensions(const struct look *l, X509 *cert, X509 *issuer)
{
	const struct {
		int nid;
		const char *value;
	} all[] = {
		{ NID_basic_constraints,
		    l->constraints != NULL ? l->constraints
			: l->ca		   ? "critical,CA:TRUE"
					   : NULL },
		{ NID_key_usage,
		    l->key_usage != NULL ? (l->key_usage[0] != '\0' ? l->key_usage : NULL)
			: l->ca		 ? "critical,keyCertSign,cRLSign"
					 : NULL },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier,
		    issuer != cert && X509_get0_subject_key_id(issuer) != NULL ? "keyid" : NULL },
		{ NID_ext_key_usage, l->usage },
		{ NID_name_constraints, l->constraint },
		{ NID_subject_alt_name, l->san_len == 0 ? l->san : NULL },
	};

	for (size_t i = 0; i < N(all); i++)
		if (all[i].value != NULL)
			extension(cert, issuer, all[i].nid, all[i].value);
	if (l->san_len != 0)
		dns_name(cert, l->san, l->san_len);
	if (l->unknown_critical)
		unknown_extension(cert);
}

struct id
id_make(const struct look *l, const struct id *by)
{
	static long serial = 1;
	struct id id = { .cert = X509_new() };
	X509 *issuer = by == NULL ? id.cert : by->cert;
	const EVP_MD *digest =
	    EVP_get_digestbyname(l->digest_name != NULL ? l->digest_name : "SHA256");
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned len;
	BIO *bio;

	id.key = l->bits != 0 ? EVP_RSA_gen((unsigned)l->bits)
			      : EVP_EC_gen(l->curve != NULL ? l->curve : "P-256");
	assert_non_null(id.key);
	X509_set_version(id.cert, l->old_version ? X509_VERSION_1 : X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(id.cert),
	    l->seconds != 0 ? l->seconds : l->from * DAY - 60);
	X509_gmtime_adj(X509_getm_notAfter(id.cert),
	    (l->from + (l->days != 0 ? l->days : 365)) * DAY);
	X509_set_pubkey(id.cert, id.key);
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(id.cert), "CN",
			     MBSTRING_UTF8, (const unsigned char *)l->name,
			     l->name_len != 0 ? (int)l->name_len : -1, -1, 0),
	    1);
	X509_set_issuer_name(id.cert, X509_get_subject_name(issuer));
	if (!l->old_version)
		extensions(l, id.cert, issuer);
	assert_true(X509_sign(id.cert, by == NULL ? id.key : by->key, digest) > 0);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, id.key, NULL, NULL, 0, NULL, NULL);
	id.key_pem = text_of(bio);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, id.cert);
	id.cert_pem = text_of(bio);
	assert_int_equal(X509_digest(id.cert, EVP_sha256(), sum, &len), 1);
	for (unsigned i = 0; i < len; i++)
		snprintf(id.hex + 2 * i, 3, "%02x", sum[i]);
	return id;
}

void
id_free(struct id *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
	free(id->key_pem);
	free(id->cert_pem);
	memset(id, 0, sizeof *id);
}

int
ids_run(const char *name, const struct CMUnitTest *tests, size_t n, const struct id_row *rows,
    size_t nrows)
{
	int failed;

	for (size_t i = 0; i < nrows; i++)
		*rows[i].id = id_make(&rows[i].look, rows[i].by);
	failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	for (size_t i = 0; i < nrows; i++)
		id_free(rows[i].id);
	return failed;
}

char *
crl_make(const struct id *issuer, const struct id *gone, int days)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, time(NULL)),
		  *next = ASN1_TIME_set(NULL, time(NULL) + (time_t)days * DAY);
	BIO *bio = BIO_new(BIO_s_mem());

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, next);
	if (gone != NULL) {
		X509_REVOKED *r = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(gone->cert));
		X509_REVOKED_set_revocationDate(r, now);
		X509_CRL_add0_revoked(crl, r);
	}
	X509_CRL_sign(crl, issuer->key, EVP_sha256());
	PEM_write_bio_X509_CRL(bio, crl);
	X509_CRL_free(crl);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
	return text_of(bio);
}
