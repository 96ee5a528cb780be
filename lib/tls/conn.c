/*
 * Connections.
 */
#include "tls_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/clock.h"

/* First byte of a TLS record that starts a handshake (RFC 8446, 5.1). */
#define TLS_HANDSHAKE_BYTE	0x16

enum mode { MODE_UNDECIDED, MODE_PLAIN, MODE_TLS };

struct slipway_tls_conn {
	struct tls_setup *setup;
	struct stream stream;
	enum mode mode;
	bool done, verified, broken;
	unsigned limit_ms;
	SSL *ssl;
	char text[64], error[ERR_TEXT_SIZE], warning[256];
};

static int
fail(struct slipway_tls_conn *c, const char *what, const char *why)
{
	c->broken = true;
	if (c->error[0] == '\0')
		snprintf(c->error, sizeof c->error, "%s: %s", what, why);
	return SLIPWAY_TLS_ERROR;
}

/* Every certificate passes here and is judged by us, not by OpenSSL's rules for the Web. */
int
conn_judge(X509_STORE_CTX *ctx, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct slipway_tls_conn *c = SSL_get_app_data(ssl);
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
	int days = trust_days_left(leaf);
	struct err e;

	(void)arg;
	if (c->setup->level != TLS_LEVEL_PEER_AUTH)
		return 1;
	if (trust_verify(&c->setup->trusted, leaf, X509_STORE_CTX_get0_untrusted(ctx),
		c->setup->side == SLIPWAY_TLS_CLIENT, &e) == -1) {
		snprintf(c->error, sizeof c->error, "%s", e.text);
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_UNTRUSTED);
		return 0;
	}
	c->verified = true;
	if (days <= (int)c->setup->warn_days)
		snprintf(c->warning, sizeof c->warning, "the peer's certificate ends in %d days", days);
	return 1;
}

static int
attach(struct slipway_tls_conn *c)
{
	BIO *bio;

	if ((c->ssl = SSL_new(c->setup->ctx)) == NULL || (bio = BIO_new(c->setup->method)) == NULL)
		return -1;
	BIO_set_data(bio, &c->stream);
	SSL_set_bio(c->ssl, bio, bio);
	SSL_set_app_data(c->ssl, c);
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
	struct err e;

	if (setup == NULL)
		return NULL;
	if ((c = calloc(1, sizeof *c)) == NULL) {
		setup_release(setup);
		err_nomem(&e);
		handle_fail(t, &e);
		return NULL;
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
	if (c->mode != MODE_PLAIN && attach(c) == -1) {
		ERR_clear_error();
		slipway_tls_conn_free(c);
		err_nomem(&e);
		handle_fail(t, &e);
		return NULL;
	}
	return c;
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
conn_own_fd(struct slipway_tls_conn *c)
{
	c->stream.owned = true;
}

void
slipway_tls_conn_free(struct slipway_tls_conn *c)
{
	if (c == NULL)
		return;
	SSL_free(c->ssl);
	setup_release(c->setup);
	stream_close(&c->stream);
	free(c);
}

int
slipway_tls_conn_fd(const struct slipway_tls_conn *c)
{
	return c->stream.fd;
}

const char *
slipway_tls_conn_text(const struct slipway_tls_conn *c)
{
	return c->text;
}

const char *
slipway_tls_conn_error(const struct slipway_tls_conn *c)
{
	return c->error;
}

const char *
slipway_tls_conn_warning(const struct slipway_tls_conn *c)
{
	return c->warning;
}

static const char *
reason(const struct slipway_tls_conn *c, unsigned long code)
{
	const char *text = code == 0 ? NULL : ERR_reason_error_string(code);

	if (c->stream.late)
		return "the time for it is over";
	if (c->stream.fault != 0)
		return stream_fault(&c->stream);
	if (c->stream.ended)
		return "the peer cut the connection";
	return text != NULL ? text : stream_fault(&c->stream);
}

/* A result of OpenSSL as one of ours; an error that was told already (by conn_judge()) keeps its text. */
static int
result(struct slipway_tls_conn *c, int rc, const char *what)
{
	int kind = SSL_get_error(c->ssl, rc);
	unsigned long code = ERR_peek_error();

	ERR_clear_error();
	if (kind == SSL_ERROR_WANT_READ)
		return SLIPWAY_TLS_WANT_READ;
	if (kind == SSL_ERROR_WANT_WRITE)
		return SLIPWAY_TLS_WANT_WRITE;
	return fail(c, what, reason(c, code));
}

/* A result of the stream, without TLS. */
static long
plain(struct slipway_tls_conn *c, long n, const char *what)
{
	return n == SLIPWAY_TLS_ERROR ? fail(c, what, reason(c, 0)) : n;
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
		    c->verified ? " VERIFIED" : "");
	}
	c->done = true;
	c->stream.deadline = 0;
	return 0;
}

int
slipway_tls_handshake(struct slipway_tls_conn *c)
{
	int rc;

	if (c->broken)
		return SLIPWAY_TLS_ERROR;
	if (c->done)
		return 0;
	/* On what doesn't block, time is looked at between calls. */
	if (c->stream.deadline != 0 && clock_mono_ms() >= c->stream.deadline)
		c->stream.late = true;
	rc = c->stream.late ? SLIPWAY_TLS_ERROR : agree(c);
	if (rc == SLIPWAY_TLS_ERROR && c->stream.late) {
		char why[64];

		snprintf(why, sizeof why, "not done within %u ms", c->limit_ms);
		c->error[0] = '\0';
		fail(c, "TLS handshake", why);
	}
	return rc;
}

long
slipway_tls_read(struct slipway_tls_conn *c, void *buf, size_t len)
{
	int rc = slipway_tls_handshake(c);
	size_t got;

	if (rc != 0)
		return rc;
	if (c->mode == MODE_PLAIN)
		return plain(c, stream_read(&c->stream, buf, len), "receive");
	ERR_clear_error();
	if ((rc = SSL_read_ex(c->ssl, buf, len, &got)) == 1)
		return (long)got;
	if (SSL_get_error(c->ssl, rc) == SSL_ERROR_ZERO_RETURN)
		return 0;
	return result(c, rc, "read");
}

long
slipway_tls_write(struct slipway_tls_conn *c, const void *buf, size_t len)
{
	int rc = slipway_tls_handshake(c);
	size_t put;

	if (rc != 0)
		return rc;
	if (len == 0)
		return 0;
	if (c->mode == MODE_PLAIN)
		return plain(c, stream_write(&c->stream, buf, len), "send");
	ERR_clear_error();
	if ((rc = SSL_write_ex(c->ssl, buf, len, &put)) == 1)
		return (long)put;
	return result(c, rc, "write");
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

	if (c->mode != MODE_TLS || !c->done || c->broken) {
		stream_end(&c->stream);
		return 0;
	}
	ERR_clear_error();
	rc = SSL_shutdown(c->ssl);
	return rc >= 0 ? 0 : result(c, rc, "shutdown");
}
