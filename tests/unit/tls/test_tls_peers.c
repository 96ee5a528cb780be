/* SPDX-License-Identifier: ISC */
/*
 * lib/tls: bad certificates of peers, and the texts by which our clients and our servers refuse
 * them. A refusal changes nothing: the next good certificate is accepted.
 *
 * The peers use OpenSSL directly, with every check switched off.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/ssl.h>

static struct id ca, kernel, other_ca, namesake_ca, no_ca, stranger;

/* The issuer of a certificate. */
enum signer { BY_CA, BY_SELF, BY_OTHER_CA, BY_NAMESAKE, BY_NO_CA, BY_MIDDLE };

/* Other faults. */
enum twist { NOTHING, FLIPPED, WITHOUT_KEY, REVOKED, MIDDLE_REVOKED, MIDDLE_NOT_SENT };

/*
 * A peer's certificate, and the errors of our client (for a server's certificate) and of our server
 * (for a client's); NULL: accepted.
 */
static const struct peer_row {
	const char *name;
	struct look look;
	enum signer by;
	bool pinned; /* TLS_TrustedCerts has the certificate itself; otherwise the CA */
	const char *client_says, *server_says;
	enum twist twist;
	struct look middle; /* the CA between, itself signed by the CA */
	bool tls12;	    /* only TLS 1.2 can be spoken with such a key */
} peers[] = {
	/* Good ones, which show that the rows below are refused for their faults. */
	{ "good, of the CA", { .name = "good" }, BY_CA, false, NULL, NULL, NOTHING, { 0 }, false },
	{ "good, pinned", { .name = "good" }, BY_SELF, true, NULL, NULL, NOTHING, { 0 }, false },
	{ "good, of the CA and pinned", { .name = "good" }, BY_CA, true, NULL, NULL, NOTHING, { 0 },
	    false },
	{ "good, RSA 2048", { .name = "good", .bits = 2048 }, BY_CA, false, NULL, NULL, NOTHING,
	    { 0 }, false },
	{ "good, TLS 1.2", { .name = "good" }, BY_CA, false, NULL, NULL, NOTHING, { 0 }, true },
	{ "good, P-384", { .name = "good", .curve = "P-384" }, BY_CA, false, NULL, NULL, NOTHING,
	    { 0 }, false },
	{ "good, P-384, TLS 1.2", { .name = "good", .curve = "P-384" }, BY_CA, false, NULL, NULL,
	    NOTHING, { 0 }, true },
	{ "good, P-384, TLS 1.2, pinned", { .name = "good", .curve = "P-384" }, BY_SELF, true, NULL,
	    NULL, NOTHING, { 0 }, true },
	{ "good, RSA 4096, TLS 1.2", { .name = "good", .bits = 4096 }, BY_CA, false, NULL, NULL,
	    NOTHING, { 0 }, true },
	{ "good, for servers and clients", { .name = "good", .usage = "serverAuth,clientAuth" },
	    BY_CA, false, NULL, NULL, NOTHING, { 0 }, false },
	{ "good, with a CA between", { .name = "good" }, BY_MIDDLE, false, NULL, NULL, NOTHING,
	    { .name = "middle", .ca = true }, false },
	{ "good, a name within the constraint",
	    { .name = "good", .san = "DNS:kernel.plant.example" }, BY_MIDDLE, false, NULL, NULL,
	    NOTHING,
	    { .name = "middle", .ca = true, .constraint = "critical,permitted;DNS:plant.example" },
	    false },

	/* Dates. */
	{ "expired", { .name = "old", .from = -10, .days = 5 }, BY_CA, false, "expired", "expired",
	    NOTHING, { 0 }, false },
	{ "expired, pinned", { .name = "old", .from = -10, .days = 5 }, BY_SELF, true, "is expired",
	    "is expired", NOTHING, { 0 }, false },
	{ "not yet valid", { .name = "early", .from = 5 }, BY_CA, false, "not yet valid",
	    "not yet valid", NOTHING, { 0 }, false },
	{ "not yet valid, pinned", { .name = "early", .from = 5 }, BY_SELF, true, "not valid yet",
	    "not valid yet", NOTHING, { 0 }, false },
	{ "the CA between has expired", { .name = "leaf" }, BY_MIDDLE, false, "expired", "expired",
	    NOTHING, { .name = "middle", .ca = true, .from = -10, .days = 5 }, false },

	/* The issuer. */
	{ "self-signed, not pinned", { .name = "self" }, BY_SELF, false, "self-signed",
	    "self-signed", NOTHING, { 0 }, false },
	{ "of another CA", { .name = "leaf" }, BY_OTHER_CA, false, "unable to get local issuer",
	    "unable to get local issuer", NOTHING, { 0 }, false },
	{ "of a CA with the same name", { .name = "leaf" }, BY_NAMESAKE, false,
	    "unable to get local issuer", "unable to get local issuer", NOTHING, { 0 }, false },
	{ "one bit of the signature is another", { .name = "leaf" }, BY_CA, false,
	    "signature failure", "signature failure", FLIPPED, { 0 }, false },
	{ "pinned, but one bit is another", { .name = "leaf" }, BY_SELF, true, "is not trusted",
	    "is not trusted", FLIPPED, { 0 }, false },
	{ "pinned, without its key", { .name = "stolen" }, BY_SELF, true, "bad signature",
	    "bad signature", WITHOUT_KEY, { 0 }, false },
	{ "the CA between was not sent", { .name = "leaf" }, BY_MIDDLE, false,
	    "unable to get local issuer", "unable to get local issuer", MIDDLE_NOT_SENT,
	    { .name = "middle", .ca = true }, false },

	/* The issuer isn't a CA that may sign this certificate. */
	{ "signed by a certificate that is no CA", { .name = "leaf" }, BY_NO_CA, false,
	    "is not trusted", "is not trusted", NOTHING, { 0 }, false },
	{ "between is a certificate without CA flag", { .name = "leaf" }, BY_MIDDLE, false,
	    "invalid CA certificate", "invalid CA certificate", NOTHING, { .name = "middle" },
	    false },
	{ "between is one that says it is no CA", { .name = "leaf" }, BY_MIDDLE, false,
	    "invalid CA certificate", "invalid CA certificate", NOTHING,
	    { .name = "middle", .constraints = "critical,CA:FALSE" }, false },
	{ "between is a certificate of version 1", { .name = "leaf" }, BY_MIDDLE, false,
	    "is not trusted", "is not trusted", NOTHING, { .name = "middle", .old_version = true },
	    false },
	{ "between is a CA that may not sign", { .name = "leaf" }, BY_MIDDLE, false,
	    "is not trusted", "is not trusted", NOTHING,
	    { .name = "middle", .ca = true, .key_usage = "critical,digitalSignature" }, false },
	{ "name outside the constraint", { .name = "leaf", .san = "DNS:kernel.bank.example" },
	    BY_MIDDLE, false, "permitted subtree violation", "permitted subtree violation", NOTHING,
	    { .name = "middle", .ca = true, .constraint = "critical,permitted;DNS:plant.example" },
	    false },
	{ "address that the constraint excludes", { .name = "leaf", .san = "IP:10.1.2.3" },
	    BY_MIDDLE, false, "excluded subtree violation", "excluded subtree violation", NOTHING,
	    { .name = "middle",
		.ca = true,
		.constraint = "critical,excluded;IP:10.0.0.0/255.0.0.0" },
	    false },
	{ "NUL in a name", { .name = "kernel.plant.example\0.bank.example", .name_len = 34 },
	    BY_MIDDLE, false, "name syntax", "name syntax", NOTHING,
	    { .name = "middle", .ca = true, .constraint = "critical,permitted;DNS:plant.example" },
	    false },
	{ "NUL in an alternative name",
	    { .name = "leaf", .san = "kernel.plant.example\0.bank.example", .san_len = 34 },
	    BY_MIDDLE, false, "permitted subtree violation", "permitted subtree violation", NOTHING,
	    { .name = "middle", .ca = true, .constraint = "critical,permitted;DNS:plant.example" },
	    false },

	/* The use of the certificate. */
	{ "for clients only", { .name = "leaf", .usage = "clientAuth" }, BY_CA, false, "purpose",
	    NULL, NOTHING, { 0 }, false },
	{ "for servers only", { .name = "leaf", .usage = "serverAuth" }, BY_CA, false, NULL,
	    "purpose", NOTHING, { 0 }, false },
	{ "for e-mail only", { .name = "leaf", .usage = "emailProtection" }, BY_CA, false,
	    "purpose", "purpose", NOTHING, { 0 }, false },
	{ "its key may only sign certificates",
	    { .name = "leaf", .key_usage = "critical,keyCertSign" }, BY_CA, false, "is not trusted",
	    "is not trusted", NOTHING, { 0 }, false },
	{ "critical extension that nobody knows", { .name = "leaf", .unknown_critical = true },
	    BY_CA, false, "critical extension", "critical extension", NOTHING, { 0 }, false },
	{ "... in the CA between", { .name = "leaf" }, BY_MIDDLE, false, "critical extension",
	    "critical extension", NOTHING,
	    { .name = "middle", .ca = true, .unknown_critical = true }, false },

	/* Too weak. */
	{ "MD5 signature", { .name = "leaf", .digest_name = "MD5" }, BY_CA, false, "too weak",
	    "too weak", NOTHING, { 0 }, false },
	{ "SHA-1 signature", { .name = "leaf", .digest_name = "SHA1" }, BY_CA, false, "too weak",
	    "too weak", NOTHING, { 0 }, false },
	{ "SHA-1 signature of the CA between", { .name = "leaf" }, BY_MIDDLE, false, "too weak",
	    "too weak", NOTHING, { .name = "middle", .ca = true, .digest_name = "SHA1" }, false },
	{ "RSA 512", { .name = "leaf", .bits = 512 }, BY_CA, false, "too", "too", NOTHING, { 0 },
	    true },
	{ "RSA 512, pinned", { .name = "leaf", .bits = 512 }, BY_SELF, true, "too", "too", NOTHING,
	    { 0 }, true },
	{ "RSA 1024", { .name = "leaf", .bits = 1024 }, BY_CA, false, "too weak", "too weak",
	    NOTHING, { 0 }, false },
	{ "RSA 1024, pinned", { .name = "leaf", .bits = 1024 }, BY_SELF, true, "too weak",
	    "too weak", NOTHING, { 0 }, false },
	{ "RSA 1024 of the CA between", { .name = "leaf" }, BY_MIDDLE, false, "too weak",
	    "too weak", NOTHING, { .name = "middle", .ca = true, .bits = 1024 }, false },

	/* Revoked. */
	{ "revoked", { .name = "leaf" }, BY_CA, false, "revoked", "revoked", REVOKED, { 0 },
	    false },
	{ "the CA between is revoked", { .name = "leaf" }, BY_MIDDLE, false, "revoked", "revoked",
	    MIDDLE_REVOKED, { .name = "middle", .ca = true }, false },
};

