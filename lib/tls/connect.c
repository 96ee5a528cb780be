/* SPDX-License-Identifier: ISC */
/* Connecting to the first of several servers that accepts us. */
#include <stdio.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/net.h"
#include "lib/tls/conn.h"
#include "lib/tls/handle.h"
#include "lib/tls/stream.h"

#define SERVERS_MAX 64 /* in one slipway_tls_connect() */

static int
dial(const char *server, int cancel, int64_t deadline, struct err *e)
{
	char host[NET_HOST_SIZE];
	struct net_dial *d;
	struct net *n;
	uint16_t port = 0;

	if (net_split(server, host, &port, e) == -1 || (d = net_dial(host, port, e)) == NULL)
		return -1;
	net_dial_cancel(d, cancel);
	return (n = net_dial_wait(d, deadline, e)) == NULL ? -1 : net_take_fd(n);
}

/* The peer was refused, or refused us: that says more than a server that isn't reached. */
static bool
is_refusal(enum slipway_tls_code code)
{
	switch (code) {
	case SLIPWAY_TLS_E_UNTRUSTED:
	case SLIPWAY_TLS_E_EXPIRED:
	case SLIPWAY_TLS_E_REVOKED:
	case SLIPWAY_TLS_E_REFUSED:
		return true;
	default:
		return false;
	}
}

/* What is known of the servers so far. */
struct tried {
	struct buf faults;
	enum slipway_tls_code code;
	char hex[SHA256_HEX_SIZE]; /* of the refused certificate, or "" */
};

static void
note(struct tried *all, const struct tried *one, const struct err *e)
{
	struct err ignored;

	/* Faults that no longer fit are dropped. */
	(void)(all->faults.len > 0 && buf_adds(&all->faults, "; ", &ignored) == -1);
	(void)buf_adds(&all->faults, e->text, &ignored);
	if (is_refusal(all->code) && !is_refusal(one->code) && one->code != SLIPWAY_TLS_E_CANCELLED)
		return;
	all->code = one->code;
	memcpy(all->hex, one->hex, sizeof all->hex);
}

/* NULL with the text in e, and what else is known in one. */
static struct slipway_tls_conn *
connect_one(struct slipway_tls *t, const char *server, unsigned ms, struct tried *one,
    struct err *e)
{
	int64_t deadline = clock_mono_ms() + ms;
	struct slipway_tls_conn *c;
	int fd = dial(server, handle_cancel(t), deadline, e);

	if (fd == -1) {
		one->code = e->code == ERR_CONFIG ? SLIPWAY_TLS_E_USAGE
		    : e->code == ERR_NOMEM	  ? SLIPWAY_TLS_E_NOMEM
		    : e->code == ERR_TIMEOUT	  ? SLIPWAY_TLS_E_TIMEOUT
		    : e->code == ERR_CANCELLED	  ? SLIPWAY_TLS_E_CANCELLED
						  : SLIPWAY_TLS_E_NETWORK;
		return NULL;
	}
	if ((c = slipway_tls_conn_new(t, fd)) == NULL) {
		struct stream s = { .fd = fd, .owned = true };

		stream_close(&s);
		one->code = slipway_tls_error_code(t);
		err_setx(e, ERR_CONFIG, "%s", slipway_tls_error(t));
		return NULL;
	}
	conn_own_fd(c, deadline);
	slipway_tls_conn_set_cancel(c, handle_cancel(t));
	if (slipway_tls_handshake(c) == 0)
		return c;
	one->code = slipway_tls_conn_error_code(c);
	if (is_refusal(one->code) && one->code != SLIPWAY_TLS_E_REFUSED)
		memcpy(one->hex, slipway_tls_conn_peer_sha256(c), sizeof one->hex);
	err_setx(e, ERR_NETWORK, "%s: %s", server, slipway_tls_conn_error(c));
	slipway_tls_conn_free(c);
	return NULL;
}

static int
check_servers(const char *const *servers, size_t n, struct err *e)
{
	if (n == 0 || n > SERVERS_MAX)
		return err_setx(e, ERR_USAGE, "want 1 to %d servers, got %zu", SERVERS_MAX, n);
	for (size_t i = 0; i < n; i++)
		if (servers == NULL || servers[i] == NULL)
			return err_setx(e, ERR_USAGE, "want the names of %zu servers, got NULL", n);
	return 0;
}

struct slipway_tls_conn *
slipway_tls_connect(struct slipway_tls *t, const char *const *servers, size_t n, unsigned ms,
    size_t *which)
{
	struct tried all = { .faults = BUF_INIT(TLS_TEXT_SIZE - 1) };
	struct slipway_tls_conn *c = NULL;
	struct said said;
	struct err e;

	handle_refused(t, "");
	if (check_servers(servers, n, &e) == -1) {
		handle_fail(t, SLIPWAY_TLS_E_USAGE, e.text);
		return NULL;
	}
	/* Settings that can't be used are the same for all servers, and no reason to knock. */
	if (slipway_tls_check(t) == SLIPWAY_TLS_ERROR)
		return NULL;
	handle_said(t, &said);
	for (size_t i = 0; i < n && c == NULL && all.code != SLIPWAY_TLS_E_CANCELLED; i++) {
		struct tried one = { .code = SLIPWAY_TLS_OK };

		if ((c = connect_one(t, servers[i], ms, &one, &e)) == NULL)
			note(&all, &one, &e);
		else if (which != NULL)
			*which = i;
	}
	handle_say(t, &said);
	if (c == NULL) {
		handle_refused(t, all.hex);
		handle_fail(t, all.code, all.faults.len > 0 ? buf_text(&all.faults) : e.text);
	}
	buf_free(&all.faults);
	return c;
}
