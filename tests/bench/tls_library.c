/* SPDX-License-Identifier: ISC */
/*
 * The library's side of tls_side.h: settings from the store, looked at for each connection.
 */
#include "tests/bench/tls_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slipway/tls.h"

/* The handles are the library's own. */
static struct slipway_tls *
settings(struct side *s)
{
	return (struct slipway_tls *)s;
}

static struct slipway_tls_conn *
conn(struct link *l)
{
	return (struct slipway_tls_conn *)l;
}

struct side *
side_new(bool server, const char *dir)
{
	struct slipway_tls *t =
	    slipway_tls_new(server ? SLIPWAY_TLS_SERVER : SLIPWAY_TLS_CLIENT, "D2", "A");

	(void)dir;
	if (t == NULL || slipway_tls_check(t) != 0) {
		fprintf(stderr, "tls_library: %s\n", slipway_tls_error(t));
		exit(1);
	}
	return (struct side *)t;
}

int
side_check(struct side *s)
{
	return slipway_tls_check(settings(s));
}

struct link *
link_new(struct side *s, int fd)
{
	return (struct link *)slipway_tls_conn_new(settings(s), fd);
}

int
link_handshake(struct link *l)
{
	return slipway_tls_handshake(conn(l));
}

long
link_read(struct link *l, void *buf, size_t len)
{
	return slipway_tls_read(conn(l), buf, len);
}

long
link_write(struct link *l, const void *buf, size_t len)
{
	return slipway_tls_write(conn(l), buf, len);
}

int
link_shutdown(struct link *l)
{
	return slipway_tls_shutdown(conn(l));
}

bool
link_verified(struct link *l)
{
	return strcmp(slipway_tls_conn_version(conn(l)), "TLSv1.3") == 0 &&
	    slipway_tls_conn_verified(conn(l));
}

const char *
link_error(struct link *l)
{
	return slipway_tls_conn_error(conn(l));
}

void
link_free(struct link *l)
{
	slipway_tls_conn_free(conn(l));
}
