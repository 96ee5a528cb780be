/* SPDX-License-Identifier: ISC */
/*
 * lib/tls: both sides in one process, over socket pairs, with certificates made here.
 */
#include <pthread.h>
#include <time.h>

#include <openssl/ssl.h>

#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

static struct id kernel, kernel2, ca, issued;

/* A refusal names the peer's certificate and the trusted ones. */
static void
refusal_text(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &kernel2);
	const struct id *ids[] = { &kernel, &kernel2 };
	struct ends e;

	(void)state;
	ends_open(&e, s, c);
	assert_int_equal(talk(&e), SLIPWAY_TLS_ERROR);
	for (size_t i = 0; i < N(ids); i++)
		assert_non_null(strstr(slipway_tls_conn_error(e.client), ids[i]->hex));
	assert_non_null(
	    strstr(slipway_tls_conn_error(e.client), "got subject \"CN=kernel\", SHA-256 "));
	assert_non_null(strstr(slipway_tls_conn_error(e.client),
	    "TLS_RequiredLevel is TLSPeerAuth, and TLS_TrustedCerts has "));
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/* Names that peers choose give one line, with no other quotes than ours. */
static const struct name_row {
	const char *name, *cn;
	size_t len;
	const char *want;
} names[] = {
	{ "name: plain", "Kernel 1", 0, "subject \"CN=Kernel 1\", SHA-256 " },
	{ "name: lines", "a\r\nslipway[1]: info: all is well", 0,
	    "subject \"CN=a\\0D\\0Aslipway[1]: info: all is well\", SHA-256 " },
	{ "name: another certificate", "a\", SHA-256 0, valid", 0,
	    "subject \"CN=a\\\"\\, SHA-256 0\\, valid\", SHA-256 " },
	{ "name: another part", "a,O=Plant\\", 0, "subject \"CN=a\\,O=Plant\\\\\", SHA-256 " },
	{ "name: terminal", "a\033[31mb\x7f", 0, "subject \"CN=a\\1B[31mb\\7F\", SHA-256 " },
	{ "name: NUL", "a\0b", 3, "subject \"CN=a\\00b\", SHA-256 " },
	{ "name: next line and right to left", "a\xc2\x85\xe2\x80\xae", 0,
	    "subject \"CN=a\\C2\\85\\E2\\80\\AE\", SHA-256 " },
	{ "name: too long",
	    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
	    0, "\\0A\\0A\\0...\", SHA-256 " },
};

static void
peers_name(void **state)
{
	const struct name_row *r = *state;
	struct id peer = id_make(&(struct look){ .name = r->cn, .name_len = r->len }, NULL);
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &peer, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &kernel);
	const char *texts[2];
	struct ends e;

	ends_open(&e, s, c);
	assert_int_equal(talk(&e), SLIPWAY_TLS_ERROR);
	texts[0] = slipway_tls_conn_error(e.client);
	texts[1] = slipway_tls_conn_peer(e.client);
	for (size_t i = 0; i < N(texts); i++) {
		if (strstr(texts[i], r->want) == NULL)
			fail_msg("want '%s', got '%s'", r->want, texts[i]);
		for (const char *p = texts[i]; *p != '\0'; p++)
			assert_in_range(*p, ' ', '~');
	}
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
	id_free(&peer);
}

