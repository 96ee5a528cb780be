/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_PROBE_H
#define SERVER_CERT_PROBE_H

/*
 * Reads the certificates that a server serves.
 *
 * Any certificate is accepted, however weak or old, and none is trusted; only the handshake is
 * sent. The handshake must complete, which shows that the server holds the private key.
 */

#include "lib/base/buf.h"

/* Milliseconds that connecting and the handshake may take together. */
#define CERT_LOOK_MS 5000

/* Bytes of "TLSv1.3". */
#define CERT_LOOK_VERSION_SIZE 16

/* What one server serves. */
struct cert_looked {
	const char *server; /* the caller's: "HOST:PORT" or "[ADDRESS]:PORT" */
	struct buf pem;	    /* its certificates, its own first; the caller frees them */
	char version[CERT_LOOK_VERSION_SIZE];
	int rc; /* 0, or -1 with why filled in */
	struct err why;
};

/*
 * Looks at one server; the other members of l are set, pem with the limit of a file of
 * certificates.  rc is -1 with ERR_CONFIG (server has another form), ERR_NETWORK, ERR_TIMEOUT,
 * ERR_PROTOCOL (the server answers, but not with TLS) or ERR_TOO_LARGE.
 */
void cert_look(struct cert_looked *l, const char *server);

/* Looks at n servers at once, which takes as long as the slowest. */
void cert_look_all(struct cert_looked *all, const char *const *servers, size_t n);

#endif
