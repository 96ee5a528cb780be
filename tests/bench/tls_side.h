/* SPDX-License-Identifier: ISC */
#ifndef TESTS_BENCH_TLS_SIDE_H
#define TESTS_BENCH_TLS_SIDE_H

/*
 * TLS connections for tls.c, made with the library (tls_library.c) or with OpenSSL's calls written
 * by hand (tls_openssl.c), as users of each write their programs.  Each is linked into a separate
 * program.
 *
 * DIR has server.key, server.crt, client.crt and client.key, or no client.* for servers that want
 * no certificate of a client; for the library $SLIPWAY_HOME has settings with the same meaning.
 */
#include <stdbool.h>
#include <stddef.h>

#define SIDE_WANT_READ	(-2)
#define SIDE_WANT_WRITE (-3)
#define SIDE_LIMIT_MS	10000 /* that a handshake may take */

struct side; /* a server's or a client's settings */
struct link; /* a connection */

/* Prints the reason and exits on failure. */
struct side *side_new(bool server, const char *dir);
/* The look for a new pair before each connection.  Returns 0 when nothing changed. */
int side_check(struct side *s);

/* 0 or bytes, WANT_*, or -1; read: 0 at the peer's proper end. */
struct link *link_new(struct side *s, int fd);
int link_handshake(struct link *l);
long link_read(struct link *l, void *buf, size_t len);
long link_write(struct link *l, const void *buf, size_t len);
int link_shutdown(struct link *l);
/* Whether the connection has TLS 1.3 and a trusted certificate of the peer. */
bool link_verified(struct link *l);
/* Why the last call failed. */
const char *link_error(struct link *l);
void link_free(struct link *l);

#endif
