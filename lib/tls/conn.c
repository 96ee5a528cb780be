/*
 * Handles of the public interface, and connections.
 */
#include "tls_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

/* First byte of a TLS record that starts a handshake (RFC 8446, 5.1). */
#define TLS_HANDSHAKE_BYTE	0x16

struct slipway_tls {
	enum slipway_tls_side side;
	char *installation, *application;
	struct tls_config config;
	struct tls_pair pair;
	char error[ERR_TEXT_SIZE], warning[ERR_TEXT_SIZE];
};

enum mode { MODE_UNDECIDED, MODE_PLAIN, MODE_TLS };

struct slipway_tls_conn {
	enum slipway_tls_side side;
	enum tls_level level;
	int fd;
	enum mode mode;
	bool done, verified;
	SSL_CTX *ctx;
	SSL *ssl;
	struct tls_trusted trusted;
	char text[64], error[ERR_TEXT_SIZE];
};

static char *
copy(const char *s)
{
	return s == NULL ? NULL : strdup(s);
}

struct slipway_tls *
slipway_tls_new(enum slipway_tls_side side, const char *installation, const char *application)
{
	struct slipway_tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->side = side;
	t->installation = copy(installation);
	t->application = copy(application);
	if ((installation != NULL && t->installation == NULL) ||
	    (application != NULL && t->application == NULL)) {
		slipway_tls_free(t);
		return NULL;
	}
	return t;
}

void
slipway_tls_free(struct slipway_tls *t)
{
	if (t == NULL)
		return;
	free(t->installation);
	free(t->application);
	config_free(&t->config);
	pair_free(&t->pair);
	free(t);
}

const char *
slipway_tls_error(const struct slipway_tls *t)
{
	return t->error;
}

const char *
slipway_tls_warning(const struct slipway_tls *t)
{
	return t->warning;
}

int
slipway_tls_check(struct slipway_tls *t)
{
	struct tls_trusted trusted;
	struct tls_config fresh;
	struct err e = { 0 };

	t->warning[0] = '\0';
	if (config_read(t->side, t->installation, t->application, &fresh, &e) == -1)
		goto fail;
	config_free(&t->config);
	t->config = fresh;
	if (fresh.level_absent)
		snprintf(t->warning, sizeof t->warning, "TLS_RequiredLevel is not set; using None");
	/* A server at None serves TLS where it can; without a pair set it is a plain server. */
	if (t->side == SLIPWAY_TLS_SERVER &&
	    (fresh.level != TLS_LEVEL_NONE || fresh.key_file[0] != '\0' || fresh.cert_file[0] != '\0')) {
		if (pair_refresh(&t->pair, &fresh, &e) == -1 && fresh.level != TLS_LEVEL_NONE)
			goto fail;
		if (e.code != ERR_NONE)
			snprintf(t->warning, sizeof t->warning, "%.900s%s", e.text,
			    t->pair.key != NULL ? "; the pair read before stays in use" : "");
	}
	if (fresh.level == TLS_LEVEL_PEER_AUTH) {
		if (trust_read(fresh.trusted, &trusted, &e) == -1)
			goto fail;
		trust_free(&trusted);
	}
	return 0;
fail:
	snprintf(t->error, sizeof t->error, "%s", e.text);
	return SLIPWAY_TLS_ERROR;
}

/* Every certificate passes here and is judged after the handshake's own checks, by trust_verify(). */
static int
judge(X509_STORE_CTX *ctx, void *arg)
{
	struct slipway_tls_conn *c = arg;
	struct err e;

	if (c->level != TLS_LEVEL_PEER_AUTH)
		return 1;
	if (trust_verify(&c->trusted, X509_STORE_CTX_get0_cert(ctx),
		X509_STORE_CTX_get0_untrusted(ctx), c->side == SLIPWAY_TLS_CLIENT, &e) == 0) {
		c->verified = true;
		return 1;
	}
	snprintf(c->error, sizeof c->error, "%s", e.text);
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_UNTRUSTED);
	return 0;
}

