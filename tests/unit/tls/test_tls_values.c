/* SPDX-License-Identifier: ISC */
/*
 * lib/tls: connections as values, their binding, a judgement of today, and clients that are asked
 * for a certificate.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

#include <stdio.h>
#include <time.h>

#include <openssl/ssl.h>

static struct id kernel, ca, issued, hi, stranger, ended;

/* Both sides at TLSPeerAuth. */
static void
open_both(struct ends *e)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSPeerAuth", &kernel, &ca);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", &issued, &kernel);
	char chain[16384];

	snprintf(chain, sizeof chain, "%s%s", issued.cert_pem, ca.cert_pem);
	pem(c, "TLS_CertFile", chain);
	ends_open(e, s, c);
	assert_int_equal(talk(e), 0);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

static void
want_der(struct slipway_tls_conn *c, size_t i, const struct id *want)
{
	unsigned char *der = NULL;
	const unsigned char *got;
	size_t len;
	int n = i2d_X509(want->cert, &der);

	assert_non_null(got = slipway_tls_conn_peer_der(c, i, &len));
	assert_int_equal(len, n);
	assert_memory_equal(got, der, len);
	OPENSSL_free(der);
}

static void
peer(void **state)
{
	struct ends e;
	size_t len = 1;
	char *serial;
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(issued.cert), NULL);

	(void)state;
	open_both(&e);
	assert_string_equal(slipway_tls_conn_peer_subject(e.server), "CN=issued");
	assert_string_equal(slipway_tls_conn_peer_issuer(e.server), "CN=ca");
	serial = BN_bn2hex(n);
	assert_string_equal(slipway_tls_conn_peer_serial(e.server), serial);
	OPENSSL_free(serial);
	BN_free(n);
	assert_true(slipway_tls_conn_peer_from(e.server) <= time(NULL));
	assert_in_range(slipway_tls_conn_peer_to(e.server), time(NULL) + 364 * DAY,
	    time(NULL) + 366 * DAY);
	want_der(e.server, 0, &issued);
	want_der(e.server, 1, &ca);
	assert_null(slipway_tls_conn_peer_der(e.server, 2, &len));
	assert_int_equal(len, 0);
	want_der(e.client, 0, &kernel);
	assert_null(slipway_tls_conn_peer_der(e.client, 1, &len));
	assert_string_equal(slipway_tls_conn_cipher(e.client), "TLS_AES_256_GCM_SHA384");
	ends_close(&e);
}

/* A peer without a certificate, and a connection before its handshake. */
static void
nothing(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", NULL, NULL);
	unsigned char binding[SLIPWAY_TLS_BINDING_SIZE];
	struct ends e;
	size_t len;
	int here;

	(void)state;
	ends_open(&e, s, c);
	assert_string_equal(slipway_tls_conn_cipher(e.server), "");
	assert_int_equal(slipway_tls_conn_binding(e.server, binding), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.server), SLIPWAY_TLS_E_USAGE);
	assert_string_equal(slipway_tls_conn_error(e.server), "want TLS, after the handshake");
	assert_int_equal(slipway_tls_conn_check(s, e.server), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_error_code(s), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(talk(&e), 0);
	assert_string_equal(slipway_tls_conn_peer_subject(e.server), "");
	assert_string_equal(slipway_tls_conn_peer_issuer(e.server), "");
	assert_string_equal(slipway_tls_conn_peer_serial(e.server), "");
	assert_int_equal(slipway_tls_conn_peer_to(e.server), 0);
	assert_null(slipway_tls_conn_peer_der(e.server, 0, &len));
	assert_null(slipway_tls_conn_data(e.server));
	slipway_tls_conn_set_data(e.server, &here);
	assert_ptr_equal(slipway_tls_conn_data(e.server), &here);
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/* A refused peer's values are there, too. */
static void
refused(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSPeerAuth", &kernel, &hi);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", &stranger, &kernel);
	struct ends e;

	(void)state;
	ends_open(&e, s, c);
	assert_int_equal(talk(&e), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.server), SLIPWAY_TLS_E_UNTRUSTED);
	assert_string_equal(slipway_tls_conn_peer_subject(e.server), "CN=stranger");
	want_der(e.server, 0, &stranger);
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/* Both ends have the same bytes, and another connection has others. */
static void
binding(void **state)
{
	unsigned char server[SLIPWAY_TLS_BINDING_SIZE], client[SLIPWAY_TLS_BINDING_SIZE],
	    other[SLIPWAY_TLS_BINDING_SIZE];
	struct ends e;

	(void)state;
	open_both(&e);
	assert_int_equal(slipway_tls_conn_binding(e.server, server), 0);
	assert_int_equal(slipway_tls_conn_binding(e.client, client), 0);
	assert_memory_equal(server, client, sizeof server);
	ends_close(&e);
	open_both(&e);
	assert_int_equal(slipway_tls_conn_binding(e.server, other), 0);
	assert_memory_not_equal(server, other, sizeof server);
	ends_close(&e);
}

