/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_NET_H
#define LIB_OS_NET_H

/*
 * TCP connections: resolving and connecting in the background, and moving bytes without ever
 * waiting longer than a deadline.  Deadlines are clock_mono_ms().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/*
 * Addresses of one host that are tried, and the time that one is given before the next joins in
 * (RFC 8305).
 */
#define NET_ADDRESSES_MAX 8
#define NET_STAGGER_MS	  250

/* Bytes of the name or address of a host, with the final NUL. */
#define NET_HOST_SIZE 256

/*
 * Take "HOST:PORT" or "[ADDRESS]:PORT" apart; host is then without brackets, port 1 to 65535.
 * Returns 0, or -1 with ERR_CONFIG and host unchanged.
 */
int net_split(const char *text, char host[NET_HOST_SIZE], uint16_t *port, struct err *e);

/* An attempt to connect that goes on while its caller does something else. */
struct net_dial;

/* A connection. */
struct net;

/*
 * Begin to resolve host (a name, or an address without brackets) and to connect to port.  A name is
 * resolved in a thread, because the resolver can't be told when to stop.  host is copied.  NULL
 * with ERR_TOO_LARGE (host), ERR_NETWORK (no address), ERR_NOMEM or ERR_IO.
 */
struct net_dial *net_dial(const char *host, uint16_t port, struct err *e);

/*
 * Let net_dial_wait() end with ERR_CANCELLED when a descriptor of the caller can be read; -1:
 * none.
 */
void net_dial_cancel(struct net_dial *d, int fd);

/*
 * Wait until connected; IPv4 and IPv6 are tried in turns, the next beginning when one failed or
 * NET_STAGGER_MS have passed.  Ends the attempt in any case.  NULL with ERR_NETWORK or ERR_TIMEOUT,
 * the text naming host, port and what each address said, ERR_CANCELLED, ERR_NOMEM or ERR_IO.
 */
struct net *net_dial_wait(struct net_dial *d, int64_t deadline, struct err *e);

/*
 * The round-trip time that the system measured when it connected, in milliseconds; 0 where it
 * doesn't say.
 */
int64_t net_rtt_ms(const struct net *n);

/* The socket, for libraries that want one.  Owned by n. */
int net_fd(const struct net *n);

/* What net_send() and net_recv() return besides a number of bytes. */
#define NET_AGAIN  (-1) /* no byte can be moved now */
#define NET_BROKEN (-2) /* the connection is gone; net_fault() says why */

/*
 * Move as many bytes as is possible at once.  Returns their number, 0 from net_recv() when the peer
 * closed, or one of the above.  net_recv() asks for an immediate acknowledgement (TCP_QUICKACK
 * where there is one), because a peer that waits for it with Nagle's algorithm costs 40 ms.
 */
ptrdiff_t net_send(struct net *n, const void *data, size_t len);
ptrdiff_t net_recv(struct net *n, void *data, size_t len);
const char *net_fault(struct net *n);

/*
 * Wait until bytes can be received, or (when write) sent.  1 ready, 0 the deadline passed, -1 with
 * ERR_IO.
 */
int net_wait(struct net *n, bool write, int64_t deadline, struct err *e);

/* Free n and return its socket, which the caller owns and which blocks from now on. */
int net_take_fd(struct net *n);

/* Close without waiting for the peer.  n may be NULL. */
void net_close(struct net *n);

#endif