/* Faulty settings must not weaken a connection. */
static const struct closed_row {
	const char *name, *setting, *value, *why;
	bool content;
} closed[] = {
	{ "closed: unknown level", "TLS_RequiredLevel", "tlspeerauth",
	    "TLS_RequiredLevel: want None", false },
	{ "closed: number as level", "TLS_RequiredLevel", "2", "TLS_RequiredLevel: want None",
	    false },
	{ "closed: unknown version", "TLS_MinVersion", "TLSv1.1", "TLS_MinVersion: want", false },
	{ "closed: days that are none", "TLS_ExpiryWarnDays", "soon", "TLS_ExpiryWarnDays: want",
	    false },
	{ "closed: days below 0", "TLS_ExpiryWarnDays", "-1", "TLS_ExpiryWarnDays: want", false },
	{ "closed: days with a sign", "TLS_ExpiryWarnDays", "+5",
	    "TLS_ExpiryWarnDays: want 0 to 3650 days, got '+5'", false },
	{ "closed: too many days", "TLS_ExpiryWarnDays", "3651", "TLS_ExpiryWarnDays: want",
	    false },
	{ "closed: no trusted certificate", "TLS_TrustedCerts", NULL, "TLS_TrustedCerts is not set",
	    false },
	{ "closed: only separators", "TLS_TrustedCerts", " ; ;", "TLS_TrustedCerts is not set",
	    false },
	{ "closed: empty level", "TLS_RequiredLevel", "",
	    "TLS_RequiredLevel: want None, TLSNoPeerAuth or TLSPeerAuth, got ''", false },
	{ "closed: blanks for a level", "TLS_RequiredLevel", "  ", "TLS_RequiredLevel: want None",
	    false },
	{ "closed: empty version", "TLS_MinVersion", "", "TLS_MinVersion: want TLSv1.2", false },
	{ "closed: empty days", "TLS_ExpiryWarnDays", "", "TLS_ExpiryWarnDays: want", false },
	{ "closed: empty name of trusted files", "TLS_TrustedCerts", "",
	    "TLS_TrustedCerts: want a file's name, or no such setting, got ''", false },
	{ "closed: empty name of a CRL file", "TLS_CRLFile", "",
	    "TLS_CRLFile: want a file's name, or no such setting, got ''", false },
	{ "closed: blanks for a CRL file", "TLS_CRLFile", " \t", "TLS_CRLFile: want a file's name",
	    false },
	{ "closed: an empty CRL", "TLS_CRLFile", "", "TLS_CRLFile: want PEM text, got ''", true },
	{ "closed: empty key", "TLS_KeyFile", "", "TLS_KeyFile: want a file's name", false },
	{ "closed: trusted file absent", "TLS_TrustedCerts", "/nonexistent/x.crt",
	    "TLS_TrustedCerts: /nonexistent/x.crt", false },
	{ "closed: trusted file is none", "TLS_TrustedCerts", "rubbish",
	    "TLS_TrustedCerts: (given by the program): want a certificate in PEM", true },
	{ "closed: CRL file absent", "TLS_CRLFile", "/nonexistent/x.crl", "TLS_CRLFile", false },
	{ "closed: CRL file is none", "TLS_CRLFile", "rubbish", "TLS_CRLFile", true },
};

static void
fails_closed(void **state)
{
	const struct closed_row *r = *state;
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &kernel);

	assert_int_equal(slipway_tls_check(c), 0);
	if (r->content)
		pem(c, r->setting, r->value);
	else
		assert_int_equal(slipway_tls_set(c, r->setting, r->value), 0);
	assert_int_equal(slipway_tls_check(c), SLIPWAY_TLS_ERROR);
	if (strstr(slipway_tls_error(c), r->why) == NULL)
		print_error("want '%s', got '%s'\n", r->why, slipway_tls_error(c));
	assert_non_null(strstr(slipway_tls_error(c), r->why));
	assert_null(slipway_tls_conn_new(c, 0));
	slipway_tls_free(c);
}

static void
unknown_setting(void **state)
{
	struct slipway_tls *t = slipway_tls_new(SLIPWAY_TLS_CLIENT, NULL, NULL);

	(void)state;
	assert_int_equal(slipway_tls_set(t, "TLS_Level", "None"), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_set_pem(t, "TLS_RequiredLevel", "None", 4), SLIPWAY_TLS_ERROR);
	assert_non_null(strstr(slipway_tls_error(t), "TLS_RequiredLevel"));
	slipway_tls_free(t);
}

static void
absent_level_is_told(void **state)
{
	struct slipway_tls *t = slipway_tls_new(SLIPWAY_TLS_CLIENT, NULL, NULL);

	(void)state;
	assert_int_equal(slipway_tls_set(t, "TLS_MinVersion", NULL), 0);
	assert_int_equal(slipway_tls_check(t), 0);
	assert_non_null(strstr(slipway_tls_warning(t), "TLS_RequiredLevel is not set"));
	assert_int_equal(slipway_tls_check(t), 0);
	assert_string_equal(slipway_tls_warning(t), ""); /* once */
	slipway_tls_free(t);
}

