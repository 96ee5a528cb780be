/* SPDX-License-Identifier: ISC */
/* Connections: how they are made and released, and what they say of themselves. */
#include "lib/tls/conn.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "lib/os/clock.h"
#include "lib/tls/handle.h"

/* Most bytes of a record (RFC 8446, 5.1). */
#define TLS_RECORD_MAX 16384

X509 *
conn_peer(const struct slipway_tls_conn *c)
{
	if (c->verdict.refused != NULL || c->ssl == NULL)
		return c->verdict.refused;
	return SSL_get0_peer_certificate(c->ssl);
}

/* Remember the texts of the certificate that the peer showed, once. */
static void
note_peer(struct slipway_tls_conn *c)
{
	X509 *cert = conn_peer(c);

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
	c->stream.cancel = -1;
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

	if (fd < 0) {
		handle_fail(t, SLIPWAY_TLS_E_USAGE, "want a socket");
		return NULL;
	}
	return conn_new(t, &s);
}

struct slipway_tls_conn *
slipway_tls_conn_new_io(struct slipway_tls *t, long (*read)(void *arg, void *buf, size_t len),
    long (*write)(void *arg, const void *buf, size_t len), void *arg)
{
	const struct stream s = { .fd = -1, .read = read, .write = write, .arg = arg };

	if (read == NULL || write == NULL) {
		handle_fail(t, SLIPWAY_TLS_E_USAGE, "want functions that read and write");
		return NULL;
	}
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
slipway_tls_conn_set_cancel(struct slipway_tls_conn *c, int fd)
{
	c->stream.cancel = fd < 0 ? -1 : fd;
}

void
conn_wait_with(struct slipway_tls_conn *c, const void *buf, size_t len)
{
	if (c->nwaiting > 0)
		return;
	c->nwaiting = len < TLS_RECORD_MAX ? len : TLS_RECORD_MAX;
	if ((c->waiting = OPENSSL_malloc(c->nwaiting)) != NULL)
		memcpy(c->waiting, buf, c->nwaiting);
}

void
conn_wait_over(struct slipway_tls_conn *c)
{
	OPENSSL_clear_free(c->waiting, c->nwaiting);
	c->waiting = NULL;
	c->nwaiting = 0;
}

void
slipway_tls_conn_free(struct slipway_tls_conn *c)
{
	if (c == NULL)
		return;
	SSL_free(c->ssl);
	setup_release(c->setup);
	stream_close(&c->stream);
	conn_wait_over(c);
	free(c->error);
	free(c->warning);
	free(c->peer);
	values_free(c);
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
