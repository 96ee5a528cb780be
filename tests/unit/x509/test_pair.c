/* SPDX-License-Identifier: ISC */
/*
 * Judging a key and its certificate, and faults of chains that OpenSSL accepts.
 */
#include "tests/unit/x509/ids.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "lib/x509/judge.h"
#include "lib/x509/pair.h"

#define NO_USE \
	"CERT: (given by the program): want a key that handshakes can use (RSA of 2048 bits or more, P-256, P-384, P-521, Ed25519), got "

static struct id ca, good, other;

static const struct pair_row {
	const char *name;
	struct look look;
	const char *key, *cert; /* instead of those of look; "" or words */
	enum err_code code;
	const char *says;
	bool by_ca, client;
} pairs[] = {
	{ "good", { .name = "a" }, NULL, NULL, ERR_NONE, "", false, false },
	{ "good, RSA", { .name = "a", .bits = 2048 }, NULL, NULL, ERR_NONE, "", false, false },
	{ "expired", { .name = "a", .from = -10, .days = 5 }, NULL, NULL, ERR_EXPIRED,
	    "CERT: (given by the program): the certificate is expired (subject \"CN=a\"", false,
	    false },
	{ "not yet", { .name = "a", .from = 5 }, NULL, NULL, ERR_EXPIRED,
	    "CERT: (given by the program): the certificate is not valid yet (subject", false,
	    false },
	{ "RSA 1024", { .name = "a", .bits = 1024 }, NULL, NULL, ERR_CRYPTO,
	    "CERT: (given by the program): OpenSSL can't use the pair ('openssl genrsa -out NEW 4096' makes a longer key): ee key too small",
	    false, false },
	{ "good, P-384", { .name = "a", .curve = "P-384" }, NULL, NULL, ERR_NONE, "", false,
	    false },
	{ "good, P-521", { .name = "a", .curve = "P-521" }, NULL, NULL, ERR_NONE, "", false,
	    false },
	{ "P-224", { .name = "a", .curve = "P-224" }, NULL, NULL, ERR_CRYPTO,
	    NO_USE "EC secp224r1 of ", false, false },
	{ "secp256k1", { .name = "a", .curve = "secp256k1" }, NULL, NULL, ERR_CRYPTO,
	    NO_USE "EC secp256k1 of ", false, false },
	{ "brainpool", { .name = "a", .curve = "brainpoolP256r1" }, NULL, NULL, ERR_CRYPTO,
	    NO_USE "EC brainpoolP256r1 of ", false, false },
	{ "brainpool, of a client", { .name = "a", .curve = "brainpoolP384r1" }, NULL, NULL,
	    ERR_CRYPTO, NO_USE "EC brainpoolP384r1 of ", false, true },
	{ "over 100 kB", { .name = "a", .san_len = 110000 }, NULL, NULL, ERR_CRYPTO,
	    "CERT: (given by the program): no handshake can use the pair: excessive message size",
	    false, false },
	{ "below 100 kB", { .name = "a", .san_len = 90000 }, NULL, NULL, ERR_NONE, "", false,
	    false },
	{ "a weak signature of its own", { .name = "a", .digest_name = "SHA1" }, NULL, NULL,
	    ERR_NONE, "", false, false },
	{ "a weak signature of a CA", { .name = "a", .digest_name = "SHA1" }, NULL, NULL,
	    ERR_SIGNATURE,
	    "CERT: (given by the program): certificate 1 is signed with ecdsa-with-SHA1, which is too weak",
	    true, false },
	{ "for servers", { .name = "a", .usage = "serverAuth" }, NULL, NULL, ERR_NONE, "", true,
	    false },
	{ "for clients, a server", { .name = "a", .usage = "clientAuth" }, NULL, NULL, ERR_CONFIG,
	    "CERT: (given by the program): the certificate's key usages don't allow it to be a server's",
	    true, false },
	{ "for servers, a client", { .name = "a", .usage = "serverAuth" }, NULL, NULL, ERR_CONFIG,
	    "CERT: (given by the program): the certificate's key usages don't allow it to be a client's",
	    true, true },
	{ "no key", { .name = "a" }, "", NULL, ERR_CONFIG, "KEY and CERT must both be set", false,
	    false },
	{ "no certificate", { .name = "a" }, NULL, "", ERR_CONFIG, "KEY and CERT must both be set",
	    false, false },
	{ "words for a key", { .name = "a" }, "words", NULL, ERR_SYNTAX,
	    "KEY: (given by the program): want an unencrypted private key in PEM form", false,
	    false },
	{ "words for a certificate", { .name = "a" }, NULL, "words", ERR_SYNTAX,
	    "CERT: (given by the program): want a certificate in PEM form", false, false },
};

