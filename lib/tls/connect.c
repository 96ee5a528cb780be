/* SPDX-License-Identifier: ISC */
/* Connecting to the first of several servers that accepts us. */
#include "lib/os/clock.h"
#include "lib/os/net.h"
#include "lib/tls/conn.h"
#include "lib/tls/handle.h"
#include "lib/tls/stream.h"

#define SERVERS_MAX 64 /* in one slipway_tls_connect() */

static int
dial(const char *server, int64_t deadline, struct err *e)
{
	char host[NET_HOST_SIZE];
	struct net_dial *d;
	struct net *n;
	uint16_t port = 0;

	if (net_split(server, host, &port, e) == -1 || (d = net_dial(host, port, e)) == NULL ||
	    (n = net_dial_wait(d, deadline, e)) == NULL)
		return -1;
	return net_take_fd(n);
}

/* NULL with the text in e and the code in *code. */
static struct slipway_tls_conn *
connect_one(struct slipway_tls *t, const char *server, unsigned ms, enum slipway_tls_code *code,
    struct err *e)
{
	int64_t deadline = clock_mono_ms() + ms;
	struct slipway_tls_conn *c;
	int fd = dial(server, deadline, e);

	if (fd == -1) {
		*code = e->code == ERR_CONFIG ? SLIPWAY_TLS_E_USAGE
		    : e->code == ERR_NOMEM    ? SLIPWAY_TLS_E_NOMEM
		    : e->code == ERR_TIMEOUT  ? SLIPWAY_TLS_E_TIMEOUT
					      : SLIPWAY_TLS_E_NETWORK;
		return NULL;
	}
	if ((c = slipway_tls_conn_new(t, fd)) == NULL) {
		struct stream s = { .fd = fd, .owned = true };

		stream_close(&s);
		*code = slipway_tls_error_code(t);
		err_setx(e, ERR_CONFIG, "%s", slipway_tls_error(t));
		return NULL;
	}
	conn_own_fd(c, deadline);
	if (slipway_tls_handshake(c) == 0)
		return c;
	*code = slipway_tls_conn_error_code(c);
	err_setx(e, ERR_NETWORK, "%s: %s", server, slipway_tls_conn_error(c));
	slipway_tls_conn_free(c);
	return NULL;
}

struct slipway_tls_conn *
slipway_tls_connect(struct slipway_tls *t, const char *const *servers, size_t n, unsigned ms,
    size_t *which)
{
	struct buf faults = BUF_INIT(TLS_TEXT_SIZE - 1);
	enum slipway_tls_code code = SLIPWAY_TLS_OK;
	struct err e, ignored;

	if (n == 0 || n > SERVERS_MAX) {
		err_setx(&e, ERR_USAGE, "want 1 to %d servers, got %zu", SERVERS_MAX, n);
		handle_fail(t, SLIPWAY_TLS_E_USAGE, e.text);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		struct slipway_tls_conn *c = connect_one(t, servers[i], ms, &code, &e);

		if (c != NULL) {
			buf_free(&faults);
			if (which != NULL)
				*which = i;
			return c;
		}
		/* Faults that no longer fit are dropped. */
		(void)(i > 0 && buf_adds(&faults, "; ", &ignored) == -1);
		(void)buf_adds(&faults, e.text, &ignored);
	}
	handle_fail(t, code, faults.len > 0 ? buf_text(&faults) : e.text);
	buf_free(&faults);
	return NULL;
}
