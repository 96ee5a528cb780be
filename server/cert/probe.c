/* SPDX-License-Identifier: ISC */
/* Reads the certificates that a server serves. */
#include "server/cert/probe.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/os/clock.h"
#include "lib/os/net.h"
#include "lib/os/parallel.h"
#include "lib/x509/certs.h"
#include "lib/x509/facts.h"
#include "server/cert/issue.h"

static SSL *
start_tls(int fd, const char *host, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = NULL;

	if (ctx != NULL) {
		SSL_CTX_set_security_level(ctx, 0);
		SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
		SSL_CTX_set_cert_verify_callback(ctx, cert_take_any, NULL);
		ssl = SSL_new(ctx);
	}
	SSL_CTX_free(ctx);
	/*
	 * The same as SSL_set_tlsext_host_name(), whose own cast drops the const of the name that
	 * OpenSSL copies.
	 */
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 ||
	    (strspn(host, "0123456789.:abcdefABCDEF%") != strlen(host) &&
		SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
		    (void *)(uintptr_t)host) != 1)) {
		SSL_free(ssl);
		ssl = NULL;
		err_setx(e, ERR_CRYPTO, "OpenSSL can't start a connection");
	}
	ERR_clear_error();
	return ssl;
}

/* Reports why the handshake failed, and the setting to look at. */
static int
handshake_failed(int why, struct err *e)
{
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);
	const char *text = ERR_reason_error_string(code);

	ERR_clear_error();
	if (why == SSL_ERROR_SSL &&
	    (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_UNEXPECTED_MESSAGE ||
		reason == SSL_R_HTTP_REQUEST || reason == SSL_R_PACKET_LENGTH_TOO_LONG))
		return err_setx(e, ERR_PROTOCOL, "it answers, but not with TLS");
	if (why == SSL_ERROR_SYSCALL || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return err_setx(e, ERR_NETWORK,
		    "it closed the connection instead of answering with TLS; is TLS_KeyFile set there, and its "
		    "TLS_RequiredLevel not without TLS?");
	return err_setx(e, ERR_PROTOCOL, "the handshake failed: %s",
	    text == NULL ? "no reason given" : text);
}

static int
shake_hands(SSL *ssl, struct net *n, int64_t deadline, struct err *e)
{
	for (;;) {
		int rc, why, ready;

		ERR_clear_error();
		if ((rc = SSL_connect(ssl)) == 1)
			return 0;
		why = SSL_get_error(ssl, rc);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			return handshake_failed(why, e);
		if ((ready = net_wait(n, why == SSL_ERROR_WANT_WRITE, deadline, e)) == -1)
			return -1;
		if (ready == 0)
			return err_setx(e, ERR_TIMEOUT,
			    "it took the connection, but gave no certificate in time");
	}
}

static int
take_chain(SSL *ssl, struct buf *pem, struct err *e)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);

	if (sk_X509_num(chain) < 1)
		return err_setx(e, ERR_PROTOCOL, "it speaks TLS without a certificate");
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (cert_write(sk_X509_value(chain, i), pem, e) == -1)
			return -1;
	return 0;
}

static int
look(const char *server, struct buf *pem, char version[CERT_LOOK_VERSION_SIZE], struct err *e)
{
	int64_t deadline = clock_mono_ms() + CERT_LOOK_MS;
	char host[NET_HOST_SIZE];
	struct net_dial *d;
	struct net *n = NULL;
	uint16_t port = 0;
	SSL *ssl = NULL;
	int rc = -1;

	if (net_split(server, host, &port, e) == -1 || (d = net_dial(host, port, e)) == NULL ||
	    (n = net_dial_wait(d, deadline, e)) == NULL) /* the text names the server */
		return -1;
	if ((ssl = start_tls(net_fd(n), host, e)) != NULL &&
	    shake_hands(ssl, n, deadline, e) == 0 && take_chain(ssl, pem, e) == 0) {
		snprintf(version, CERT_LOOK_VERSION_SIZE, "%s", SSL_get_version(ssl));
		rc = 0;
	} else {
		err_context(e, "%s", server);
	}
	SSL_free(ssl);
	net_close(n);
	return rc;
}

void
cert_look(struct cert_looked *l, const char *server)
{
	*l = (struct cert_looked){ .server = server, .pem = BUF_INIT(CERT_FILE_MAX) };
	l->rc = look(server, &l->pem, l->version, &l->why);
}

struct looking {
	struct cert_looked *all;
	const char *const *servers;
};

static void
look_one(void *arg, size_t i)
{
	const struct looking *w = arg;

	cert_look(&w->all[i], w->servers[i]);
}

void
cert_look_all(struct cert_looked *all, const char *const *servers, size_t n)
{
	struct looking w = { all, servers };

	while (n > 0) {
		size_t now = n < PARALLEL_MAX ? n : PARALLEL_MAX;

		parallel_run(now, look_one, &w);
		w.all += now;
		w.servers += now;
		n -= now;
	}
}