/* Whether a client that trusts one certificate accepts the server; checks the text of a refusal. */
static void
verified(struct slipway_tls *s, const struct id *trusted, const char *why_not)
{
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, trusted);

	meet(s, c, why_not == NULL ? SLIPWAY_TLS_OK : SLIPWAY_TLS_E_UNTRUSTED, why_not);
	slipway_tls_free(c);
}

/* A pair is replaced while the server runs; broken pairs are refused with one warning each. */
static void
replacement(void **state)
{
	struct slipway_tls *s = slipway_tls_new(SLIPWAY_TLS_SERVER, NULL, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &kernel);
	struct id old = id_make(&(struct look){ .name = "old", .from = -10, .days = 5 }, NULL);
	struct id weak = id_make(&(struct look){ .name = "weak", .bits = 1024 }, NULL);
	struct ends first;
	struct place p;

	(void)state;
	place_make(&p);
	slipway_tls_set(s, "TLS_RequiredLevel", "TLSNoPeerAuth");
	slipway_tls_set(s, "TLS_KeyFile", p.key);
	slipway_tls_set(s, "TLS_CertFile", p.cert);
	assert_int_equal(slipway_tls_check(s), SLIPWAY_TLS_ERROR); /* nothing there yet */
	assert_non_null(strstr(slipway_tls_error(s), "key.pem"));
	put_text(p.key, kernel.key_pem, 0600);
	put_text(p.cert, kernel.cert_pem, 0644);
	ends_open(&first, s, c);
	assert_int_equal(talk(&first), 0);
	verified(s, &kernel, NULL);

	/*
	 * Half of the new pair, rubbish, an expired pair, no pair, a key that others can read: the
	 * old pair stays.
	 */
	put_text(p.key, kernel2.key_pem, 0600);
	assert_int_equal(slipway_tls_check(s), 0);
	assert_non_null(strstr(slipway_tls_warning(s), "stays in use"));
	verified(s, &kernel, NULL);
	/* once, also where the files may still change */
	assert_string_equal(slipway_tls_warning(s), "");
	put_text(p.cert, "rubbish", 0644);
	verified(s, &kernel, NULL);
	put_text(p.key, old.key_pem, 0600);
	put_text(p.cert, old.cert_pem, 0644);
	assert_int_equal(slipway_tls_check(s), 0);
	assert_non_null(strstr(slipway_tls_warning(s), "expired"));
	verified(s, &kernel, NULL);
	put_text(p.key, weak.key_pem, 0600);
	put_text(p.cert, weak.cert_pem, 0644);
	assert_int_equal(slipway_tls_check(s), 0);
	assert_non_null(strstr(slipway_tls_warning(s), "too small"));
	verified(s, &kernel, NULL);
	remove(p.cert);
	verified(s, &kernel, NULL);
	put_text(p.cert, kernel2.cert_pem, 0644);
	put_text(p.key, kernel2.key_pem, 0644);
	if (put_mode_counts())
		verified(s, &kernel, NULL);
	else
		print_message(
		    "a key that others can read: not tried under wine, whose access lists don't come back; see docs/windows.md\n");
	put_mode(p.key, 0600);
	verified(s, &kernel2, NULL);
	verified(s, &kernel, "is not trusted: got ");

	/* Meanwhile the first connection goes on. */
	assert_int_equal(talk(&first), 0);
	ends_close(&first);
	slipway_tls_free(s);
	slipway_tls_free(c);
	id_free(&old);
	id_free(&weak);
	place_remove(&p);
}

/* A connection lives longer than its handle. */
static void
outlives_handle(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &kernel);
	struct ends e;

	(void)state;
	ends_open(&e, s, c);
	slipway_tls_free(s);
	slipway_tls_free(c);
	assert_int_equal(talk(&e), 0);
	ends_close(&e);
}

/* Reads, and waits for bytes that haven't arrived yet. */
static long
reads(struct slipway_tls_conn *c, char *buf, size_t len)
{
	const int fd = slipway_tls_conn_fd(c);
	long n;

	while (waits(n = slipway_tls_read(c, buf, len)))
		sockets_wait(&fd, (const bool[]){ false }, 1, SOCKETS_WAIT_MS);
	return n;
}