/* A key with the public half of one key and the private half of another. */
static EVP_PKEY *
without_key(const struct id *one, const struct id *another)
{
	unsigned char point[256];
	size_t len = 0;
	BIGNUM *secret = NULL;
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_get_octet_string_param(one->key, OSSL_PKEY_PARAM_PUB_KEY, point,
			     sizeof point, &len),
	    1);
	assert_int_equal(EVP_PKEY_get_bn_param(another->key, OSSL_PKEY_PARAM_PRIV_KEY, &secret), 1);
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, len);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, secret);
	assert_non_null(params = OSSL_PARAM_BLD_to_param(b));
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_clear_free(secret);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* The same certificate with the last bit of its signature turned. */
static X509 *
flipped(X509 *cert)
{
	unsigned char *der = NULL;
	const unsigned char *p;
	int len = i2d_X509(cert, &der);
	X509 *copy;

	assert_true(len > 0);
	der[len - 1] ^= 1;
	p = der;
	assert_non_null(copy = d2i_X509(NULL, &p, len));
	OPENSSL_free(der);
	return copy;
}

/* OpenSSL as an attacker uses it: it sends any certificate and accepts any. */
static SSL_CTX *
careless(bool server, const struct peer_row *r, const struct id *leaf, const struct id *middle)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	/* the macro takes no const */
	char signatures[] = "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA+SHA256";
	EVP_PKEY *key = r->twist == WITHOUT_KEY ? without_key(leaf, &stranger) : leaf->key;
	X509 *cert = r->twist == FLIPPED ? flipped(leaf->cert) : leaf->cert;

	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	SSL_CTX_set1_sigalgs_list(ctx, signatures);
	SSL_CTX_set_max_proto_version(ctx, r->tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	if (middle->cert != NULL && r->twist != MIDDLE_NOT_SENT)
		assert_int_equal(SSL_CTX_add1_chain_cert(ctx, middle->cert), 1);
	if (key != leaf->key)
		EVP_PKEY_free(key);
	if (cert != leaf->cert)
		X509_free(cert);
	return ctx;
}

