/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_PROBE_H
#define SERVER_CERT_PROBE_H

/*
 * Which certificates a server really serves.
 *
 * Any certificate is taken, however weak or old; nothing is trusted and nothing is sent but the
 * handshake.  The handshake is carried to its end, so that the server has shown that it holds the
 * private key.
 */

#include "lib/base/buf.h"

/* Milliseconds that connecting and the handshake may take together. */
#define CERT_LOOK_MS 5000

/* Bytes of "TLSv1.3". */
#define CERT_LOOK_VERSION_SIZE 16

/*
 * Append the certificates of server, "HOST:PORT" or "[ADDRESS]:PORT", as PEM, its own first.  0, or
 * -1 with ERR_CONFIG (server is no such text), ERR_NETWORK, ERR_TIMEOUT, ERR_PROTOCOL (it answers,
 * but not with TLS) or ERR_TOO_LARGE.
 */
int cert_look(const char *server, int64_t ms, struct buf *pem, char version[CERT_LOOK_VERSION_SIZE],
    struct err *e);

#endif