/*
 * One side announces its end; the other side still sends, then announces its end.  A cut connection
 * differs from this.
 */
static void
half_close(void **state)
{
	struct ends e;
	char buf[64];

	(void)state;
	ends_talking(&e, &kernel);
	assert_int_equal(slipway_tls_shutdown(e.client), 0);
	assert_int_equal(reads(e.server, buf, sizeof buf), 0);
	assert_int_equal(slipway_tls_write(e.server, "more", 4), 4);
	assert_int_equal(reads(e.client, buf, sizeof buf), 4);
	assert_int_equal(slipway_tls_shutdown(e.server), 0);
	assert_int_equal(reads(e.client, buf, sizeof buf), 0);
	ends_close(&e);
	ends_talking(&e, &kernel);
	sockets_end(e.fd[1]);
	assert_int_equal(reads(e.server, buf, sizeof buf), SLIPWAY_TLS_ERROR);
	assert_non_null(strstr(slipway_tls_conn_error(e.server), "cut"));
	/* Later reads give the same. */
	assert_int_equal(slipway_tls_write(e.server, "x", 1), SLIPWAY_TLS_ERROR);
	ends_close(&e);
}

/* Bytes through the caller's functions, a few at a time. */
struct pipe_end {
	unsigned char *data;
	size_t *len;
	unsigned char *peer;
	size_t *peer_len;
};

static long
pipe_read(void *arg, void *buf, size_t len)
{
	struct pipe_end *p = arg;
	size_t n = len < 7 ? len : 7;

	if (*p->len == 0)
		return SLIPWAY_TLS_WANT_READ;
	if (n > *p->len)
		n = *p->len;
	memcpy(buf, p->data, n);
	memmove(p->data, p->data + n, *p->len - n);
	*p->len -= n;
	return (long)n;
}

static long
pipe_write(void *arg, const void *buf, size_t len)
{
	struct pipe_end *p = arg;
	size_t n = len < 11 ? len : 11;

	if (*p->peer_len + n > 65536)
		return SLIPWAY_TLS_WANT_WRITE;
	memcpy(p->peer + *p->peer_len, buf, n);
	*p->peer_len += n;
	return (long)n;
}

static void
own_functions(void **state)
{
	static unsigned char a[65536], b[65536];
	size_t alen = 0, blen = 0;
	struct pipe_end server = { a, &alen, b, &blen }, client = { b, &blen, a, &alen };
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "None", &kernel, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &kernel);
	struct ends e = { { -1, -1 }, slipway_tls_conn_new_io(s, pipe_read, pipe_write, &server),
		slipway_tls_conn_new_io(c, pipe_read, pipe_write, &client) };

	(void)state;
	assert_int_equal(talk(&e), 0);
	assert_string_equal(slipway_tls_conn_text(e.client), "TCP/IP][TLSv1.3 VERIFIED");
	assert_int_equal(slipway_tls_conn_fd(e.client), -1);
	slipway_tls_conn_free(e.server);
	slipway_tls_conn_free(e.client);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

static void
old_version(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	const char *want[] = { NULL, "TLSv1.2" };

	(void)state;
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	for (int i = 0; i < 2; i++) {
		struct slipway_tls_conn *conn;
		SSL *ssl = SSL_new(ctx);
		int fd[2], rc = -1;
		char byte;

		slipway_tls_set(s, "TLS_MinVersion", i == 0 ? NULL : "TLSv1.2");
		sockets_pair(fd, false, false);
		assert_non_null(conn = slipway_tls_conn_new(s, fd[0]));
		SSL_set_fd(ssl, fd[1]);
		for (int k = 0; k < 20 && rc != 1; k++) {
			rc = SSL_connect(ssl);
			slipway_tls_read(conn, &byte, 1);
		}
		assert_int_equal(rc == 1, want[i] != NULL);
		if (want[i] != NULL) {
			assert_string_equal(slipway_tls_conn_text(conn), "TCP/IP][TLSv1.2");
			assert_non_null(strstr(SSL_get_cipher(ssl), "GCM"));
		}
		SSL_free(ssl);
		slipway_tls_conn_free(conn);
		sockets_close(fd[0]);
		sockets_close(fd[1]);
	}
	SSL_CTX_free(ctx);
	slipway_tls_free(s);
}

