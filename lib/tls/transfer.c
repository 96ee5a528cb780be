/* SPDX-License-Identifier: ISC */
/* What moves over a connection: the handshake, the program's bytes, and the end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "lib/os/clock.h"
#include "lib/tls/conn.h"
#include "lib/tls/reason.h"

/* First bytes of TLS records: of an alert, and of one that starts a handshake (RFC 8446, 5.1). */
#define TLS_ALERT_BYTE	   0x15
#define TLS_HANDSHAKE_BYTE 0x16
#define TLS_VERSION_BYTE   3 /* the second byte of each */

#define REASON_SIZE 512 /* bytes of a reason, with the final NUL */

/* Records without data that one call of slipway_tls_read() takes from a peer. */
#define TLS_RECORDS_MAX 32

/* Bytes of a peer that are dropped when a connection ends: those that have come, and in all. */
#define DROP_NOW_MAX (64u * 1024)
#define DRAIN_MAX    (1024u * 1024)

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

/*
 * The result of a call: nothing is lost when the program ended a wait, and the next call goes on.
 */
static long
ended_wait(struct slipway_tls_conn *c, long n, const char *what)
{
	return waits(n) && c->stream.cancelled
	    ? set_error(c, SLIPWAY_TLS_E_CANCELLED, "%s: cancelled", what)
	    : n;
}

/*
 * Report that the connection was cut or failed.  A client whose server ends it without a byte may
 * have the wrong level.
 */
static int
gone(struct slipway_tls_conn *c, enum slipway_tls_code code, const char *what, const char *how)
{
	char levels[REASON_SIZE], why[2 * REASON_SIZE];

	if (c->setup->side != SLIPWAY_TLS_CLIENT || c->stream.begun)
		return fail(c, code, what, how);
	reason_of_levels(c->setup, false, levels, sizeof levels);
	snprintf(why, sizeof why, "%s; %s", how, levels);
	return fail(c, code, what, why);
}

static int
cut(struct slipway_tls_conn *c, const char *what)
{
	return gone(c, SLIPWAY_TLS_E_CUT, what, "the peer cut the connection");
}

