/*
 * Connecting to the first of several servers that accepts us.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/net.h"
#include "tls_internal.h"

int
connect_split(const char *server, char host[TLS_HOST_MAX], uint16_t *port, struct err *e)
{
	const char *colon = strrchr(server, ':'), *start = server, *stop = colon;
	char *end = NULL;
	long n = colon == NULL ? 0 : strtol(colon + 1, &end, 10);

	if (colon != NULL && *server == '[' && colon > server + 1 && colon[-1] == ']') {
		start++;
		stop--;
	} else if (colon != NULL && memchr(server, ':', (size_t)(colon - server)) != NULL) {
		colon = NULL;
	}
	if (colon == NULL || end == colon + 1 || *end != '\0' || n < 1 || n > 65535 || stop == start ||
	    stop - start >= TLS_HOST_MAX)
		return err_setx(e, ERR_CONFIG, "want HOST:PORT or [ADDRESS]:PORT, got '%.100s'", server);
	memcpy(host, start, (size_t)(stop - start));
	host[stop - start] = '\0';
	*port = (uint16_t)n;
	return 0;
}

static int
dial(const char *server, int64_t deadline, struct err *e)
{
	char host[TLS_HOST_MAX];
	struct net_dial *d;
	struct net *n;
	uint16_t port = 0;

	if (connect_split(server, host, &port, e) == -1 || (d = net_dial(host, port, e)) == NULL ||
	    (n = net_dial_wait(d, deadline, e)) == NULL)
		return -1;
	return net_take_fd(n);
}

static struct slipway_tls_conn *
connect_one(struct slipway_tls *t, const char *server, unsigned ms, struct err *e)
{
	struct slipway_tls_conn *c;
	int fd = dial(server, clock_mono_ms() + ms, e);

	if (fd == -1)
		return NULL;
	if ((c = slipway_tls_conn_new(t, fd)) == NULL) {
		struct stream s = { .fd = fd, .owned = true };

		stream_close(&s);
		err_setx(e, ERR_CONFIG, "%s", slipway_tls_error(t));
		return NULL;
	}
	conn_own_fd(c);
	if (slipway_tls_handshake(c) == 0)
		return c;
	err_setx(e, ERR_NETWORK, "%s: %s", server, slipway_tls_conn_error(c));
	slipway_tls_conn_free(c);
	return NULL;
}

struct slipway_tls_conn *
slipway_tls_connect(struct slipway_tls *t, const char *const *servers, size_t n, unsigned ms, size_t *which)
{
	struct buf faults = BUF_INIT(ERR_TEXT_SIZE);
	struct err e, ignored;

	if (n == 0 || n > TLS_SERVERS_MAX) {
		err_setx(&e, ERR_USAGE, "want 1 to %d servers, got %zu", TLS_SERVERS_MAX, n);
		handle_fail(t, &e);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		struct slipway_tls_conn *c = connect_one(t, servers[i], ms, &e);

		if (c != NULL) {
			buf_free(&faults);
			if (which != NULL)
				*which = i;
			return c;
		}
		/* What doesn't fit any more is the same story. */
		(void)(i > 0 && buf_adds(&faults, "; ", &ignored) == -1);
		(void)buf_adds(&faults, e.text, &ignored);
	}
	err_setx(&e, ERR_NETWORK, "%s", buf_text(&faults));
	handle_fail(t, &e);
	buf_free(&faults);
	return NULL;
}