/* The bytes are those of RFC 9266: OpenSSL's own exporter at the other end gives them. */
static void
binding_of_others(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *theirs = SSL_new(ctx);
	unsigned char ours[SLIPWAY_TLS_BINDING_SIZE], same[SLIPWAY_TLS_BINDING_SIZE];
	struct slipway_tls_conn *conn;
	int fd[2];

	(void)state;
	sockets_pair(fd, false, false);
	assert_non_null(conn = slipway_tls_conn_new(s, fd[0]));
	SSL_set_fd(theirs, fd[1]);
	SSL_set_connect_state(theirs);
	assert_int_equal(shake(conn, theirs), 0);
	assert_int_equal(slipway_tls_conn_binding(conn, ours), 0);
	assert_int_equal(SSL_export_keying_material(theirs, same, sizeof same,
			     "EXPORTER-Channel-Binding", 24, NULL, 0, 0),
	    1);
	assert_memory_equal(ours, same, sizeof ours);
	slipway_tls_conn_free(conn);
	SSL_free(theirs);
	SSL_CTX_free(ctx);
	sockets_close(fd[0]);
	sockets_close(fd[1]);
	slipway_tls_free(s);
}

/*
 * A peer with TLS 1.2 and no extended master secret: the bytes would not be this connection's.
 * Such a connection isn't made any more when TLS 1.3 is wanted again.
 */
static void
no_binding(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *theirs = SSL_new(ctx);
	unsigned char ours[SLIPWAY_TLS_BINDING_SIZE];
	struct slipway_tls_conn *conn;
	int fd[2];

	(void)state;
	slipway_tls_set(s, "TLS_MinVersion", "TLSv1.2");
	SSL_set_max_proto_version(theirs, TLS1_2_VERSION);
	SSL_set_options(theirs, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	sockets_pair(fd, false, false);
	assert_non_null(conn = slipway_tls_conn_new(s, fd[0]));
	SSL_set_fd(theirs, fd[1]);
	SSL_set_connect_state(theirs);
	assert_int_equal(shake(conn, theirs), 0);
	assert_string_equal(slipway_tls_conn_version(conn), "TLSv1.2");
	assert_int_equal(slipway_tls_conn_binding(conn, ours), SLIPWAY_TLS_ERROR);
	assert_non_null(strstr(slipway_tls_conn_error(conn), "extended master secret"));
	assert_int_equal(slipway_tls_conn_check(s, conn), 0);
	slipway_tls_set(s, "TLS_MinVersion", NULL);
	assert_int_equal(slipway_tls_conn_check(s, conn), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_error_code(s), SLIPWAY_TLS_E_PROTOCOL);
	slipway_tls_conn_free(conn);
	SSL_free(theirs);
	SSL_CTX_free(ctx);
	sockets_close(fd[0]);
	sockets_close(fd[1]);
	slipway_tls_free(s);
}

static void
own(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);

	(void)state;
	assert_string_equal(slipway_tls_own_sha256(s), "");
	assert_int_equal(slipway_tls_own_to(s), 0);
	assert_int_equal(slipway_tls_check(s), 0);
	assert_string_equal(slipway_tls_own_sha256(s), kernel.hex);
	assert_in_range(slipway_tls_own_to(s), time(NULL) + 364 * DAY, time(NULL) + 366 * DAY);
	/* A pair that isn't good leaves the one before in use. */
	pem(s, "TLS_CertFile", hi.cert_pem);
	assert_int_equal(slipway_tls_check(s), 0);
	assert_string_equal(slipway_tls_own_sha256(s), kernel.hex);
	pem(s, "TLS_KeyFile", hi.key_pem);
	assert_int_equal(slipway_tls_check(s), 0);
	assert_string_equal(slipway_tls_own_sha256(s), hi.hex);
	slipway_tls_free(s);
}

