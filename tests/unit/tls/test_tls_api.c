/* SPDX-License-Identifier: ISC */
/*
 * lib/tls as programs use it: texts and effects of errors, and peers that misbehave.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

#include <openssl/ssl.h>

static struct id kernel, other, ca, issued, hi;

static void
application(void **state)
{
	char *const argv[] = { (char[]){ "hi" }, (char[]){ "--kernel" }, (char[]){ "/Cbad name" },
		(char[]){ "/CCOV_PB" }, (char[]){ "/CX" }, NULL };

	(void)state;
	assert_string_equal(slipway_tls_application(5, argv), "COV_PB");
	assert_null(slipway_tls_application(3, argv));
}

/* A program's mistakes are errors and break nothing. */
static void
misuse(void **state)
{
	struct ends e;
	char buf[16];

	(void)state;
	assert_string_equal(slipway_tls_error(NULL), "out of memory");
	assert_int_equal(slipway_tls_error_code(NULL), SLIPWAY_TLS_E_NOMEM);
	slipway_tls_free(NULL);
	slipway_tls_conn_free(NULL);
	ends_talking(&e, &kernel);
	assert_int_equal(slipway_tls_conn_error_code(e.client), SLIPWAY_TLS_OK);
	assert_string_equal(slipway_tls_conn_error(e.client), "");
	assert_int_equal(slipway_tls_write(e.client, "", 0), 0);
	assert_int_equal(slipway_tls_read(e.client, buf, 0), 0);
	assert_int_equal(slipway_tls_read(e.client, buf, sizeof buf), SLIPWAY_TLS_WANT_READ);
	assert_int_equal(slipway_tls_shutdown(e.client), 0);
	assert_int_equal(slipway_tls_write(e.server, "late", 4), 4);
	/* again: no effect, received bytes stay */
	assert_int_equal(slipway_tls_shutdown(e.client), 0);
	assert_int_equal(slipway_tls_write(e.client, "x", 1), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.client), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(slipway_tls_read(e.client, buf, sizeof buf), 4);
	assert_int_equal(slipway_tls_read(e.server, buf, sizeof buf), 0);
	assert_int_equal(slipway_tls_read(e.server, buf, sizeof buf), 0);
	ends_close(&e);
}

/* Read by the client what is on its way: sockets of Windows are TCP, which may hold it back. */
static long
read_soon(struct ends *e, char *buf, size_t size)
{
	static const bool reads = false;
	long n = slipway_tls_read(e->client, buf, size);

	for (int i = 0; i < 100 && n == SLIPWAY_TLS_WANT_READ; i++) {
		sockets_wait(&e->fd[1], &reads, 1, SOCKETS_WAIT_MS);
		n = slipway_tls_read(e->client, buf, size);
	}
	return n;
}

