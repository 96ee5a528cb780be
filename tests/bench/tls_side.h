/* SPDX-License-Identifier: ISC */
#ifndef TESTS_BENCH_TLS_SIDE_H
#define TESTS_BENCH_TLS_SIDE_H

/*
 * What tls.c drives: TLS connections made with the library (tls_library.c), or with OpenSSL's calls
 * written by hand (tls_openssl.c).  Both are made as their users make them, and each is linked into
 * a program of its own.
 *
 * DIR has server.key, server.crt, client.crt and client.key, or no client.* for servers that want
 * no certificate of a client; for the library $SLIPWAY_HOME has the settings that say the same.
 */
#include <stdbool.h>
#include <stddef.h>

#define SIDE_WANT_READ	(-2)
#define SIDE_WANT_WRITE (-3)
#define SIDE_LIMIT_MS	10000 /* that a handshake may take */

struct side; /* a server's or a client's settings */
struct link; /* a connection */

/* Prints why and exits when it can't be had. */
struct side *side_new(bool server, const char *dir);
/* What is looked at for each connection so that a new pair is seen: 0 nothing changed. */
int side_check(struct side *s);

/* 0 or bytes, WANT_*, or -1; read: 0 at the peer's proper end. */
struct link *link_new(struct side *s, int fd);
int link_handshake(struct link *l);
long link_read(struct link *l, void *buf, size_t len);
long link_write(struct link *l, const void *buf, size_t len);
int link_shutdown(struct link *l);
/* Whether it is TLS 1.3, and the peer's certificate one that we trust. */
bool link_verified(struct link *l);
/* Why the last call failed. */
const char *link_error(struct link *l);
void link_free(struct link *l);

#endif