/* A peer that begins a handshake, and then sends single bytes slowly. */
static void *
dribble(void *arg)
{
	/* of 517 bytes */
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	const struct timespec pause = { 0, 5000000 };

	for (size_t i = 0; i < 517; i++) {
		if (!sockets_send(*(int *)arg, i < sizeof hello ? hello[i] : '\0'))
			break;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/*
 * The handshake's time runs out with a silent peer, and with a peer that never completes it.
 */
static void
silent_peer(void **state)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);

	(void)state;
	slipway_tls_set_handshake_limit(s, 50);
	for (int i = 0; i < 4; i++) {
		const bool blocking = i % 2 != 0, dribbles = i / 2 != 0;
		struct slipway_tls_conn *c;
		pthread_t peer;
		int fd[2], rc;

		sockets_pair(fd, false, blocking);
		assert_non_null(c = slipway_tls_conn_new(s, fd[0]));
		if (dribbles)
			assert_int_equal(pthread_create(&peer, NULL, dribble, &fd[1]), 0);
		while (waits(rc = slipway_tls_handshake(c))) {
			assert_false(blocking);
			sockets_wait(fd, (const bool[]){ false }, 1,
			    (int)slipway_tls_conn_timeout(c));
		}
		assert_int_equal(rc, SLIPWAY_TLS_ERROR);
		assert_int_equal(slipway_tls_conn_error_code(c), SLIPWAY_TLS_E_TIMEOUT);
		assert_non_null(strstr(slipway_tls_conn_error(c), "not done within 50 ms"));
		assert_int_equal(slipway_tls_handshake(c), SLIPWAY_TLS_ERROR);
		slipway_tls_conn_free(c);
		sockets_end(fd[0]);
		if (dribbles)
			assert_int_equal(pthread_join(peer, NULL), 0);
		sockets_close(fd[0]);
		sockets_close(fd[1]);
	}
	slipway_tls_free(s);
}

static void
expiry_is_told(void **state)
{
	struct id soon = id_make(&(struct look){ .name = "soon", .days = 10 }, NULL);
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &soon, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &soon);
	struct ends e;

	(void)state;
	assert_int_equal(slipway_tls_check(s), 0);
	assert_non_null(strstr(slipway_tls_warning(s), "ends in "));
	assert_int_equal(slipway_tls_check(s), 0);
	assert_string_equal(slipway_tls_warning(s), ""); /* once a day */
	ends_open(&e, s, c);
	assert_int_equal(talk(&e), 0);
	assert_non_null(strstr(slipway_tls_conn_warning(e.client), "ends in "));
	ends_close(&e);
	slipway_tls_set(c, "TLS_ExpiryWarnDays", "5");
	ends_open(&e, s, c);
	assert_int_equal(talk(&e), 0);
	assert_string_equal(slipway_tls_conn_warning(e.client), "");
	ends_close(&e);
	slipway_tls_free(s);
	slipway_tls_free(c);
	id_free(&soon);
}

