/* SPDX-License-Identifier: ISC */
/* Connections. */
#include "lib/tls/conn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "lib/os/clock.h"
#include "lib/tls/handle.h"
#include "lib/tls/reason.h"
#include "lib/tls/stream.h"

/* First byte of a TLS record that starts a handshake (RFC 8446, 5.1). */
#define TLS_HANDSHAKE_BYTE 0x16

/* Records without data that one call of slipway_tls_read() takes from a peer. */
#define TLS_RECORDS_MAX 32

/* Bytes of a peer that are dropped when a connection ends: those that have come, and in all. */
#define DROP_NOW_MAX (64u * 1024)
#define DRAIN_MAX    (1024u * 1024)

enum mode { MODE_UNDECIDED, MODE_PLAIN, MODE_TLS };

/* Texts are made on demand: most connections need none, and a server may have ten thousand. */
struct slipway_tls_conn {
	struct tls_setup *setup;
	struct stream stream;
	enum mode mode;
	bool done, broken;
	bool ended;    /* we told the peer that no more data comes */
	bool draining; /* slipway_tls_drain() was called */
	struct verdict verdict;
	enum slipway_tls_code code;
	unsigned limit_ms;
	SSL *ssl;
	char *error, *warning, *peer; /* NULL: none, or no memory for it */
	char hex[SHA256_HEX_SIZE];    /* of the peer's certificate */
	char text[40];
};

__attribute__((format(printf, 1, 0))) static char *
vtext(const char *fmt, va_list ap)
{
	char buf[ERR_TEXT_SIZE];

	vsnprintf(buf, sizeof buf, fmt, ap);
	return strdup(buf);
}

__attribute__((format(printf, 3, 4))) static int
set_error(struct slipway_tls_conn *c, enum slipway_tls_code code, const char *fmt, ...)
{
	va_list ap;

	free(c->error);
	c->code = code;
	va_start(ap, fmt);
	c->error = vtext(fmt, ap);
	va_end(ap);
	return SLIPWAY_TLS_ERROR;
}

/*
 * Closing a socket with bytes unread makes a reset, and some systems then drop what the peer hasn't
 * read yet: the alert that tells the peer why.  So our direction ends first.
 */
static void
part(struct slipway_tls_conn *c)
{
	if (c->stream.fd == -1 || c->mode == MODE_PLAIN)
		return;
	stream_end(&c->stream);
	c->stream.now = true;
	(void)stream_drop(&c->stream, DROP_NOW_MAX);
	c->stream.now = false;
}

/* The end of a connection; a peer's certificate that was refused is the reason before others. */
static int
fail(struct slipway_tls_conn *c, enum slipway_tls_code code, const char *what, const char *why)
{
	if (!c->broken && c->verdict.code == SLIPWAY_TLS_OK) {
		set_error(c, code, "%s: %s", what, why);
	} else if (!c->broken) {
		free(c->error);
		c->code = c->verdict.code;
		c->error = c->verdict.text;
		c->verdict.text = NULL;
	}
	if (!c->broken)
		part(c);
	c->broken = true;
	return SLIPWAY_TLS_ERROR;
}

static bool
waits(long n)
{
	return n == SLIPWAY_TLS_WANT_READ || n == SLIPWAY_TLS_WANT_WRITE;
}

/* Remember the texts of the certificate that the peer showed, once. */
static void
note_peer(struct slipway_tls_conn *c)
{
	X509 *cert = c->verdict.refused;

	if (cert == NULL && c->ssl != NULL)
		cert = SSL_get0_peer_certificate(c->ssl);
	if (c->peer != NULL || cert == NULL || (c->peer = malloc(CERT_DESCRIBE_SIZE)) == NULL)
		return;
	cert_describe(cert, c->peer, CERT_DESCRIBE_SIZE);
	cert_hex(cert, c->hex);
}

static int
attach(struct slipway_tls_conn *c)
{
	BIO *bio;

	if ((c->ssl = SSL_new(c->setup->ctx)) == NULL || (bio = BIO_new(c->setup->method)) == NULL)
		return -1;
	BIO_set_data(bio, &c->stream);
	SSL_set_bio(c->ssl, bio, bio);
	SSL_set_app_data(c->ssl, &c->verdict);
	if (c->setup->side == SLIPWAY_TLS_SERVER)
		SSL_set_accept_state(c->ssl);
	else
		SSL_set_connect_state(c->ssl);
	return 0;
}