/* A key of DSA; nothing else is secured with it. */
static const char dsa_key[] = "-----BEGIN PRIVATE KEY-----\n"
			      "MIICXQIBADCCAjUGByqGSM44BAEwggIoAoIBAQC/iNA4rlT8a6do4sRXWICujLMO\n"
			      "edb/dFZAXqrvDeKs3aeRQP3Rb+Ff8wExyGZRhrjYrzkV4aH4ajSVcoLvygwEnqtr\n"
			      "RHL/5WeBnOxSRqEsoJ0/mLbBq1aOZR0b1rh9davN283apmafQb3/Q3WuS4SJC8LM\n"
			      "e3rMJ6XtjsxF2hDjS+wadiDJ3SfESTqd2xCqah/X1lb55cSAGvYM/n25lA8djc9D\n"
			      "QtStrb/ySBu4a3nEOjHRBM+3kv1HvbPma+C8vCGFys3M8ZZf0IMjzqFaf6yYGzjF\n"
			      "siCCWCkUR2qK+u25tHym2YYmyN4lqrmiZ8hh3AK+5FNaGmRaF/BN/JH9g21PAh0A\n"
			      "40PbqSw85oANFKIgHnSo+bTrOBQntbbTewZLvQKCAQBunOjcM8iaLo3/YdYwHMg3\n"
			      "32GuDbDinYIXtWGBl+CeVbl6eNZ6UQTy3WXZ2TRMu4/yKGV/b7NIvTGU/9u6R2nw\n"
			      "fJc6B6Nji+W1+axwL8XodsFLo/lnraNmF1NzI40qy5Q2uUCGiE33C//coPVR5vJP\n"
			      "G++F5ibqSDOBcG2vi6MDSUnuoRQRv9pekQ7f6dh/gUIbLFmOX5LBj+TZRgpeRhJ3\n"
			      "VBUPLAnWI5Hv9b00G10lZi7tptG51QLXr6xeSm/sJHPqkOC6LHEItEFLjN1zEU2U\n"
			      "1yu1kVqYfbS8IBXZFKPfnSVISqwOwg0dwilgSTLMToBVovUNbdcIdMjMDnSx0hsI\n"
			      "BB8CHQCwJnOWI4nF+5It/jZ3UniW2UnmQYBeDOPm0W+B\n"
			      "-----END PRIVATE KEY-----\n";

static struct source
source_of(const char *label, const char *text)
{
	return (struct source){ label, text, strlen(text), true };
}

static void
pair(void **state)
{
	const struct pair_row *r = *state;
	struct id id = id_make(&r->look, r->by_ca ? &ca : NULL);
	struct source key = source_of("KEY", r->key != NULL ? r->key : id.key_pem);
	struct source cert = source_of("CERT", r->cert != NULL ? r->cert : id.cert_pem);
	struct err e = { 0 };
	struct pair p;

	assert_int_equal(pair_read(&p, &key, &cert, r->client, false, &e),
	    r->code == ERR_NONE ? 0 : -1);
	assert_int_equal(e.code, r->code);
	assert_memory_equal(e.text, r->says, strlen(r->says));
	if (r->code == ERR_NONE) {
		assert_int_equal(EVP_PKEY_eq(p.key, id.key), 1);
		assert_int_equal(sk_X509_num(p.chain), 1);
		assert_int_equal(p.remark.code, ERR_NONE);
		assert_int_equal(p.doubt.code, ERR_NONE);
		pair_free(&p);
	}
	assert_null(p.key);
	assert_null(p.chain);
	id_free(&id);
}