static void
revocation(void **state)
{
	static const char no_ca[] =
	    "TLS_CRLFile: the list of \"CN=ca\" is signed by no CA of TLS_TrustedCerts; it revokes nothing";
	static const char unknown[] =
	    "is not trusted (unable to get local issuer certificate): got subject \"CN=issued\"";
	struct id other_ca = id_make(&(struct look){ .name = "ca", .ca = true }, NULL);
	struct id above = id_make(&(struct look){ .name = "above", .ca = true }, NULL);
	struct id last = id_make(&(struct look){ .name = "last",
				     .ca = true,
				     .constraints = "critical,CA:TRUE,pathlen:0" },
	    NULL);
	const struct {
		char *crl;
		const struct id *trusted;
		/*
		 * a warning for a list that revokes nothing, but none for a list whose CA a chain
		 * may still prove
		 */
		const char *warning;
		enum slipway_tls_code code;
		const char *says;
	} rows[] = {
		{ crl_make(&ca, &issued, 30), &ca, "", SLIPWAY_TLS_E_REVOKED,
		    "the peer's certificate is revoked in TLS_CRLFile: subject \"CN=issued\"" },
		{ crl_make(&ca, &kernel, 30), &ca, "", SLIPWAY_TLS_OK, "" },
		{ crl_make(&ca, NULL, 30), &ca, "", SLIPWAY_TLS_OK, "" },
		{ crl_make(&other_ca, &issued, 30), &ca, no_ca, SLIPWAY_TLS_OK, "" },
		{ crl_make(&ca, &issued, 30), &issued, no_ca, SLIPWAY_TLS_OK, "" },
		{ crl_make(&ca, &issued, 30), &above, "", SLIPWAY_TLS_E_UNTRUSTED, unknown },
		{ crl_make(&ca, &issued, 30), &last, no_ca, SLIPWAY_TLS_E_UNTRUSTED, unknown }
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct slipway_tls *s =
		    side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &issued, NULL);
		struct slipway_tls *c =
		    side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, rows[i].trusted);

		pem(c, "TLS_CRLFile", rows[i].crl);
		assert_int_equal(slipway_tls_check(c), 0);
		assert_string_equal(slipway_tls_warning(c), rows[i].warning);
		meet(s, c, rows[i].code, rows[i].says);
		assert_string_equal(slipway_tls_warning(c), ""); /* once */
		slipway_tls_free(s);
		slipway_tls_free(c);
		free(rows[i].crl);
	}
	id_free(&other_ca);
	id_free(&above);
	id_free(&last);
}

static void
name_constraints(void **state)
{
	struct id narrow = id_make(&(struct look){ .name = "narrow",
				       .ca = true,
				       .constraint = "critical,permitted;DNS:.plant.example" },
	    NULL);
	struct id in =
	    id_make(&(struct look){ .name = "in", .san = "DNS:kernel.plant.example" }, &narrow);
	struct id out =
	    id_make(&(struct look){ .name = "out", .san = "DNS:kernel.bank.example" }, &narrow);
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &in, NULL);

	(void)state;
	verified(s, &narrow, NULL);
	slipway_tls_free(s);
	s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &out, NULL);
	verified(s, &narrow, "permitted subtree violation");
	slipway_tls_free(s);
	id_free(&narrow);
	id_free(&in);
	id_free(&out);
}

/* n certificates: kernel2's, and one of last at the end; to be freed. */
static char *
many(size_t n, const struct id *last)
{
	size_t len = strlen(kernel2.cert_pem), size = n * len + strlen(last->cert_pem) + 1;
	char *text = malloc(size);

	assert_non_null(text);
	for (size_t i = 0; i + 1 < n; i++)
		memcpy(text + i * len, kernel2.cert_pem, len);
	strcpy(text + (n - 1) * len, last->cert_pem);
	return text;
}

/* Lets c connect to a server, with this outcome whatever c trusts.  Returns the warning of c. */
static const char *
knows(struct slipway_tls *c, const struct id *server, enum slipway_tls_code want)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", server, NULL);

	meet(s, c, want,
	    want == SLIPWAY_TLS_E_UNTRUSTED	? "TLS_RequiredLevel is TLSPeerAuth"
		: want == SLIPWAY_TLS_E_REVOKED ? "is revoked in TLS_CRLFile"
						: "");
	slipway_tls_free(s);
	return slipway_tls_warning(c);
}

/*
 * No trusted certificate is left out in silence: all 128 count, more are an error or, in one of
 * several files, a warning.
 */