static struct slipway_tls_conn *
conn_new(struct slipway_tls *t, const struct stream *stream)
{
	struct tls_setup *setup = handle_setup(t);
	struct slipway_tls_conn *c;

	if (setup == NULL)
		return NULL;
	if ((c = calloc(1, sizeof *c)) == NULL) {
		setup_release(setup);
		goto nomem;
	}
	c->setup = setup;
	c->stream = *stream;
	c->limit_ms = handle_handshake_ms(t);
	if (c->limit_ms != 0)
		c->stream.deadline = clock_mono_ms() + c->limit_ms;
	strcpy(c->text, "TCP/IP");
	if (setup->level != TLS_LEVEL_NONE)
		c->mode = MODE_TLS;
	else if (setup->ctx == NULL)
		c->mode = MODE_PLAIN;
	if (c->mode == MODE_PLAIN || attach(c) == 0)
		return c;
	ERR_clear_error();
	slipway_tls_conn_free(c);
nomem:
	handle_fail(t, SLIPWAY_TLS_E_NOMEM, "out of memory");
	return NULL;
}

struct slipway_tls_conn *
slipway_tls_conn_new(struct slipway_tls *t, int fd)
{
	const struct stream s = { .fd = fd, .blocking = stream_blocks(fd) };

	return conn_new(t, &s);
}

struct slipway_tls_conn *
slipway_tls_conn_new_io(struct slipway_tls *t, long (*read)(void *arg, void *buf, size_t len),
    long (*write)(void *arg, const void *buf, size_t len), void *arg)
{
	const struct stream s = { .fd = -1, .read = read, .write = write, .arg = arg };

	return conn_new(t, &s);
}

void
conn_own_fd(struct slipway_tls_conn *c, int64_t deadline)
{
	int64_t now = clock_mono_ms();

	c->stream.owned = true;
	if (c->stream.deadline == 0 || deadline < c->stream.deadline) {
		c->stream.deadline = deadline;
		c->limit_ms = deadline > now ? (unsigned)(deadline - now) : 0;
	}
}

void
slipway_tls_conn_free(struct slipway_tls_conn *c)
{
	if (c == NULL)
		return;
	SSL_free(c->ssl);
	setup_release(c->setup);
	stream_close(&c->stream);
	free(c->error);
	free(c->warning);
	free(c->peer);
	free(c->verdict.text);
	X509_free(c->verdict.refused);
	free(c);
}

int
slipway_tls_conn_fd(const struct slipway_tls_conn *c)
{
	return c->stream.fd;
}

int
slipway_tls_conn_timeout(const struct slipway_tls_conn *c)
{
	if ((c->done && !c->draining) || c->stream.deadline == 0)
		return -1;
	return c->broken && !c->draining ? 0 : clock_left_ms(c->stream.deadline);
}

const char *
slipway_tls_conn_text(const struct slipway_tls_conn *c)
{
	return c->text;
}

const char *
slipway_tls_conn_version(const struct slipway_tls_conn *c)
{
	return c->done && c->mode == MODE_TLS ? SSL_get_version(c->ssl) : "";
}

int
slipway_tls_conn_verified(const struct slipway_tls_conn *c)
{
	return c->done && c->verdict.verified;
}

enum slipway_tls_code
slipway_tls_conn_error_code(const struct slipway_tls_conn *c)
{
	return c->code;
}

const char *
slipway_tls_conn_error(const struct slipway_tls_conn *c)
{
	if (c->code == SLIPWAY_TLS_OK)
		return "";
	return c->error != NULL ? c->error : "out of memory for the reason";
}

const char *
slipway_tls_conn_warning(const struct slipway_tls_conn *c)
{
	return c->warning != NULL ? c->warning : "";
}

const char *
slipway_tls_conn_peer(struct slipway_tls_conn *c)
{
	note_peer(c);
	return c->peer != NULL ? c->peer : "";
}

const char *
slipway_tls_conn_peer_sha256(struct slipway_tls_conn *c)
{
	note_peer(c);
	return c->hex;
}

/* Report the stream's error. */
static int
stream_failed(struct slipway_tls_conn *c, const char *what)
{
	if (c->stream.fault == 0 && c->stream.ended)
		return fail(c, SLIPWAY_TLS_E_CUT, what, "the peer cut the connection");
	return fail(c, SLIPWAY_TLS_E_NETWORK, what, stream_fault(&c->stream));
}