/* A check, or a connection, that tells these parts in its notice; none: it tells nothing. */
static void
notices(struct slipway_tls *t, bool connects, const char *first, const char *second)
{
	struct slipway_tls_conn *c = NULL;
	const char *notice = slipway_tls_notice(t);

	if (connects)
		assert_non_null(c = slipway_tls_conn_new(t, 0));
	else if (slipway_tls_check(t) != 0)
		fail_msg("%s", slipway_tls_error(t));
	slipway_tls_conn_free(c);
	if (first == NULL)
		assert_string_equal(notice, "");
	else if (strstr(notice, first) == NULL || strstr(notice, second) == NULL)
		fail_msg("want '%s' and '%s' in '%s'", first, second, notice);
}

/* Another level and another pair are told when they come into use, once, and not the first. */
static void
notice(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);

	(void)state;
	notices(s, false, NULL, NULL);
	slipway_tls_set(s, "TLS_RequiredLevel", "None");
	notices(s, true, "TLS_RequiredLevel is None now, it was TLSNoPeerAuth", "");
	notices(s, true, NULL, NULL);

	/* A pair that isn't good is a warning. */
	pem(s, "TLS_CertFile", hi.cert_pem);
	notices(s, false, NULL, NULL);
	assert_non_null(strstr(slipway_tls_warning(s), "stays in use"));
	pem(s, "TLS_KeyFile", hi.key_pem);
	notices(s, false, "TLS_CertFile: (given by the program): a new pair is in use: subject",
	    hi.hex);
	assert_non_null(strstr(slipway_tls_notice(s), ", valid "));
	notices(s, true, NULL, NULL);

	/* It comes into use together with the trusted certificates. */
	pem(s, "TLS_KeyFile", kernel.key_pem);
	pem(s, "TLS_CertFile", kernel.cert_pem);
	slipway_tls_set(s, "TLS_RequiredLevel", "TLSPeerAuth");
	assert_int_equal(slipway_tls_check(s), SLIPWAY_TLS_ERROR);
	assert_string_equal(slipway_tls_notice(s), "");
	pem(s, "TLS_TrustedCerts", hi.cert_pem);
	notices(s, true, "TLS_RequiredLevel is TLSPeerAuth now, it was None; TLS_CertFile",
	    kernel.hex);
	slipway_tls_set(s, "TLS_RequiredLevel", "None");
	slipway_tls_set(s, "TLS_KeyFile", NULL);
	slipway_tls_set(s, "TLS_CertFile", NULL);
	notices(s, false, "TLS_KeyFile and TLS_CertFile are not set any more", kernel.hex);
	slipway_tls_free(s);
}

static void
version(void **state)
{
	(void)state;
	assert_string_equal(slipway_tls_version(), SLIPWAY_TLS_VERSION);
}

