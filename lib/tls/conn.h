/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_CONN_H
#define LIB_TLS_CONN_H

/* A connection, for the modules that make it and move its bytes. */
#include "lib/tls/keys.h"
#include "lib/tls/setup.h"
#include "lib/tls/stream.h"

enum mode { MODE_UNDECIDED, MODE_PLAIN, MODE_TLS };

/* Texts are made on demand: most connections need none, and a server may have ten thousand. */
struct slipway_tls_conn {
	struct tls_setup *setup;
	struct stream stream;
	enum mode mode;
	bool done, broken;
	bool ended;    /* we told the peer that no more data comes */
	bool draining; /* slipway_tls_drain() was called */
	struct verdict verdict;
	enum slipway_tls_code code;
	struct key_age age;
	unsigned limit_ms;
	SSL *ssl;
	unsigned char *waiting;	      /* the first bytes of a write that waits, or no memory */
	size_t nwaiting;	      /* their number; 0: no write waits */
	char *error, *warning, *peer; /* NULL: none, or no memory for it */
	char hex[SHA256_HEX_SIZE];    /* of the peer's certificate */
	struct peer_values *values;   /* NULL until they are asked for */
	void *data;		      /* the program's */
	char text[40];
};

/*
 * Remember the bytes of a write that waits, as far as they may be in a record that is sent in part:
 * nothing else, and no end of the connection, may be sent before the rest of the record.
 * conn_wait_over(): the record was sent.
 */
void conn_wait_with(struct slipway_tls_conn *c, const void *buf, size_t len);
void conn_wait_over(struct slipway_tls_conn *c);

/* The certificate that the peer showed, also a refused one; NULL: none.  The connection's. */
X509 *conn_peer(const struct slipway_tls_conn *c);

/* Free what values.c remembers. */
void values_free(struct slipway_tls_conn *c);

/*
 * Let the connection close its descriptor at its end, and end its handshake at deadline
 * (clock_mono_ms()) or before.
 */
void conn_own_fd(struct slipway_tls_conn *c, int64_t deadline);

#endif