static int
set_up_context(struct slipway_tls_conn *c, const struct tls_pair *pair)
{
	char groups[] = "X25519:P-256";	/* the macro takes no const */
	int verify = c->level == TLS_LEVEL_PEER_AUTH ?
	    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE;

	c->ctx = SSL_CTX_new(c->side == SLIPWAY_TLS_SERVER ? TLS_server_method() : TLS_client_method());
	if (c->ctx == NULL || !SSL_CTX_set_min_proto_version(c->ctx, TLS1_3_VERSION) ||
	    !SSL_CTX_set1_groups_list(c->ctx, groups) || !SSL_CTX_set_num_tickets(c->ctx, 0))
		return -1;
	SSL_CTX_set_options(c->ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(c->ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
	SSL_CTX_set_verify(c->ctx, verify, NULL);
	SSL_CTX_set_cert_verify_callback(c->ctx, judge, c);
	if (c->side == SLIPWAY_TLS_SERVER && pair->key != NULL) {
		if (SSL_CTX_use_certificate(c->ctx, sk_X509_value(pair->chain, 0)) != 1 ||
		    SSL_CTX_use_PrivateKey(c->ctx, pair->key) != 1)
			return -1;
		for (int i = 1; i < sk_X509_num(pair->chain); i++)
			if (SSL_CTX_add1_chain_cert(c->ctx, sk_X509_value(pair->chain, i)) != 1)
				return -1;
	}
	if ((c->ssl = SSL_new(c->ctx)) == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
		return -1;
	if (c->side == SLIPWAY_TLS_SERVER)
		SSL_set_accept_state(c->ssl);
	else
		SSL_set_connect_state(c->ssl);
	return 0;
}

struct slipway_tls_conn *
slipway_tls_conn_new(struct slipway_tls *t, int fd)
{
	struct slipway_tls_conn *c;
	struct err e = { 0 };

	if (slipway_tls_check(t) == SLIPWAY_TLS_ERROR)
		return NULL;
	if ((c = calloc(1, sizeof *c)) == NULL) {
		snprintf(t->error, sizeof t->error, "out of memory");
		return NULL;
	}
	c->side = t->side;
	c->level = t->config.level;
	c->fd = fd;
	strcpy(c->text, "TCP/IP");
	if (c->level != TLS_LEVEL_NONE)
		c->mode = MODE_TLS;
	else if (t->side == SLIPWAY_TLS_CLIENT || t->pair.key == NULL)
		c->mode = MODE_PLAIN;
	if ((c->level == TLS_LEVEL_PEER_AUTH && trust_read(t->config.trusted, &c->trusted, &e) == -1) ||
	    (c->mode != MODE_PLAIN && set_up_context(c, &t->pair) == -1)) {
		snprintf(t->error, sizeof t->error, "%s",
		    e.code != ERR_NONE ? e.text : "OpenSSL can't set up a connection");
		ERR_clear_error();
		slipway_tls_conn_free(c);
		return NULL;
	}
	return c;
}

void
slipway_tls_conn_free(struct slipway_tls_conn *c)
{
	if (c == NULL)
		return;
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	trust_free(&c->trusted);
	free(c);
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

/* A result of OpenSSL as one of ours; an error that was told already (by judge) keeps its text. */
static int
result(struct slipway_tls_conn *c, int rc, const char *what)
{
	int saved = errno, kind = SSL_get_error(c->ssl, rc);
	unsigned long code = ERR_peek_error();
	const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

	ERR_clear_error();
	if (kind == SSL_ERROR_WANT_READ)
		return SLIPWAY_TLS_WANT_READ;
	if (kind == SSL_ERROR_WANT_WRITE)
		return SLIPWAY_TLS_WANT_WRITE;
	if (c->error[0] == '\0')
		snprintf(c->error, sizeof c->error, "%s: %s", what, reason != NULL ? reason :
			kind == SSL_ERROR_SYSCALL && saved != 0 ? strerror(saved) :
			"the peer cut the connection");
	return SLIPWAY_TLS_ERROR;
}

/* A server at None looks at the first byte: a TLS client begins with a handshake record. */
static int
decide(struct slipway_tls_conn *c)
{
	unsigned char first;
	ssize_t n;

	do
		n = recv(c->fd, &first, 1, MSG_PEEK);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return SLIPWAY_TLS_WANT_READ;
	if (n == -1) {
		snprintf(c->error, sizeof c->error, "receive: %s", strerror(errno));
		return SLIPWAY_TLS_ERROR;
	}
	c->mode = n == 1 && first == TLS_HANDSHAKE_BYTE ? MODE_TLS : MODE_PLAIN;
	return 0;
}

int
slipway_tls_handshake(struct slipway_tls_conn *c)
{
	int rc;

	if (c->done)
		return 0;
	if (c->mode == MODE_UNDECIDED && (rc = decide(c)) != 0)
		return rc;
	if (c->mode == MODE_TLS) {
		ERR_clear_error();
		errno = 0;
		if ((rc = SSL_do_handshake(c->ssl)) != 1)
			return result(c, rc, "TLS handshake");
		snprintf(c->text, sizeof c->text, "TCP/IP][%s%s", SSL_get_version(c->ssl),
		    c->verified ? " VERIFIED" : "");
	}
	c->done = true;
	return 0;
}

static long
plain_result(struct slipway_tls_conn *c, ssize_t n, int want, const char *what)
{
	if (n >= 0)
		return (long)n;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return want;
	snprintf(c->error, sizeof c->error, "%s: %s", what, strerror(errno));
	return SLIPWAY_TLS_ERROR;
}

long
slipway_tls_read(struct slipway_tls_conn *c, void *buf, size_t len)
{
	int rc = slipway_tls_handshake(c);
	size_t got;
	ssize_t n;

	if (rc != 0)
		return rc;
	if (c->mode == MODE_PLAIN) {
		do
			n = recv(c->fd, buf, len, 0);
		while (n == -1 && errno == EINTR);
		return plain_result(c, n, SLIPWAY_TLS_WANT_READ, "receive");
	}
	ERR_clear_error();
	errno = 0;
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
	ssize_t n;

	if (rc != 0)
		return rc;
	if (c->mode == MODE_PLAIN) {
		do
			n = send(c->fd, buf, len, MSG_NOSIGNAL);
		while (n == -1 && errno == EINTR);
		return plain_result(c, n, SLIPWAY_TLS_WANT_WRITE, "send");
	}
	ERR_clear_error();
	errno = 0;
	if ((rc = SSL_write_ex(c->ssl, buf, len, &put)) == 1)
		return (long)put;
	return result(c, rc, "write");
}

size_t
slipway_tls_pending(const struct slipway_tls_conn *c)
{
	return c->ssl == NULL || c->mode != MODE_TLS ? 0 : (size_t)SSL_pending(c->ssl);
}

int
slipway_tls_shutdown(struct slipway_tls_conn *c)
{
	int rc;

	if (c->mode != MODE_TLS || !c->done) {
		shutdown(c->fd, SHUT_WR);
		return 0;
	}
	ERR_clear_error();
	errno = 0;
	rc = SSL_shutdown(c->ssl);
	return rc >= 0 ? 0 : result(c, rc, "shutdown");
}