/* What became of the settings since a connection was made, and the server's judgement of it. */
static const struct check_row {
	const char *name, *setting, *value;
	const struct id *pem;
	enum slipway_tls_code want;
	const char *says;
} checks[] = {
	{ "check: as they were", NULL, NULL, NULL, SLIPWAY_TLS_OK, NULL },
	{ "check: another one is trusted", "TLS_TrustedCerts", NULL, &hi, SLIPWAY_TLS_E_UNTRUSTED,
	    "CN=issued" },
	{ "check: the level fell", "TLS_RequiredLevel", "TLSNoPeerAuth", NULL, SLIPWAY_TLS_OK,
	    NULL },
	{ "check: not to be read", "TLS_RequiredLevel", "TLSPeerAut", NULL, SLIPWAY_TLS_E_SETTINGS,
	    "TLS_RequiredLevel" },
};

static void
check(void **state)
{
	const struct check_row *row = *state;
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSPeerAuth", &kernel, &ca);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", &issued, &kernel);
	struct ends e;
	int rc;

	ends_open(&e, s, c);
	assert_int_equal(talk(&e), 0);
	if (row->pem != NULL)
		pem(s, row->setting, row->pem->cert_pem);
	else if (row->setting != NULL)
		assert_int_equal(slipway_tls_set(s, row->setting, row->value), 0);
	rc = slipway_tls_conn_check(s, e.server);
	assert_int_equal(rc, row->want == SLIPWAY_TLS_OK ? 0 : SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_error_code(s), row->want);
	if (row->says != NULL)
		assert_non_null(strstr(slipway_tls_error(s), row->says));
	assert_int_equal(talk(&e), 0); /* it goes on */
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/* Revoked since; and a connection that was made at a lower level. */
static void
check_later(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSPeerAuth", &kernel, &ca);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", &issued, &kernel);
	struct slipway_tls *none = side_new(SLIPWAY_TLS_SERVER, "None", NULL, &ca);
	struct slipway_tls *plain = side_new(SLIPWAY_TLS_CLIENT, "None", NULL, NULL);
	char *list = crl_make(&ca, &issued, 30);
	struct ends e;

	(void)state;
	ends_open(&e, s, c);
	assert_int_equal(talk(&e), 0);
	pem(s, "TLS_CRLFile", list);
	assert_int_equal(slipway_tls_conn_check(s, e.server), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_error_code(s), SLIPWAY_TLS_E_REVOKED);
	ends_close(&e);
	ends_open(&e, none, plain);
	assert_int_equal(talk(&e), 0);
	assert_int_equal(slipway_tls_conn_check(none, e.server), 0);
	pem(none, "TLS_KeyFile", kernel.key_pem);
	pem(none, "TLS_CertFile", kernel.cert_pem);
	slipway_tls_set(none, "TLS_RequiredLevel", "TLSNoPeerAuth");
	assert_int_equal(slipway_tls_conn_check(none, e.server), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_error_code(none), SLIPWAY_TLS_E_PROTOCOL);
	ends_close(&e);
	free(list);
	slipway_tls_free(s);
	slipway_tls_free(c);
	slipway_tls_free(none);
	slipway_tls_free(plain);
}

/*
 * The peer's certificate has ended.  Only a server that refuses nobody makes such a connection
 * today; what it is judged by is the same as for one whose certificate ended meanwhile.
 */
static void
check_ended(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, &ended);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *theirs = SSL_new(ctx);
	struct slipway_tls_conn *conn;
	int fd[2];

	(void)state;
	assert_int_equal(slipway_tls_set(s, "TLS_AskClientCert", "yes"), 0);
	sockets_pair(fd, false, false);
	assert_non_null(conn = slipway_tls_conn_new(s, fd[0]));
	assert_int_equal(SSL_use_certificate(theirs, ended.cert), 1);
	assert_int_equal(SSL_use_PrivateKey(theirs, ended.key), 1);
	SSL_set_fd(theirs, fd[1]);
	SSL_set_connect_state(theirs);
	assert_int_equal(shake(conn, theirs), 0);
	assert_int_equal(slipway_tls_conn_check(s, conn), 0);
	assert_int_equal(slipway_tls_set(s, "TLS_RequiredLevel", "TLSPeerAuth"), 0);
	assert_int_equal(slipway_tls_conn_check(s, conn), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_error_code(s), SLIPWAY_TLS_E_EXPIRED);
	slipway_tls_conn_free(conn);
	SSL_free(theirs);
	SSL_CTX_free(ctx);
	sockets_close(fd[0]);
	sockets_close(fd[1]);
	slipway_tls_free(s);
}