static void
not_its_key(void **state)
{
	struct source key = source_of("KEY", other.key_pem);
	struct source cert = source_of("CERT", good.cert_pem);
	char chain[16384];
	struct pair p;
	struct err e;

	(void)state;
	assert_err(pair_read(&p, &key, &cert, false, false, &e), ERR_CONFIG, &e);
	assert_non_null(strstr(e.text,
	    "(given by the program) is not the key of the certificate in (given by the program)"));
	assert_non_null(strstr(e.text, good.hex));

	/* The issuer's first, as some authorities write the chain. */
	snprintf(chain, sizeof chain, "%s%s", ca.cert_pem, good.cert_pem);
	key = source_of("KEY", good.key_pem);
	cert = source_of("CERT", chain);
	assert_err(pair_read(&p, &key, &cert, false, false, &e), ERR_CONFIG, &e);
	assert_non_null(strstr(e.text, "but of number 2: want its own first"));
}

/* A key and its self-signed certificate, as in files. */
static void
odd_id(EVP_PKEY *key, const EVP_MD *md, char *key_pem, char *cert_pem, size_t size)
{
	X509 *x = X509_new();
	BIO *out[2] = { BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()) };
	char *text[2] = { key_pem, cert_pem };

	assert_non_null(key);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -DAY);
	X509_gmtime_adj(X509_getm_notAfter(x), DAY);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"odd", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, md) > 0);
	assert_int_equal(PEM_write_bio_PrivateKey(out[0], key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(PEM_write_bio_X509(out[1], x), 1);
	for (int i = 0; i < 2; i++) {
		int len = BIO_read(out[i], text[i], (int)size - 1);

		assert_true(len > 0);
		text[i][len] = '\0';
		BIO_free(out[i]);
	}
	X509_free(x);
	EVP_PKEY_free(key);
}

/* A key of RSA-PSS that may sign with one digest alone. */
static EVP_PKEY *
pss_key(const EVP_MD *md)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_md(ctx, md), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(ctx, md), 1);
	assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Kinds of keys that OpenSSL reads and matches, and with which no handshake of ours succeeds. */