/* A handshake with a peer: our result, and our error with its code. */
static int
meet_careless(struct slipway_tls *t, bool we_serve, SSL_CTX *theirs, enum slipway_tls_code *code,
    char *said, size_t size)
{
	int fd[2], rc;
	struct slipway_tls_conn *c;
	SSL *ssl = SSL_new(theirs);

	sockets_pair(fd, false, false);
	SSL_set_fd(ssl, fd[1]);
	if (we_serve)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	if ((c = slipway_tls_conn_new(t, fd[0])) == NULL)
		fail_msg("%s", slipway_tls_error(t));
	rc = shake(c, ssl);
	snprintf(said, size, "%s", slipway_tls_conn_error(c));
	*code = slipway_tls_conn_error_code(c);
	if (rc == 0)
		assert_non_null(strstr(slipway_tls_conn_text(c), "VERIFIED"));
	else
		assert_null(strstr(slipway_tls_conn_text(c), "VERIFIED"));
	SSL_free(ssl);
	slipway_tls_conn_free(c);
	sockets_close(fd[0]);
	sockets_close(fd[1]);
	return rc;
}

static const struct id *
signer(enum signer by, const struct id *middle)
{
	const struct id *all[] = { [BY_CA] = &ca,
		[BY_SELF] = NULL,
		[BY_OTHER_CA] = &other_ca,
		[BY_NAMESAKE] = &namesake_ca,
		[BY_NO_CA] = &no_ca,
		[BY_MIDDLE] = middle };

	return all[by];
}