/*
 * The first error of TLS in OpenSSL's queue, which is empty then; without one, the first of all.
 * OpenSSL 3.5 puts an error of the layer below before its own "bad signature".
 */
static unsigned long
first_error(void)
{
	unsigned long first = ERR_get_error(), code = first;

	while (code != 0 && ERR_GET_LIB(code) != ERR_LIB_SSL)
		code = ERR_get_error();
	ERR_clear_error();
	return code != 0 ? code : first;
}

/* Turn a result of OpenSSL into one of ours. */
static int
result(struct slipway_tls_conn *c, int rc, const char *what)
{
	int kind = SSL_get_error(c->ssl, rc);
	unsigned long first = first_error();
	enum slipway_tls_code code;
	char why[256];

	if (kind == SSL_ERROR_WANT_READ)
		return SLIPWAY_TLS_WANT_READ;
	if (kind == SSL_ERROR_WANT_WRITE)
		return SLIPWAY_TLS_WANT_WRITE;
	/* Report the first fault.  A later failure to send the alert is ignored. */
	if (c->stream.ended)
		return fail(c, SLIPWAY_TLS_E_CUT, what, "the peer cut the connection");
	if (first == 0 || ERR_GET_LIB(first) == ERR_LIB_SYS)
		return stream_failed(c, what);
	code = reason_of(first, c->setup, why, sizeof why);
	return fail(c, code, what, why);
}

/*
 * A peer that refuses us says so and closes; bytes of ours that it hasn't read then make a reset,
 * and writing fails although the reason has arrived.  So read it before the failure is reported.
 */
static int
failed_to_write(struct slipway_tls_conn *c, int rc, const char *what)
{
	const int fault = c->stream.fault;
	unsigned char dropped[1024];
	enum slipway_tls_code code;
	unsigned long first = 0;
	char why[256];
	size_t got;

	if (fault == 0)
		return result(c, rc, what);
	c->stream.now = true;
	for (int n = 0; n < TLS_RECORDS_MAX && first == 0; n++) {
		ERR_clear_error();
		if (SSL_read_ex(c->ssl, dropped, sizeof dropped, &got) == 1)
			continue;
		first = ERR_peek_error();
		if (SSL_get_error(c->ssl, 0) != SSL_ERROR_WANT_READ || c->stream.waits)
			break;
	}
	c->stream.now = false;
	c->stream.fault = fault;
	ERR_clear_error();
	if (!reason_is_alert(first))
		return fail(c, SLIPWAY_TLS_E_NETWORK, what, stream_fault(&c->stream));
	code = reason_of(first, c->setup, why, sizeof why);
	return fail(c, code, what, why);
}

/* Turn a result of the stream, without TLS, into one of ours. */
static long
plain(struct slipway_tls_conn *c, long n, const char *what)
{
	return n == SLIPWAY_TLS_ERROR ? stream_failed(c, what) : n;
}

/* A server at None looks at the first byte: a TLS client begins with a handshake record. */
static int
decide(struct slipway_tls_conn *c)
{
	unsigned char first = 0;
	long n = stream_peek(&c->stream, &first);

	if (n < 0)
		return (int)plain(c, n, "receive");
	c->mode = n == 1 && first == TLS_HANDSHAKE_BYTE ? MODE_TLS : MODE_PLAIN;
	return 0;
}

static void
warn_of_end(struct slipway_tls_conn *c)
{
	char text[64];

	if (!c->verdict.verified || c->verdict.days_left > (int)c->setup->warn_days)
		return;
	snprintf(text, sizeof text, "the peer's certificate ends in %d days", c->verdict.days_left);
	c->warning = strdup(text);
}

static int
agree(struct slipway_tls_conn *c)
{
	int rc;

	if (c->mode == MODE_UNDECIDED && (rc = decide(c)) != 0)
		return rc;
	if (c->mode == MODE_TLS) {
		ERR_clear_error();
		if ((rc = SSL_do_handshake(c->ssl)) != 1)
			return result(c, rc, "TLS handshake");
		snprintf(c->text, sizeof c->text, "TCP/IP][%s%s", SSL_get_version(c->ssl),
		    c->verdict.verified ? " VERIFIED" : "");
		warn_of_end(c);
	}
	c->done = true;
	c->stream.deadline = 0;
	stream_begin(&c->stream);
	return 0;
}

