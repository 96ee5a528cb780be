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

/*
 * Appends the certificates of server, "HOST:PORT" or "[ADDRESS]:PORT", as PEM, its own first.
 * Returns 0, or -1 with ERR_CONFIG (server has another form), ERR_NETWORK, ERR_TIMEOUT,
 * ERR_PROTOCOL (the server answers, but not with TLS) or ERR_TOO_LARGE.
 */
int cert_look(const char *server, int64_t ms, struct buf *pem, char version[CERT_LOOK_VERSION_SIZE],
    struct err *e);

#endif
