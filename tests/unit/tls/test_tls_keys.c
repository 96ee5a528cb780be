/* SPDX-License-Identifier: ISC */
/*
 * lib/tls: a connection that lasts changes its keys by itself.  This build does so after
 * TLS_KEY_RECORDS records; the peer is OpenSSL's own.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

#include "lib/tls/keys.h"

#define TURNS 10 /* changes of keys */

static struct id kernel;

/* A connection, and the KeyUpdate messages that OpenSSL's side has received and sent. */
struct peer {
	SSL_CTX *ctx;
	SSL *ssl;
	struct slipway_tls_conn *ours;
	int fd[2];
	unsigned received, sent;
};

static void
count(int sent, int version, int type, const void *bytes, size_t len, SSL *ssl, void *arg)
{
	struct peer *p = arg;

	(void)version;
	(void)ssl;
	if (type != SSL3_RT_HANDSHAKE || len == 0 ||
	    *(const unsigned char *)bytes != SSL3_MT_KEY_UPDATE)
		return;
	p->sent += sent != 0;
	p->received += sent == 0;
}

static void
peer_open(struct peer *p, struct slipway_tls *s, int version)
{
	*p = (struct peer){ 0 };
	sockets_pair(p->fd, false, false);
	assert_non_null(p->ours = slipway_tls_conn_new(s, p->fd[0]));
	assert_non_null(p->ctx = SSL_CTX_new(TLS_client_method()));
	assert_non_null(p->ssl = SSL_new(p->ctx));
	SSL_set_max_proto_version(p->ssl, version);
	SSL_set_msg_callback(p->ssl, count);
	SSL_set_msg_callback_arg(p->ssl, p);
	SSL_set_fd(p->ssl, p->fd[1]);
	SSL_set_connect_state(p->ssl);
	assert_int_equal(shake(p->ours, p->ssl), 0);
}

static void
peer_close(struct peer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->ctx);
	slipway_tls_conn_free(p->ours);
	sockets_close(p->fd[0]);
	sockets_close(p->fd[1]);
}

/* One byte, from us or to us; messages without data may come before it. */
static void
say(struct peer *p, bool ours)
{
	char byte = 0;
	long n;

	if (ours) {
		assert_int_equal(slipway_tls_write(p->ours, "o", 1), 1);
		while ((n = SSL_read(p->ssl, &byte, 1)) != 1)
			assert_int_equal(SSL_get_error(p->ssl, (int)n), SSL_ERROR_WANT_READ);
	} else {
		assert_int_equal(SSL_write(p->ssl, "t", 1), 1);
		while ((n = slipway_tls_read(p->ours, &byte, 1)) != 1)
			assert_int_equal(n, SLIPWAY_TLS_WANT_READ);
	}
	assert_int_equal(byte, ours ? 'o' : 't');
}

/* Whether we write, read, or both; by turns keys change in both directions. */
static const struct way_row {
	const char *name;
	bool write, read;
	int version;
	bool changes;
} ways[] = {
	{ "keys: writing and reading", true, true, TLS1_3_VERSION, true },
	{ "keys: writing only", true, false, TLS1_3_VERSION, true },
	{ "keys: reading only", false, true, TLS1_3_VERSION, true },
	{ "keys: TLS 1.2 has none to change", true, true, TLS1_2_VERSION, false },
};

static void
changes(void **state)
{
	const struct way_row *w = *state;
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct peer p;
	char byte;

	assert_int_equal(slipway_tls_set(s, "TLS_MinVersion", "TLSv1.2"), 0);
	peer_open(&p, s, w->version);
	for (unsigned i = 0; i < TURNS * (TLS_KEY_RECORDS + 1); i++) {
		if (w->write)
			say(&p, true);
		if (w->read)
			say(&p, false);
		/* Who only writes learns of our message when it looks. */
		(void)SSL_read(p.ssl, &byte, 0);
		if (!w->write)
			assert_int_equal(SSL_read(p.ssl, &byte, 1), -1);
	}
	if (w->changes) {
		assert_in_range(p.received, TURNS - 2, 2 * TURNS);
		if (w->read) /* asked for; its answer goes with what it writes next */
			assert_in_range(p.sent, TURNS - 2, p.received);
	} else {
		assert_int_equal(p.received + p.sent, 0);
	}
	peer_close(&p);
	slipway_tls_free(s);
}

/* No new reason to wait: with no room for the message a read reads, and keys change later. */
static void
no_room(void **state)
{
	static char data[16384];
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct peer p;
	unsigned before;
	long n;

	(void)state;
	peer_open(&p, s, TLS1_3_VERSION);
	while ((n = slipway_tls_write(p.ours, data, sizeof data)) > 0)
		;
	assert_int_equal(n, SLIPWAY_TLS_WANT_WRITE);
	for (unsigned i = 0; i < 3 * TLS_KEY_RECORDS; i++)
		say(&p, false);
	/* The write goes on where it was, then keys change. */
	before = p.received;
	while (slipway_tls_write(p.ours, data, sizeof data) < 0)
		assert_true(SSL_read(p.ssl, data, sizeof data) > 0);
	while (SSL_read(p.ssl, data, sizeof data) > 0)
		;
	for (unsigned i = 0; i < 2; i++)
		say(&p, true);
	assert_true(p.received > before);
	peer_close(&p);
	slipway_tls_free(s);
}

static const struct id_row ids[] = { { &kernel, { .name = "kernel" }, NULL } };

int
main(void)
{
	static struct CMUnitTest tests[N(ways) + 1] = { cmocka_unit_test(no_room) };
	size_t n = 1;

	TEST_ROWS(tests, n, ways, changes);
	return ids_run("tls_keys", tests, n, ids, N(ids));
}