static void
odd_kinds(void **state)
{
	BIO *dsa = BIO_new_mem_buf(dsa_key, -1);
	const struct {
		EVP_PKEY *key;
		const EVP_MD *md;
		const char *says; /* NULL: it is good */
	} rows[] = {
		{ PEM_read_bio_PrivateKey(dsa, NULL, NULL, NULL), EVP_sha256(),
		    NO_USE "DSA of 2048 bits" },
		{ pss_key(EVP_sha1()), EVP_sha1(),
		    "CERT: (given by the program): no handshake can use the pair: " },
		{ pss_key(EVP_sha224()), EVP_sha224(),
		    "CERT: (given by the program): no handshake can use the pair: " },
		{ pss_key(EVP_sha256()), EVP_sha256(), NULL },
		{ EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, NULL },
		{ EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char key_pem[8192], cert_pem[8192];
		struct source key, cert;
		struct err e = { 0 };
		struct pair p;

		odd_id(rows[i].key, rows[i].md, key_pem, cert_pem, sizeof key_pem);
		key = source_of("KEY", key_pem);
		cert = source_of("CERT", cert_pem);
		if (rows[i].says == NULL) {
			assert_ok(pair_read(&p, &key, &cert, false, false, &e), &e);
			pair_free(&p);
			continue;
		}
		assert_err(pair_read(&p, &key, &cert, false, false, &e), ERR_CRYPTO, &e);
		assert_memory_equal(e.text, rows[i].says, strlen(rows[i].says));
	}
	BIO_free(dsa);
}

/* A wrong use of a certificate that is its own issuer: peers that pin the certificate accept it. */
static void
doubtful(void **state)
{
	struct id own = id_make(&(struct look){ .name = "own", .usage = "clientAuth" }, NULL);
	struct source key = source_of("KEY", own.key_pem), cert = source_of("CERT", own.cert_pem);
	struct pair p;
	struct err e;

	(void)state;
	assert_ok(pair_read(&p, &key, &cert, false, false, &e), &e);
	assert_int_equal(p.doubt.code, ERR_CONFIG);
	assert_string_equal(p.doubt.text,
	    "the certificate's key usages don't allow it to be a server's");
	pair_free(&p);
	assert_ok(pair_read(&p, &key, &cert, true, false, &e), &e);
	assert_int_equal(p.doubt.code, ERR_NONE);
	pair_free(&p);
	id_free(&own);
}

/* Chains, each character an id: c, g, o; w: a weak one of the CA, s: a weak one of its own. */
static const struct chain_row {
	const char *name, *chain;
	const char *says[3]; /* faults in order; "~" begins a warning */
} chains[] = {
	{ "chain: good", "gc", { NULL } },
	{ "chain: alone", "g", { NULL } },
	{ "chain: wrong order", "cg",
	    { "F: certificate 1 is not issued by certificate 2: want the server's first" } },
	{ "chain: a stranger between", "goc",
	    { "F: certificate 1 is not issued by certificate 2",
		"F: certificate 2 is not issued by certificate 3" } },
	{ "chain: weak signature", "wc",
	    { "F: certificate 1 is signed with ecdsa-with-SHA1: want SHA-256 or stronger" } },
	{ "chain: weak signature of its own", "s",
	    { "~F: certificate 1 is signed with ecdsa-with-SHA1" } },
};

struct faults {
	const struct chain_row *row;
	size_t n;
};

static void
take(void *arg, bool warning, const struct err *e)
{
	struct faults *f = arg;
	const char *want = f->n < N(f->row->says) ? f->row->says[f->n] : NULL;

	if (want == NULL)
		fail_msg("not wanted: %s", e->text);
	assert_int_equal(warning, *want == '~');
	want += *want == '~';
	assert_memory_equal(e->text, want, strlen(want));
	f->n++;
}

static void
chain(void **state)
{
	const struct chain_row *r = *state;
	struct id weak = id_make(&(struct look){ .name = "weak", .digest_name = "SHA1" }, &ca);
	struct id self = id_make(&(struct look){ .name = "self", .digest_name = "SHA1" }, NULL);
	struct id server = id_make(&(struct look){ .name = "server", .usage = "serverAuth" }, &ca);
	STACK_OF(X509) *all = sk_X509_new_null();
	struct faults f = { r, 0 };

	for (const char *p = r->chain; *p != '\0'; p++)
		sk_X509_push(all,
		    *p == 'c'	    ? ca.cert
			: *p == 'g' ? good.cert
			: *p == 'o' ? other.cert
			: *p == 'w' ? weak.cert
			: *p == 's' ? self.cert
				    : server.cert);
	judge_chain(all, "F", take, &f);
	assert_true(f.n == N(r->says) || r->says[f.n] == NULL);
	sk_X509_free(all);
	id_free(&weak);
	id_free(&self);
	id_free(&server);
}

static const struct id_row ids[] = {
	{ &ca, { .name = "ca", .ca = true, .key_usage = "critical,keyCertSign,digitalSignature" },
	    NULL },
	{ &good, { .name = "good" }, &ca },
	{ &other, { .name = "other" }, NULL },
};

int
main(void)
{
	static struct CMUnitTest tests[N(pairs) + N(chains) + 3] = { cmocka_unit_test(not_its_key),
		cmocka_unit_test(odd_kinds), cmocka_unit_test(doubtful) };
	size_t n = 3;

	TEST_ROWS(tests, n, pairs, pair);
	TEST_ROWS(tests, n, chains, chain);
	return ids_run("pair", tests, n, ids, N(ids));
}