/* A server that asks clients for a certificate and refuses nobody. */
static const struct ask_row {
	const char *name, *level, *ask;
	const struct id *client;
	bool verified;
	const char *warning; /* of the server's connection; NULL: none */
} asks[] = {
	{ "ask: a trusted client", "TLSNoPeerAuth", "yes", &issued, true, NULL },
	{ "ask: a client without a certificate", "TLSNoPeerAuth", "yes", NULL, false, NULL },
	{ "ask: a stranger", "TLSNoPeerAuth", "yes", &stranger, false, "CN=stranger" },
	{ "ask: no", "TLSNoPeerAuth", "no", &issued, false, NULL },
	{ "ask: at TLSPeerAuth each client has one", "TLSPeerAuth", "yes", &issued, true, NULL },
};

static void
ask(void **state)
{
	const struct ask_row *row = *state;
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, row->level, &kernel, &ca);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &kernel);
	struct ends e;

	if (row->client != NULL) {
		pem(c, "TLS_KeyFile", row->client->key_pem);
		pem(c, "TLS_CertFile", row->client->cert_pem);
	}
	assert_int_equal(slipway_tls_set(s, "TLS_AskClientCert", row->ask), 0);
	ends_open(&e, s, c);
	assert_int_equal(talk(&e), 0);
	assert_int_equal(slipway_tls_conn_verified(e.server), row->verified);
	assert_string_equal(slipway_tls_conn_text(e.server),
	    row->verified ? "TCP/IP][TLSv1.3 VERIFIED" : "TCP/IP][TLSv1.3");
	if (row->warning == NULL)
		assert_string_equal(slipway_tls_conn_warning(e.server), "");
	else
		assert_non_null(strstr(slipway_tls_conn_warning(e.server), row->warning));
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

static void
ask_for_nothing(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);

	(void)state;
	assert_int_equal(slipway_tls_set(s, "TLS_AskClientCert", "yes"), 0);
	assert_int_equal(slipway_tls_check(s), SLIPWAY_TLS_ERROR);
	assert_non_null(strstr(slipway_tls_error(s), "TLS_AskClientCert is yes"));
	for (size_t i = 0; i < 4; i++) {
		static const char *const bad[] = { "", "Yes", "1", "true" };

		assert_int_equal(slipway_tls_set(s, "TLS_AskClientCert", bad[i]), 0);
		assert_int_equal(slipway_tls_check(s), SLIPWAY_TLS_ERROR);
		assert_non_null(strstr(slipway_tls_error(s), "TLS_AskClientCert: want yes or no"));
	}
	slipway_tls_free(s);
}

static const struct id_row ids[] = {
	{ &kernel, { .name = "kernel" }, NULL },
	{ &hi, { .name = "hi" }, NULL },
	{ &stranger, { .name = "stranger" }, NULL },
	{ &ended, { .name = "ended", .from = -10, .days = 5 }, NULL },
	{ &ca, { .name = "ca", .ca = true }, NULL },
	{ &issued, { .name = "issued" }, &ca },
};

int
main(void)
{
	static struct CMUnitTest tests[N(checks) + N(asks) + 12] = {
		cmocka_unit_test(peer),
		cmocka_unit_test(nothing),
		cmocka_unit_test(refused),
		cmocka_unit_test(binding),
		cmocka_unit_test(binding_of_others),
		cmocka_unit_test(no_binding),
		cmocka_unit_test(own),
		cmocka_unit_test(notice),
		cmocka_unit_test(version),
		cmocka_unit_test(check_later),
		cmocka_unit_test(check_ended),
		cmocka_unit_test(ask_for_nothing),
	};
	size_t n = 12;

	TEST_ROWS(tests, n, checks, check);
	TEST_ROWS(tests, n, asks, ask);
	return ids_run("tls_values", tests, n, ids, N(ids));
}