/* Misuse is forgotten by the next call; functions and sockets that aren't there are misuse. */
static void
misuse_passes(void **state)
{
	const char *const servers[] = { "127.0.0.1:1", NULL };
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "None", NULL, NULL), *s;
	struct ends e;
	char buf[4];

	(void)state;
	assert_null(slipway_tls_conn_new_io(c, NULL, NULL, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_USAGE);
	assert_null(slipway_tls_conn_new(c, -1));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(slipway_tls_set(c, NULL, "x"), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(slipway_tls_set_pem(c, "TLS_CertFile", NULL, 1), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(slipway_tls_check(c), 0);
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_OK);
	assert_string_equal(slipway_tls_error(c), "");
	assert_null(slipway_tls_connect(c, NULL, 1, 1, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_USAGE);
	assert_null(slipway_tls_connect(c, servers, 2, 1, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(slipway_tls_set(c, "TLS_MinVersion", NULL), 0);
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_OK);
	slipway_tls_free(c);
	ends_talking(&e, &kernel);
	assert_int_equal(slipway_tls_write(e.server, "abc", 3), 3);
	assert_int_equal(slipway_tls_read(e.client, NULL, sizeof buf), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.client), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(slipway_tls_write(e.client, NULL, 1), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.client), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(read_soon(&e, buf, sizeof buf), 3);
	assert_int_equal(slipway_tls_shutdown(e.client), 0);
	assert_int_equal(slipway_tls_write(e.client, "x", 1), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.client), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(slipway_tls_read(e.client, buf, sizeof buf), SLIPWAY_TLS_WANT_READ);
	assert_int_equal(slipway_tls_conn_error_code(e.client), SLIPWAY_TLS_OK);
	assert_string_equal(slipway_tls_conn_error(e.client), "");
	ends_close(&e);

	/* An end before the handshake is no reason to blame the peer's level. */
	c = side_new(SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", NULL, NULL);
	s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	ends_open(&e, s, c);
	assert_int_equal(slipway_tls_shutdown(e.client), 0);
	assert_int_equal(slipway_tls_write(e.client, "x", 1), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.client), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(slipway_tls_shutdown(e.client), 0);
	assert_int_equal(slipway_tls_drain(e.client), SLIPWAY_TLS_WANT_READ);
	ends_close(&e);
	slipway_tls_free(c);
	slipway_tls_free(s);
}

/* Fill the way to the server; how much was taken. */
static size_t
fill(struct slipway_tls_conn *c, const void *bytes, size_t len)
{
	size_t put = 0;
	long n;

	while ((n = slipway_tls_write(c, bytes, len)) > 0)
		put += (size_t)n;
	assert_int_equal(n, SLIPWAY_TLS_WANT_WRITE);
	return put;
}

/*
 * While a write waits: fewer bytes are misuse, which changes nothing; the end of the connection
 * comes after the record that waits, and the peer learns of it; or the write goes on after all.
 * The two ends are a TCP connection on Windows, which may have room again by then.
 */
static void
waiting_write(void **state)
{
#ifdef _WIN32
	const bool tcp = true;
#else
	const bool tcp = false;
#endif
	static unsigned char data[40000], got[65536];
	size_t put, have;
	struct ends e;
	long n = 0, rc;
	bool goes_on;

	(void)state;
	memset(data, 'd', sizeof data);
	for (int drained = 0; drained < 3; drained++) {
		ends_talking(&e, &kernel);
		put = fill(e.client, data, sizeof data);
		have = 0;
		assert_int_equal(slipway_tls_write(e.client, data, 1), SLIPWAY_TLS_ERROR);
		assert_int_equal(slipway_tls_conn_error_code(e.client), SLIPWAY_TLS_E_USAGE);
		rc = drained == 1 ? slipway_tls_drain(e.client) : slipway_tls_shutdown(e.client);
		assert_true(rc == SLIPWAY_TLS_WANT_WRITE || (tcp && rc == SLIPWAY_TLS_WANT_READ));
		goes_on = drained == 2 && rc == SLIPWAY_TLS_WANT_WRITE;
		while (goes_on && (rc = slipway_tls_write(e.client, data, sizeof data)) < 0) {
			assert_int_equal(rc, SLIPWAY_TLS_WANT_WRITE);
			n = slipway_tls_read(e.server, got, sizeof got);
			have += n > 0 ? (size_t)n : 0;
		}
		put += goes_on ? (size_t)rc : 0;
		do {
			rc = drained == 1 ? slipway_tls_drain(e.client)
					  : slipway_tls_shutdown(e.client);
			assert_true(rc != SLIPWAY_TLS_ERROR);
			n = slipway_tls_read(e.server, got, sizeof got);
			for (long i = 0; i < n; i++)
				assert_int_equal(got[i], 'd');
			have += n > 0 ? (size_t)n : 0;
		} while (n > 0 || n == SLIPWAY_TLS_WANT_READ);
		assert_int_equal(n, 0);
		assert_int_equal(have, put + (goes_on ? 0 : 16384));
		ends_close(&e);
	}
}

/*
 * More bytes than fit: a part is accepted, then WANT_WRITE; the next call may pass the rest at
 * another address.  Every byte arrives.
 */
static void
partial_writes(void **state)
{
	/* More than the buffers of any system's sockets, and more in one call than one record. */
	enum { SIZE = 16 << 20, AT_ONCE = 1 << 16 };
	unsigned char *data = malloc(SIZE), *copy, *got = malloc(SIZE);
	size_t put = 0, have = 0;
	unsigned waited = 0;
	struct ends e;
	long n;

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		data[i] = (unsigned char)(i * 7 + i / 256);
	ends_talking(&e, &kernel);
	while (have < SIZE) {
		if (put < SIZE) {
			/* At another address each time; the old memory is freed. */
			const size_t len = SIZE - put < AT_ONCE ? SIZE - put : AT_ONCE;

			assert_non_null(copy = malloc(len));
			memcpy(copy, data + put, len);
			n = slipway_tls_write(e.client, copy, len);
			memset(copy, 0xee, len);
			free(copy);
			assert_true(n > 0 || n == SLIPWAY_TLS_WANT_WRITE);
			put += n > 0 ? (size_t)n : 0;
			if (n > 0)
				continue;
			waited++;
		}
		n = slipway_tls_read(e.server, got + have, SIZE - have);
		assert_true(n > 0 || n == SLIPWAY_TLS_WANT_READ);
		have += n > 0 ? (size_t)n : 0;
	}
	assert_true(waited > 0);
	assert_memory_equal(data, got, SIZE);
	ends_close(&e);
	free(data);
	free(got);
}

/*
 * A server that refuses: it sends its end at once, then drops the client's bytes until the client
 * ends.
 */
static void
drains(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSPeerAuth", &kernel, &kernel);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", NULL, NULL);
	struct ends e;
	char byte;

	(void)state;
	ends_open_tcp(&e, s, c);
	while (slipway_tls_handshake(e.client) != 0)
		assert_true(slipway_tls_handshake(e.server) != 0);
	while (waits(slipway_tls_handshake(e.server)))
		;
	assert_int_equal(slipway_tls_conn_error_code(e.server), SLIPWAY_TLS_E_UNTRUSTED);
	assert_int_equal(slipway_tls_drain(e.server), SLIPWAY_TLS_WANT_READ);
	assert_in_range(slipway_tls_conn_timeout(e.server), 1, SLIPWAY_TLS_DRAIN_MS);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(slipway_tls_write(e.client, "x", 1), 1);
		assert_int_equal(slipway_tls_drain(e.server), SLIPWAY_TLS_WANT_READ);
	}
	assert_int_equal(slipway_tls_read(e.client, &byte, 1), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.client), SLIPWAY_TLS_E_REFUSED);
	for (long n = SLIPWAY_TLS_WANT_READ; n != 0; n = slipway_tls_drain(e.server))
		assert_int_equal(n, SLIPWAY_TLS_WANT_READ); /* the client's end came by itself */
	ends_close(&e);

	/* On a good connection slipway_tls_drain() ends our direction, too. */
	slipway_tls_free(s);
	s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	ends_open_tcp(&e, s, c);
	assert_int_equal(talk(&e), 0);
	assert_int_equal(slipway_tls_drain(e.server), SLIPWAY_TLS_WANT_READ);
	assert_int_equal(slipway_tls_read(e.client, &byte, 1), 0);
	assert_int_equal(slipway_tls_read(e.server, &byte, 1), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_conn_error_code(e.server), SLIPWAY_TLS_E_USAGE);
	assert_int_equal(slipway_tls_drain(e.client), 0);
	assert_int_equal(slipway_tls_drain(e.server), 0);
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/* A client that uses OpenSSL directly, and our server. */
struct raw {
	SSL_CTX *ctx;
	SSL *ssl;
	struct slipway_tls_conn *server;
	int fd[2];
};

static unsigned sessions;

static int
count_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	(void)session;
	sessions++;
	return 0;
}

static void
raw_open(struct raw *r, struct slipway_tls *s)
{
	sockets_pair(r->fd, false, false);
	assert_non_null(r->server = slipway_tls_conn_new(s, r->fd[0]));
	assert_non_null(r->ctx = SSL_CTX_new(TLS_client_method()));
	SSL_CTX_set_session_cache_mode(r->ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(r->ctx, count_session);
	assert_non_null(r->ssl = SSL_new(r->ctx));
	SSL_set_fd(r->ssl, r->fd[1]);
	SSL_set_connect_state(r->ssl);
}

static void
wait_for(int fd)
{
	const bool write = false;

	sockets_wait(&fd, &write, 1, SOCKETS_WAIT_MS);
}

/* Reads the next byte at our side, and at OpenSSL's; other records may come before. */
static char
raw_byte(struct raw *r, bool ours)
{
	char byte = 0;
	long n;

	for (int i = 0; i < 10; i++) {
		wait_for(r->fd[!ours]);
		if ((n = ours ? slipway_tls_read(r->server, &byte, 1)
			      : SSL_read(r->ssl, &byte, 1)) == 1)
			return byte;
		if (n != (ours ? SLIPWAY_TLS_WANT_READ : -1))
			break;
	}
	return 0;
}

/* Whether the handshake succeeds and one byte arrives in each direction. */
static bool
raw_talk(struct raw *r)
{
	return shake(r->server, r->ssl) == 0 && SSL_is_init_finished(r->ssl) &&
	    SSL_write(r->ssl, "x", 1) == 1 && raw_byte(r, true) == 'x' &&
	    slipway_tls_write(r->server, "y", 1) == 1 && raw_byte(r, false) == 'y';
}

static void
raw_close(struct raw *r)
{
	SSL_free(r->ssl);
	SSL_CTX_free(r->ctx);
	slipway_tls_conn_free(r->server);
	sockets_close(r->fd[0]);
	sockets_close(r->fd[1]);
}

/* The offer of a client, and whether our server accepts it. */
static const struct offer_row {
	const char *name, *min; /* TLS_MinVersion of the server */
	int version;		/* the client's only one, 0: any */
	const char *groups, *ciphers, *suites;
	bool taken;
} offers[] = {
	{ "offer: X25519", NULL, 0, "X25519", NULL, NULL, true },
	{ "offer: P-256", NULL, 0, "P-256", NULL, NULL, true },
	{ "offer: P-384 alone", NULL, 0, "P-384", NULL, NULL, false },
	{ "offer: finite fields alone", NULL, 0, "ffdhe2048", NULL, NULL, false },
	{ "offer: TLS 1.2 where it isn't asked for", NULL, TLS1_2_VERSION, NULL, NULL, NULL,
	    false },
	{ "offer: TLS 1.1", "TLSv1.2", TLS1_1_VERSION, NULL, "ALL:@SECLEVEL=0", NULL, false },
	{ "offer: TLS 1.2, AES-GCM", "TLSv1.2", TLS1_2_VERSION, NULL,
	    "ECDHE-ECDSA-AES128-GCM-SHA256", NULL, true },
	{ "offer: TLS 1.2, ChaCha20", "TLSv1.2", TLS1_2_VERSION, NULL,
	    "ECDHE-ECDSA-CHACHA20-POLY1305", NULL, true },
	{ "offer: TLS 1.2, CBC", "TLSv1.2", TLS1_2_VERSION, NULL, "ECDHE-ECDSA-AES256-SHA384", NULL,
	    false },
	{ "offer: TLS 1.2, no forward secrecy", "TLSv1.2", TLS1_2_VERSION, NULL,
	    "AES256-GCM-SHA384", NULL, false },
	{ "offer: TLS 1.2, P-384 with P-256, which the certificate needs", "TLSv1.2",
	    TLS1_2_VERSION, "P-384:P-256", NULL, NULL, true },
	{ "offer: TLS 1.2, P-384 alone", "TLSv1.2", TLS1_2_VERSION, "P-384", NULL, NULL, false },
	{ "offer: AES-128-GCM", NULL, 0, NULL, NULL, "TLS_AES_128_GCM_SHA256", true },
	{ "offer: AES-128-CCM", NULL, 0, NULL, NULL, "TLS_AES_128_CCM_SHA256", false },
};

static void
offer(void **state)
{
	const struct offer_row *o = *state;
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	char copy[64];
	struct raw r;

	assert_int_equal(slipway_tls_set(s, "TLS_MinVersion", o->min), 0);
	raw_open(&r, s);
	if (o->version != 0) {
		SSL_set_min_proto_version(r.ssl, o->version);
		SSL_set_max_proto_version(r.ssl, o->version);
	}
	snprintf(copy, sizeof copy, "%s", o->groups != NULL ? o->groups : "X25519:P-256:P-384");
	assert_int_equal(SSL_set1_groups_list(r.ssl, copy), 1);
	assert_true(o->ciphers == NULL || SSL_set_cipher_list(r.ssl, o->ciphers) == 1);
	assert_true(o->suites == NULL || SSL_set_ciphersuites(r.ssl, o->suites) == 1);
	if (raw_talk(&r) != o->taken) {
		print_error("want it %staken: %s\n", o->taken ? "" : "not ",
		    slipway_tls_conn_error(r.server));
		fail();
	}
	raw_close(&r);
	slipway_tls_free(s);
}

/*
 * Tickets, ALPN, renegotiation, compression: a client that asks for them gets a connection without.
 */
static void
extras_are_off(void **state)
{
	const unsigned char protocols[] = { 2, 'h', '2' }, *chosen;
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	unsigned len;
	char byte;

	(void)state;
	slipway_tls_set(s, "TLS_MinVersion", "TLSv1.2");
	for (int old = 0; old < 2; old++) {
		struct raw r;

		raw_open(&r, s);
		sessions = 0;
		SSL_clear_options(r.ssl, SSL_OP_NO_COMPRESSION);
		SSL_set_alpn_protos(r.ssl, protocols, sizeof protocols);
		if (old)
			SSL_set_max_proto_version(r.ssl, TLS1_2_VERSION);
		assert_true(raw_talk(&r));
		assert_int_equal(SSL_read(r.ssl, &byte, 1), -1);
		assert_int_equal(sessions, 0);
		SSL_get0_alpn_selected(r.ssl, &chosen, &len);
		assert_int_equal(len, 0);
		assert_null(SSL_get_current_compression(r.ssl));
		if (old) {
			assert_false(SSL_SESSION_has_ticket(SSL_get0_session(r.ssl)));
			assert_int_equal(SSL_renegotiate(r.ssl), 1);
			SSL_do_handshake(r.ssl);
			assert_int_equal(slipway_tls_read(r.server, &byte, 1),
			    SLIPWAY_TLS_WANT_READ);
			assert_int_not_equal(SSL_do_handshake(r.ssl), 1);
		}
		raw_close(&r);
	}
	slipway_tls_free(s);
}

/*
 * A key update in both directions is invisible; endless key updates without data can't keep us in
 * one call.
 */
static void
key_updates(void **state)
{
	enum { UPDATES = 200 }; /* as many as a socket pair holds */
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	unsigned calls = 0;
	struct raw r;
	char byte;
	long n;

	(void)state;
	raw_open(&r, s);
	assert_true(raw_talk(&r));
	assert_int_equal(SSL_key_update(r.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	assert_true(raw_talk(&r));
	for (int i = 0; i < UPDATES; i++) {
		assert_int_equal(SSL_key_update(r.ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(r.ssl), 1);
	}
	assert_int_equal(SSL_write(r.ssl, "z", 1), 1);
	while ((n = slipway_tls_read(r.server, &byte, 1)) == SLIPWAY_TLS_WANT_READ &&
	    calls < UPDATES) {
		calls++;
		wait_for(r.fd[0]);
	}
	assert_int_equal(n, 1);
	assert_int_equal(byte, 'z');
	/* On a socket that blocks, calls wait. */
	if (!SOCKETS_BLOCK)
		assert_in_range(calls, UPDATES / 64, UPDATES);
	raw_close(&r);
	slipway_tls_free(s);
}

/* Wrong results of the program's own functions: too much, nonsense, an error. */
static long wrong;

static long
wrong_read(void *arg, void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	return wrong == 0 ? (long)len + 1 : wrong;
}

static long
wrong_write(void *arg, const void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	return (long)len;
}

static void
wrong_functions(void **state)
{
	const long results[] = { 0, -77, SLIPWAY_TLS_ERROR };
	const char *levels[] = { "None", "TLSNoPeerAuth" };
	char buf[16];

	(void)state;
	for (size_t i = 0; i < N(results) * N(levels); i++) {
		struct slipway_tls *t = side_new(SLIPWAY_TLS_CLIENT, levels[i % 2], NULL, NULL);
		struct slipway_tls_conn *c =
		    slipway_tls_conn_new_io(t, wrong_read, wrong_write, NULL);

		wrong = results[i / 2];
		assert_int_equal(slipway_tls_read(c, buf, sizeof buf), SLIPWAY_TLS_ERROR);
		assert_int_equal(slipway_tls_conn_error_code(c), SLIPWAY_TLS_E_NETWORK);
		assert_non_null(strstr(slipway_tls_conn_error(c), "own function"));
		slipway_tls_conn_free(c);
		slipway_tls_free(t);
	}
}

/* The functions that describe a peer, and the time that is left for a handshake. */
static void
facts(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSPeerAuth", &kernel, &hi);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", &hi, NULL);
	struct ends e;

	(void)state;
	slipway_tls_set_handshake_limit(s, 5000);
	slipway_tls_set_handshake_limit(c, 0);
	ends_open(&e, s, c);
	assert_in_range(slipway_tls_conn_timeout(e.server), 1, 5000);
	assert_int_equal(slipway_tls_conn_timeout(e.client), -1);
	assert_string_equal(slipway_tls_conn_version(e.server), "");
	assert_int_equal(slipway_tls_conn_verified(e.server), 0);
	assert_string_equal(slipway_tls_conn_peer(e.server), "");
	assert_string_equal(slipway_tls_conn_peer_sha256(e.server), "");
	assert_int_equal(talk(&e), 0);
	assert_int_equal(slipway_tls_conn_timeout(e.server), -1);
	assert_string_equal(slipway_tls_conn_version(e.server), "TLSv1.3");
	assert_int_equal(slipway_tls_conn_verified(e.server), 1);
	assert_string_equal(slipway_tls_conn_peer_sha256(e.server), hi.hex);
	assert_non_null(strstr(slipway_tls_conn_peer(e.server), "subject \"CN=hi\", SHA-256 "));
	assert_int_equal(slipway_tls_conn_verified(e.client), 0);
	assert_non_null(strstr(slipway_tls_conn_peer(e.client), "subject \"CN=kernel\", SHA-256 "));
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/*
 * Each failure with its code and the words that say what to do; also those of the other side, if it
 * gets an alert.
 */
static const struct code_row {
	const char *name, *server_level;
	const struct id *server_own, *server_trusts;
	const char *client_level;
	const struct id *client_own, *client_trusts;
	enum slipway_tls_code server, client;
	const char *server_why, *client_why;
} codes[] = {
	{ "code: untrusted server", "TLSNoPeerAuth", &kernel, NULL, "TLSPeerAuth", NULL, &other,
	    SLIPWAY_TLS_E_REFUSED, SLIPWAY_TLS_E_UNTRUSTED,
	    "the peer refused our certificate: unknown CA", "TLS_TrustedCerts has" },
	{ "code: untrusted client", "TLSPeerAuth", &kernel, &hi, "TLSNoPeerAuth", &other, NULL,
	    SLIPWAY_TLS_E_UNTRUSTED, SLIPWAY_TLS_E_REFUSED, "not trusted",
	    "the peer refused our certificate: unknown CA" },
	{ "code: client without certificate", "TLSPeerAuth", &kernel, &hi, "TLSNoPeerAuth", NULL,
	    NULL, SLIPWAY_TLS_E_UNTRUSTED, SLIPWAY_TLS_E_REFUSED,
	    "the peer showed no certificate; TLS_RequiredLevel is TLSPeerAuth",
	    "it wants a certificate of ours (TLS_KeyFile" },
	{ "code: plain client", "TLSNoPeerAuth", &kernel, NULL, "None", NULL, NULL,
	    SLIPWAY_TLS_E_PROTOCOL, SLIPWAY_TLS_E_PROTOCOL,
	    "the peer doesn't speak TLS; TLS_RequiredLevel is TLSNoPeerAuth",
	    "the peer speaks TLS; TLS_RequiredLevel is None here" },
};

static void
code(void **state)
{
	const struct code_row *r = *state;
	struct slipway_tls *s =
	    side_new(SLIPWAY_TLS_SERVER, r->server_level, r->server_own, r->server_trusts);
	struct slipway_tls *c =
	    side_new(SLIPWAY_TLS_CLIENT, r->client_level, r->client_own, r->client_trusts);
	struct ends e;

	ends_open(&e, s, c);
	assert_int_equal(talk(&e), SLIPWAY_TLS_ERROR);
	if (slipway_tls_conn_error_code(e.server) != r->server ||
	    strstr(slipway_tls_conn_error(e.server), r->server_why) == NULL ||
	    slipway_tls_conn_error_code(e.client) != r->client ||
	    strstr(slipway_tls_conn_error(e.client), r->client_why) == NULL) {
		print_error("server: %d %s\nclient: %d %s\n", slipway_tls_conn_error_code(e.server),
		    slipway_tls_conn_error(e.server), slipway_tls_conn_error_code(e.client),
		    slipway_tls_conn_error(e.client));
		fail();
	}
	/* Also of a refused peer. */
	if (r->client == SLIPWAY_TLS_E_UNTRUSTED)
		assert_non_null(strstr(slipway_tls_conn_peer(e.client), "subject \"CN=kernel\""));
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/*
 * A revoked intermediate CA vouches for no certificate, and an intermediate CA that isn't in the
 * trusted files can revoke certificates that it issued.
 */
static void
revoked_between(void **state)
{
	struct id middle = id_make(&(struct look){ .name = "middle", .ca = true }, &ca);
	struct id leaf = id_make(&(struct look){ .name = "leaf" }, &middle);
	char *none = crl_make(&ca, NULL, 30), *of_middle = crl_make(&ca, &middle, 30),
	     *of_leaf = crl_make(&middle, &leaf, 30);
	const struct {
		const char *crl, *why;
	} rows[] = { { none, NULL },
		{ of_middle,
		    "an issuer of the peer's certificate is revoked in TLS_CRLFile: subject \"CN=middle\"" },
		{ of_leaf,
		    "the peer's certificate is revoked in TLS_CRLFile: subject \"CN=leaf\"" } };
	char chain[8192];

	(void)state;
	snprintf(chain, sizeof chain, "%s%s", leaf.cert_pem, middle.cert_pem);
	for (size_t i = 0; i < N(rows); i++) {
		struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &leaf, NULL);
		struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &ca);
		struct ends e;

		pem(s, "TLS_CertFile", chain);
		pem(c, "TLS_CRLFile", rows[i].crl);
		ends_open(&e, s, c);
		assert_int_equal(talk(&e), rows[i].why == NULL ? 0 : SLIPWAY_TLS_ERROR);
		if (rows[i].why != NULL) {
			assert_non_null(strstr(slipway_tls_conn_error(e.client), rows[i].why));
			assert_int_equal(slipway_tls_conn_error_code(e.client),
			    SLIPWAY_TLS_E_REVOKED);
			assert_non_null(
			    strstr(slipway_tls_conn_error(e.server), "certificate revoked"));
		}
		ends_close(&e);
		slipway_tls_free(s);
		slipway_tls_free(c);
	}
	free(none);
	free(of_middle);
	free(of_leaf);
	id_free(&leaf);
	id_free(&middle);
}

/*
 * Tolerated faults give one warning: an overdue list, a trusted file that can't be read.
 */
static void
remarks(void **state)
{
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &ca);
	char *old = crl_make(&ca, NULL, -2), list[256];
	struct place p;

	(void)state;
	pem(c, "TLS_CRLFile", old);
	assert_int_equal(slipway_tls_check(c), 0);
	assert_non_null(strstr(slipway_tls_warning(c),
	    "TLS_CRLFile: the list of \"CN=ca\" should have been replaced on "));
	assert_int_equal(slipway_tls_check(c), 0);
	assert_string_equal(slipway_tls_warning(c), "");
	place_make(&p);
	put_text(p.cert, kernel.cert_pem, 0644);
	snprintf(list, sizeof list, "/nonexistent/a.crt;%s", p.cert);
	slipway_tls_set(c, "TLS_CRLFile", NULL);
	slipway_tls_set(c, "TLS_TrustedCerts", list);
	assert_int_equal(slipway_tls_check(c), 0);
	assert_non_null(strstr(slipway_tls_warning(c), "TLS_TrustedCerts: /nonexistent/a.crt"));
	/* read again, because the file was just made */
	assert_int_equal(slipway_tls_check(c), 0);
	assert_string_equal(slipway_tls_warning(c), "");
	place_remove(&p);
	slipway_tls_free(c);
	free(old);
}

static const struct id_row ids[] = {
	{ &kernel, { .name = "kernel" }, NULL },
	{ &other, { .name = "other" }, NULL },
	{ &hi, { .name = "hi" }, NULL },
	{ &ca, { .name = "ca", .ca = true }, NULL },
	{ &issued, { .name = "issued" }, &ca },
};

int
main(void)
{
	static struct CMUnitTest tests[N(offers) + N(codes) + 22] = {
		cmocka_unit_test(drains),
		cmocka_unit_test(application),
		cmocka_unit_test(misuse),
		cmocka_unit_test(misuse_passes),
		cmocka_unit_test(waiting_write),
		cmocka_unit_test(partial_writes),
		cmocka_unit_test(extras_are_off),
		cmocka_unit_test(key_updates),
		cmocka_unit_test(wrong_functions),
		cmocka_unit_test(facts),
		cmocka_unit_test(revoked_between),
		cmocka_unit_test(remarks),
	};
	size_t n = 12;

	TEST_ROWS(tests, n, offers, offer);
	TEST_ROWS(tests, n, codes, code);
	return ids_run("tls_api", tests, n, ids, N(ids));
}