int
slipway_tls_handshake(struct slipway_tls_conn *c)
{
	int rc;

	if (c->broken)
		return SLIPWAY_TLS_ERROR;
	if (c->draining)
		return set_error(c, SLIPWAY_TLS_E_USAGE, "after slipway_tls_drain()");
	stream_begin(&c->stream);
	if (c->done)
		return 0;
	/* A socket that doesn't block: check the deadline at each call. */
	if (c->stream.deadline != 0 && clock_mono_ms() >= c->stream.deadline)
		c->stream.late = true;
	rc = c->stream.late ? SLIPWAY_TLS_ERROR : agree(c);
	if (rc == SLIPWAY_TLS_ERROR && c->stream.late) {
		c->broken = true;
		set_error(c, SLIPWAY_TLS_E_TIMEOUT, "TLS handshake: not done within %u ms",
		    c->limit_ms);
	}
	return rc;
}

/*
 * The caller doesn't wait for records without data (key updates).  Where waiting isn't allowed
 * their number is bounded, so that a peer that sends only such records can't keep the call going.
 */
static long
read_tls(struct slipway_tls_conn *c, void *buf, size_t len)
{
	size_t got;
	int rc, kind;

	for (int n = 1;; n++) {
		ERR_clear_error();
		c->stream.waits = false;
		if ((rc = SSL_read_ex(c->ssl, buf, len, &got)) == 1)
			return (long)got;
		kind = SSL_get_error(c->ssl, rc);
		if (kind == SSL_ERROR_ZERO_RETURN)
			return 0;
		if (kind != SSL_ERROR_WANT_READ || c->stream.waits ||
		    (n % TLS_RECORDS_MAX == 0 && !stream_waits(&c->stream)))
			return result(c, rc, "read");
	}
}

long
slipway_tls_read(struct slipway_tls_conn *c, void *buf, size_t len)
{
	int rc = slipway_tls_handshake(c);

	if (rc != 0 || len == 0)
		return rc;
	if (c->mode == MODE_PLAIN)
		return plain(c, stream_read(&c->stream, buf, len), "receive");
	return read_tls(c, buf, len);
}

long
slipway_tls_write(struct slipway_tls_conn *c, const void *buf, size_t len)
{
	int rc = slipway_tls_handshake(c);
	size_t put;

	if (rc != 0 || len == 0)
		return rc;
	if (c->ended)
		return set_error(c, SLIPWAY_TLS_E_USAGE, "write: after slipway_tls_shutdown()");
	if (c->mode == MODE_PLAIN)
		return plain(c, stream_write(&c->stream, buf, len), "send");
	ERR_clear_error();
	if ((rc = SSL_write_ex(c->ssl, buf, len, &put)) == 1)
		return (long)put;
	return failed_to_write(c, rc, "write");
}

size_t
slipway_tls_pending(const struct slipway_tls_conn *c)
{
	return c->mode != MODE_TLS ? c->stream.started : (size_t)SSL_pending(c->ssl);
}

int
slipway_tls_shutdown(struct slipway_tls_conn *c)
{
	int rc;

	if (c->broken)
		return SLIPWAY_TLS_ERROR;
	stream_begin(&c->stream);
	if (c->mode != MODE_TLS || !c->done) {
		stream_end(&c->stream);
		c->ended = true;
		return 0;
	}
	if (c->ended)
		return 0;
	ERR_clear_error();
	if ((rc = SSL_shutdown(c->ssl)) < 0)
		return failed_to_write(c, rc, "shutdown");
	c->ended = true;
	return 0;
}

int
slipway_tls_drain(struct slipway_tls_conn *c)
{
	long n;

	if (!c->draining) {
		c->draining = true;
		c->stream.late = false;
		c->stream.deadline = clock_mono_ms() + SLIPWAY_TLS_DRAIN_MS;
	}
	if (c->stream.fault != 0 || c->stream.ended || clock_left_ms(c->stream.deadline) == 0)
		return 0;
	if (!c->broken && !c->ended && (n = slipway_tls_shutdown(c)) != 0)
		return waits(n) ? (int)n : 0;
	stream_end(&c->stream);
	n = stream_drop(&c->stream, DRAIN_MAX);
	return waits(n) && clock_left_ms(c->stream.deadline) > 0 ? (int)n : 0;
}