/*
 * The code for a program: dates of an otherwise trusted certificate, and revocation, have codes of
 * their own.
 */
static enum slipway_tls_code
code_of(const struct peer_row *r)
{
	if (r->twist == REVOKED || r->twist == MIDDLE_REVOKED)
		return SLIPWAY_TLS_E_REVOKED;
	if (r->twist == WITHOUT_KEY)
		return SLIPWAY_TLS_E_PROTOCOL;
	return r->pinned && r->look.from != 0 ? SLIPWAY_TLS_E_EXPIRED : SLIPWAY_TLS_E_UNTRUSTED;
}

/* The result of one of our sides, which accepts a good certificate afterwards. */
static void
judged(const struct peer_row *r, bool we_serve, const struct id *leaf, const struct id *middle)
{
	const struct peer_row plain = { .look = { .name = "next" } };
	const struct id none = { 0 };
	struct slipway_tls *t = side_new(we_serve ? SLIPWAY_TLS_SERVER : SLIPWAY_TLS_CLIENT,
	    "TLSPeerAuth", &kernel, NULL);
	const char *want = we_serve ? r->server_says : r->client_says;
	SSL_CTX *bad = careless(!we_serve, r, leaf, middle), *good;
	struct id next = id_make(&plain.look, &ca);
	enum slipway_tls_code code;
	char said[4096], *trusted, *crl;

	good = careless(!we_serve, &plain, &next, &none);
	assert_non_null(trusted = calloc(1, strlen(ca.cert_pem) + strlen(leaf->cert_pem) + 1));
	strcat(strcpy(trusted, ca.cert_pem), r->pinned ? leaf->cert_pem : "");
	pem(t, "TLS_TrustedCerts", trusted);
	if (r->twist == REVOKED || r->twist == MIDDLE_REVOKED) {
		crl = crl_make(&ca, r->twist == REVOKED ? leaf : middle, 1);
		pem(t, "TLS_CRLFile", crl);
		free(crl);
	}
	if (r->tls12)
		assert_int_equal(slipway_tls_set(t, "TLS_MinVersion", "TLSv1.2"), 0);
	if (meet_careless(t, we_serve, bad, &code, said, sizeof said) == 0) {
		if (want != NULL)
			fail_msg("our %s takes it; want '%s'", we_serve ? "server" : "client",
			    want);
	} else if (want == NULL || strstr(said, want) == NULL || code != code_of(r)) {
		fail_msg("our %s says '%s' (%d); want '%s' (%d)", we_serve ? "server" : "client",
		    said, (int)code, want == NULL ? "" : want, (int)code_of(r));
	}
	if (meet_careless(t, we_serve, good, &code, said, sizeof said) != 0)
		fail_msg("our %s doesn't take a good one afterwards: %s",
		    we_serve ? "server" : "client", said);
	free(trusted);
	id_free(&next);
	SSL_CTX_free(bad);
	SSL_CTX_free(good);
	slipway_tls_free(t);
}

static void
peer(void **state)
{
	const struct peer_row *r = *state;
	struct id middle = { 0 }, leaf;

	if (r->by == BY_MIDDLE)
		middle = id_make(&r->middle, &ca);
	leaf = id_make(&r->look, signer(r->by, &middle));
	judged(r, false, &leaf, &middle);
	judged(r, true, &leaf, &middle);
	id_free(&leaf);
	id_free(&middle);
}

static const struct id_row ids[] = {
	/* RSA, because there is no ECDSA with MD5. */
	{ &ca, { .name = "ca", .ca = true, .bits = 2048 }, NULL },
	{ &other_ca, { .name = "other ca", .ca = true }, NULL },
	{ &namesake_ca, { .name = "ca", .ca = true }, NULL },
	{ &no_ca, { .name = "no ca" }, &ca },
	{ &kernel, { .name = "kernel" }, NULL },
	{ &stranger, { .name = "stranger" }, NULL },
};

int
main(void)
{
	static struct CMUnitTest tests[N(peers)];
	size_t n = 0;

	TEST_ROWS(tests, n, peers, peer);
	return ids_run("tls-peers", tests, n, ids, N(ids));
}
