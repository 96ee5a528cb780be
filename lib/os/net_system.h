/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_NET_SYSTEM_H
#define LIB_OS_NET_SYSTEM_H

/*
 * What net.c wants of the operating system: a resolver in a thread, and sockets that connect.  A
 * socket is an int, into which handles of Windows fit, too; a fault is a number of errno or of
 * Winsock.
 */
#include "lib/os/net.h"

#ifdef _WIN32
#include "lib/os/wide_windows.h"

#include <ws2tcpip.h>
#else
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

/*
 * A question to the resolver, shared with the thread that asks; the last of both to release it
 * frees it.
 */
struct net_lookup;

/*
 * Ask; an address is its own answer, at once.  host has less than NI_MAXHOST bytes.  NULL with
 * ERR_NOMEM or ERR_IO.
 */
struct net_lookup *net_lookup_start(const char *host, uint16_t port, struct err *e);

/* Wait for the answer.  1 answered, 0 the deadline passed, -1 with ERR_IO. */
int net_lookup_wait(struct net_lookup *l, int64_t deadline, struct err *e);

/* After net_lookup_wait() returned 1: 0 with the addresses, owned by l, or -1 with ERR_NETWORK. */
int net_lookup_take(const struct net_lookup *l, const struct addrinfo **out, struct err *e);

/* l may be NULL. */
void net_lookup_release(struct net_lookup *l);

/*
 * Begin to connect a socket that neither blocks nor is inherited and is kept alive.  Returns the
 * socket, or -1 with *fault.
 */
int net_connect(const struct sockaddr_storage *addr, socklen_t len, int *fault);

/*
 * Wait until some of n sockets have connected or failed, and mark them in ended.  Returns their
 * number, 0 at the deadline, -1 with ERR_IO.
 */
int net_connect_wait(const int *fds, bool *ended, size_t n, int64_t deadline, struct err *e);

/* The result of an ended attempt: 0 connected, or the fault. */
int net_connect_fault(int fd);

void net_close_socket(int fd);

/* The system's words for a fault. */
#define NET_WORDS_SIZE 512
const char *net_words(int fault, char out[NET_WORDS_SIZE]);

/* The connection, which owns the socket from now on; NULL with ERR_NOMEM. */
struct net *net_of(int fd, struct err *e);

#endif
