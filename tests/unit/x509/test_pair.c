/* SPDX-License-Identifier: ISC */
/*
 * A key and its certificate, judged, and faults of chains that OpenSSL takes.
 */
#include "tests/unit/x509/ids.h"

#include "lib/x509/judge.h"
#include "lib/x509/pair.h"

static struct id ca, good, other;

static const struct pair_row {
	const char *name;
	struct look look;
	const char *key, *cert; /* instead of those of look; "" or words */
	enum err_code code;
	const char *says;
} pairs[] = {
	{ "good", { .name = "a" }, NULL, NULL, ERR_NONE, "" },
	{ "good, RSA", { .name = "a", .bits = 2048 }, NULL, NULL, ERR_NONE, "" },
	{ "expired", { .name = "a", .from = -10, .days = 5 }, NULL, NULL, ERR_EXPIRED,
	    "CERT: (given by the program): the certificate is expired (subject \"CN=a\"" },
	{ "not yet", { .name = "a", .from = 5 }, NULL, NULL, ERR_EXPIRED,
	    "CERT: (given by the program): the certificate is not valid yet (subject" },
	{ "RSA 1024", { .name = "a", .bits = 1024 }, NULL, NULL, ERR_CRYPTO,
	    "CERT: (given by the program): OpenSSL can't use the pair: ee key too small" },
	{ "no key", { .name = "a" }, "", NULL, ERR_CONFIG, "KEY and CERT must both be set" },
	{ "no certificate", { .name = "a" }, NULL, "", ERR_CONFIG,
	    "KEY and CERT must both be set" },
	{ "words for a key", { .name = "a" }, "words", NULL, ERR_SYNTAX,
	    "KEY: (given by the program): want an unencrypted private key in PEM form" },
	{ "words for a certificate", { .name = "a" }, NULL, "words", ERR_SYNTAX,
	    "CERT: (given by the program): want a certificate in PEM form" },
};

static struct source
source_of(const char *label, const char *text)
{
	return (struct source){ label, text, strlen(text), true };
}

static void
pair(void **state)
{
	const struct pair_row *r = *state;
	struct id id = id_make(&r->look, NULL);
	struct source key = source_of("KEY", r->key != NULL ? r->key : id.key_pem);
	struct source cert = source_of("CERT", r->cert != NULL ? r->cert : id.cert_pem);
	struct err e = { 0 };
	struct pair p;

	assert_int_equal(pair_read(&p, &key, &cert, false, &e), r->code == ERR_NONE ? 0 : -1);
	assert_int_equal(e.code, r->code);
	assert_memory_equal(e.text, r->says, strlen(r->says));
	if (r->code == ERR_NONE) {
		assert_int_equal(EVP_PKEY_eq(p.key, id.key), 1);
		assert_int_equal(sk_X509_num(p.chain), 1);
		assert_int_equal(p.remark.code, ERR_NONE);
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
	struct pair p;
	struct err e;

	(void)state;
	assert_err(pair_read(&p, &key, &cert, false, &e), ERR_CONFIG, &e);
	assert_non_null(strstr(e.text,
	    "(given by the program) is not the key of the certificate in (given by the program)"));
	assert_non_null(strstr(e.text, good.hex));
}

/* Chains, each character an id: c, g, o; w: a weak one of the CA, s: a weak one of its own. */
static const struct chain_row {
	const char *name, *chain;
	bool client;
	const char *says[3]; /* faults in order; "~" begins a warning */
} chains[] = {
	{ "chain: good", "gc", false, { NULL } },
	{ "chain: alone", "g", true, { NULL } },
	{ "chain: not for clients", "v", true,
	    { "F: the certificate's key usages don't allow it to be a client's" } },
	{ "chain: wrong order", "cg", false,
	    { "F: certificate 1 is not issued by certificate 2: want the server's first" } },
	{ "chain: a stranger between", "goc", false,
	    { "F: certificate 1 is not issued by certificate 2",
		"F: certificate 2 is not issued by certificate 3" } },
	{ "chain: weak signature", "wc", false,
	    { "F: certificate 1 is signed with ecdsa-with-SHA1: want SHA-256 or stronger" } },
	{ "chain: weak signature of its own", "s", false,
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
	judge_chain(all, "F", r->client, take, &f);
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
	static struct CMUnitTest tests[N(pairs) + N(chains) + 1] = { cmocka_unit_test(
	    not_its_key) };
	size_t n = 1;

	TEST_ROWS(tests, n, pairs, pair);
	TEST_ROWS(tests, n, chains, chain);
	return ids_run("pair", tests, n, ids, N(ids));
}