/* Report the stream's error. */
static int
stream_failed(struct slipway_tls_conn *c, const char *what)
{
	if (c->stream.fault == 0 && c->stream.ended)
		return cut(c, what);
	return gone(c, SLIPWAY_TLS_E_NETWORK, what, stream_fault(&c->stream));
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
ssl_result(struct slipway_tls_conn *c, int rc, const char *what)
{
	int kind = SSL_get_error(c->ssl, rc);
	unsigned long first = first_error();
	enum slipway_tls_code code;
	char why[REASON_SIZE];

	if (kind == SSL_ERROR_WANT_READ)
		return SLIPWAY_TLS_WANT_READ;
	if (kind == SSL_ERROR_WANT_WRITE)
		return SLIPWAY_TLS_WANT_WRITE;
	/* Report the first fault.  A later failure to send the alert is ignored. */
	if (c->stream.ended)
		return cut(c, what);
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
	char why[REASON_SIZE];
	size_t got;

	if (fault == 0)
		return ssl_result(c, rc, what);
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
plain_result(struct slipway_tls_conn *c, long n, const char *what)
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
		return (int)plain_result(c, n, "receive");
	c->mode = n == 1 && first == TLS_HANDSHAKE_BYTE ? MODE_TLS : MODE_PLAIN;
	return 0;
}

static void
warn_of_end(struct slipway_tls_conn *c)
{
	char text[64];

	/* Who is only asked isn't refused; the site has to know before it demands certificates. */
	if (c->verdict.text != NULL) {
		c->warning = c->verdict.text;
		c->verdict.text = NULL;
	}
	if (!c->verdict.verified || c->verdict.days_left > (int)c->setup->warn_days)
		return;
	snprintf(text, sizeof text, "the peer's certificate ends in %d days", c->verdict.days_left);
	c->warning = strdup(text);
}

static bool
is_record(unsigned char head)
{
	return head == TLS_HANDSHAKE_BYTE || head == TLS_ALERT_BYTE;
}

/* Whether the peer sends what is no TLS where it must be. */
static bool
is_plain(const struct slipway_tls_conn *c)
{
	return c->mode == MODE_TLS && !c->done && c->stream.begun && !is_record(c->stream.head);
}

/*
 * The commonest mistake of a change.  The server's answer is TLS all the same: a peer with this
 * library, or a person who looks, knows the alert by its first byte.
 */
static int
refuse_plain(struct slipway_tls_conn *c)
{
	static const unsigned char alert[] = { TLS_ALERT_BYTE, TLS_VERSION_BYTE, 3, 0, 2,
		SSL3_AL_FATAL, SSL_AD_UNEXPECTED_MESSAGE };
	const int64_t deadline = c->stream.deadline;
	char why[REASON_SIZE];

	ERR_clear_error();
	reason_of_levels(c->setup, true, why, sizeof why);
	c->stream.deadline = 0;
	c->stream.late = false;
	c->stream.now = true;
	if (c->setup->side == SLIPWAY_TLS_SERVER)
		(void)stream_write(&c->stream, alert, sizeof alert);
	c->stream.now = false;
	c->stream.deadline = deadline;
	return fail(c, SLIPWAY_TLS_E_PROTOCOL, "TLS handshake", why);
}

static int
establish(struct slipway_tls_conn *c)
{
	int rc;

	if (c->mode == MODE_UNDECIDED && (rc = decide(c)) != 0)
		return rc;
	if (c->mode == MODE_TLS) {
		ERR_clear_error();
		if ((rc = SSL_do_handshake(c->ssl)) != 1)
			return is_plain(c) ? refuse_plain(c) : ssl_result(c, rc, "TLS handshake");
		snprintf(c->text, sizeof c->text, "TCP/IP][%s%s", SSL_get_version(c->ssl),
		    c->verdict.verified ? " VERIFIED" : "");
		warn_of_end(c);
	}
	c->done = true;
	c->stream.deadline = 0;
	stream_begin(&c->stream);
	keys_begin(&c->age);
	return 0;
}

/* A call of the program begins: misuse by the last call is over, and so is its being cancelled. */
static void
begin_call(struct slipway_tls_conn *c)
{
	if (c->code == SLIPWAY_TLS_E_USAGE || c->code == SLIPWAY_TLS_E_CANCELLED) {
		free(c->error);
		c->error = NULL;
		c->code = SLIPWAY_TLS_OK;
	}
	stream_begin(&c->stream);
}

int
slipway_tls_handshake(struct slipway_tls_conn *c)
{
	int rc;

	if (c->broken)
		return SLIPWAY_TLS_ERROR;
	if (c->draining)
		return set_error(c, SLIPWAY_TLS_E_USAGE, "after slipway_tls_drain()");
	begin_call(c);
	if (c->done)
		return 0;
	if (c->ended && c->mode == MODE_TLS)
		return set_error(c, SLIPWAY_TLS_E_USAGE,
		    "TLS handshake: after slipway_tls_shutdown()");
	/* A socket that doesn't block: check the deadline at each call. */
	if (c->stream.deadline != 0 && clock_mono_ms() >= c->stream.deadline)
		c->stream.late = true;
	rc = c->stream.late ? SLIPWAY_TLS_ERROR : establish(c);
	if (rc != SLIPWAY_TLS_ERROR || !c->stream.late)
		return (int)ended_wait(c, rc, "TLS handshake");
	if (is_plain(c))
		return c->broken ? SLIPWAY_TLS_ERROR : refuse_plain(c);
	c->broken = true;
	return set_error(c, SLIPWAY_TLS_E_TIMEOUT, "TLS handshake: not done within %u ms",
	    c->limit_ms);
}

/*
 * Change keys that are too old, in both directions.  OpenSSL sends the message before it reads or
 * writes more.  That must not make a call wait: a write that waits goes first, and a read changes
 * keys only where the message has room.
 */
static void
renew_keys(struct slipway_tls_conn *c, bool write)
{
	if (SSL_version(c->ssl) != TLS1_3_VERSION || c->ended || c->nwaiting > 0 ||
	    !keys_due(&c->age) || (!write && !stream_has_room(&c->stream)))
		return;
	if (SSL_key_update(c->ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
		keys_begin(&c->age);
	ERR_clear_error();
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
		if ((rc = SSL_read_ex(c->ssl, buf, len, &got)) == 1) {
			if (SSL_pending(c->ssl) == 0)
				keys_count(&c->age, false);
			return (long)got;
		}
		kind = SSL_get_error(c->ssl, rc);
		if (kind == SSL_ERROR_ZERO_RETURN)
			return 0;
		if (kind != SSL_ERROR_WANT_READ || c->stream.waits ||
		    (n % TLS_RECORDS_MAX == 0 && !stream_waits(&c->stream)))
			return ssl_result(c, rc, "read");
	}
}

/* The first bytes of a connection without TLS are looked at: they may be those of TLS. */
static long
read_plain(struct slipway_tls_conn *c, unsigned char *buf, size_t len)
{
	const bool begun = c->stream.begun;
	long n = plain_result(c, stream_read(&c->stream, buf, len), "receive");
	char why[REASON_SIZE];

	if (begun || n <= 0 || !is_record(buf[0]) || (n > 1 && buf[1] != TLS_VERSION_BYTE))
		return n;
	reason_of_levels(c->setup, true, why, sizeof why);
	return fail(c, SLIPWAY_TLS_E_PROTOCOL, "receive", why);
}

long
slipway_tls_read(struct slipway_tls_conn *c, void *buf, size_t len)
{
	int rc = slipway_tls_handshake(c);

	if (rc != 0 || len == 0)
		return rc;
	if (buf == NULL)
		return set_error(c, SLIPWAY_TLS_E_USAGE,
		    "read: want memory for the bytes, got NULL");
	if (c->mode == MODE_PLAIN)
		return ended_wait(c, read_plain(c, buf, len), "receive");
	renew_keys(c, false);
	return ended_wait(c, read_tls(c, buf, len), "read");
}

/* 0 when no write waits any more, WANT_* or ERROR. */
static int
send_waiting(struct slipway_tls_conn *c)
{
	size_t put;
	int rc;

	if (c->nwaiting > 0 && c->waiting == NULL)
		return fail(c, SLIPWAY_TLS_E_NOMEM, "shutdown", "out of memory");
	ERR_clear_error();
	if (c->nwaiting > 0 && (rc = SSL_write_ex(c->ssl, c->waiting, c->nwaiting, &put)) != 1)
		return failed_to_write(c, rc, "shutdown");
	conn_wait_over(c);
	/* A change of keys that a read began is sent to its end, too. */
	if (SSL_in_init(c->ssl) && (rc = SSL_do_handshake(c->ssl)) != 1)
		return failed_to_write(c, rc, "shutdown");
	return 0;
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
	if (buf == NULL)
		return set_error(c, SLIPWAY_TLS_E_USAGE, "write: want bytes, got NULL");
	if (c->mode == MODE_PLAIN)
		return ended_wait(c, plain_result(c, stream_write(&c->stream, buf, len), "send"),
		    "send");
	if (len < c->nwaiting)
		return set_error(c, SLIPWAY_TLS_E_USAGE,
		    "write: after WANT_* want the same bytes again");
	renew_keys(c, true);
	ERR_clear_error();
	if ((rc = SSL_write_ex(c->ssl, buf, len, &put)) == 1) {
		conn_wait_over(c);
		keys_count(&c->age, true);
		return (long)put;
	}
	if (waits(rc = failed_to_write(c, rc, "write")))
		conn_wait_with(c, buf, len);
	return ended_wait(c, rc, "write");
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
	begin_call(c);
	if (c->mode != MODE_TLS || !c->done) {
		stream_end(&c->stream);
		c->ended = true;
		return 0;
	}
	if (c->ended)
		return 0;
	if ((rc = send_waiting(c)) != 0)
		return (int)ended_wait(c, rc, "shutdown");
	ERR_clear_error();
	if ((rc = SSL_shutdown(c->ssl)) < 0)
		return (int)ended_wait(c, failed_to_write(c, rc, "shutdown"), "shutdown");
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
	stream_begin(&c->stream);
	if (c->stream.fault != 0 || c->stream.ended || clock_left_ms(c->stream.deadline) == 0)
		return 0;
	if (!c->broken && !c->ended && (n = slipway_tls_shutdown(c)) != 0)
		return waits(n) ? (int)n : 0;
	stream_end(&c->stream);
	n = stream_drop(&c->stream, DRAIN_MAX);
	return waits(n) && !c->stream.cancelled && clock_left_ms(c->stream.deadline) > 0 ? (int)n
											 : 0;
}

/* In TLS 1.2 it is unique only with the extended master secret (RFC 9266, 4.2). */
int
slipway_tls_conn_binding(struct slipway_tls_conn *c, unsigned char out[SLIPWAY_TLS_BINDING_SIZE])
{
	static const char label[] = "EXPORTER-Channel-Binding"; /* RFC 9266, 2 */
	int rc;

	if (c->broken)
		return SLIPWAY_TLS_ERROR;
	begin_call(c);
	if (!c->done || c->mode != MODE_TLS)
		return set_error(c, SLIPWAY_TLS_E_USAGE, "want TLS, after the handshake");
	if (SSL_version(c->ssl) < TLS1_3_VERSION && SSL_get_extms_support(c->ssl) != 1)
		return set_error(c, SLIPWAY_TLS_E_USAGE,
		    "want TLS 1.3, or 1.2 with the extended master secret");
	rc = SSL_export_keying_material(c->ssl, out, SLIPWAY_TLS_BINDING_SIZE, label,
	    sizeof label - 1, NULL, 0, 0);
	ERR_clear_error();
	return rc == 1 ? 0 : set_error(c, SLIPWAY_TLS_E_NOMEM, "out of memory");
}