static void
many_trusted(void **state)
{
	char list[16384];
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, NULL);
	char *most = many(128, &kernel), *over = many(129, &kernel), *first = many(100, &kernel),
	     *second = many(29, &issued);
	struct place p; /* the names of its file are as good as any */

	(void)state;
	pem(c, "TLS_TrustedCerts", most);
	knows(c, &kernel, SLIPWAY_TLS_OK);
	knows(c, &issued, SLIPWAY_TLS_E_UNTRUSTED);
	pem(c, "TLS_TrustedCerts", over);
	assert_int_equal(slipway_tls_check(c), SLIPWAY_TLS_ERROR);
	assert_non_null(
	    strstr(slipway_tls_error(c), "(given by the program): over 128 certificates"));

	place_make(&p);
	put_text(p.key, first, 0644);
	put_text(p.cert, second, 0644);
	snprintf(list, sizeof list, "%s;%s", p.key, p.cert);
	slipway_tls_set(c, "TLS_TrustedCerts", list);
	assert_non_null(strstr(knows(c, &kernel, SLIPWAY_TLS_OK),
	    "cert.pem: with those of the files before it over 128 certificates; the others stay in use"));
	knows(c, &issued, SLIPWAY_TLS_E_UNTRUSTED);
	put_text(p.key, kernel.cert_pem, 0644);
	knows(c, &issued, SLIPWAY_TLS_OK);

	list[0] = '\0';
	for (size_t i = 0; i < 128; i++)
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s;", p.key);
	slipway_tls_set(c, "TLS_TrustedCerts", list);
	knows(c, &kernel, SLIPWAY_TLS_OK);
	strcat(list, "/nonexistent/last.crt");
	slipway_tls_set(c, "TLS_TrustedCerts", list);
	assert_int_equal(slipway_tls_check(c), SLIPWAY_TLS_ERROR);
	assert_non_null(strstr(slipway_tls_error(c), "TLS_TrustedCerts: over 128 files"));

	slipway_tls_free(c);
	place_remove(&p);
	free(most);
	free(over);
	free(first);
	free(second);
}

/* As many revocation lists as there may be, the last of which decides; one more is an error. */
static void
many_lists(void **state)
{
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &ca);
	char *none = crl_make(&ca, NULL, 1), *last = crl_make(&ca, &issued, 1), text[65536] = "";

	(void)state;
	for (size_t i = 0; i < 63; i++)
		strcat(text, none);
	strcat(text, last);
	pem(c, "TLS_CRLFile", none);
	knows(c, &issued, SLIPWAY_TLS_OK);
	pem(c, "TLS_CRLFile", text);
	knows(c, &issued, SLIPWAY_TLS_E_REVOKED);
	strcat(text, none);
	pem(c, "TLS_CRLFile", text);
	/* The earlier lists stay in force. */
	assert_int_equal(slipway_tls_check(c), 0);
	assert_non_null(strstr(slipway_tls_warning(c),
	    "the lists read before stay in force: TLS_CRLFile: (given by the program): over 64 revocation lists"));
	knows(c, &issued, SLIPWAY_TLS_E_REVOKED);
	slipway_tls_free(c);
	c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &ca);
	pem(c, "TLS_CRLFile", text);
	assert_int_equal(slipway_tls_check(c), SLIPWAY_TLS_ERROR);
	assert_non_null(strstr(slipway_tls_error(c), "over 64 revocation lists"));
	slipway_tls_free(c);
	free(none);
	free(last);
}

static const struct id_row ids[] = {
	{ &kernel, { .name = "kernel" }, NULL },
	{ &kernel2, { .name = "kernel" }, NULL },
	{ &ca, { .name = "ca", .ca = true }, NULL },
	{ &issued, { .name = "issued" }, &ca },
};

int
main(void)
{
	static struct CMUnitTest tests[N(closed) + N(names) + 20] = {
		cmocka_unit_test(refusal_text),
		cmocka_unit_test(unknown_setting),
		cmocka_unit_test(absent_level_is_told),
		cmocka_unit_test(replacement),
		cmocka_unit_test(outlives_handle),
		cmocka_unit_test(half_close),
		cmocka_unit_test(own_functions),
		cmocka_unit_test(old_version),
		cmocka_unit_test(silent_peer),
		cmocka_unit_test(expiry_is_told),
		cmocka_unit_test(revocation),
		cmocka_unit_test(name_constraints),
		cmocka_unit_test(many_trusted),
		cmocka_unit_test(many_lists),
	};
	size_t n = 14;

	TEST_ROWS(tests, n, closed, fails_closed);
	TEST_ROWS(tests, n, names, peers_name);
	return ids_run("tls", tests, n, ids, N(ids));
}
