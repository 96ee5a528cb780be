/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_NET_SYSTEM_H
#define LIB_OS_NET_SYSTEM_H

/*
 * What net.c wants of the operating system: a resolver in a thread, and sockets that connect.  A
 * socket is an int, into which handles of Windows fit, too; a fault is a number of errno or of
 * Winsock.
 */
#include <stdatomic.h>

#include "lib/os/net.h"

#ifdef _WIN32
#include "lib/os/wide_windows.h"

#include <ws2tcpip.h>
#else
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

/* The system's words for a fault. */
#define NET_WORDS_SIZE 512
const char *net_words(int fault, char out[NET_WORDS_SIZE]);

/*
 * A question to the resolver, shared with the thread that asks; the last of both to release it
 * frees it.
 */
struct net_lookup {
	atomic_int owners;
	char host[NI_MAXHOST];
	char port[8];
	struct addrinfo *list;
	int rc, num;	      /* of getaddrinfo(), and errno */
	atomic_bool answered; /* POSIX: rc, num and list are there */
	/* wakes the waiting thread: a pipe whose other end is closed then; Windows: an event */
	intptr_t ready[2];
};

struct net {
	int fd;
	int fault;		    /* what broke the connection; 0: the peer closed it */
	char words[NET_WORDS_SIZE]; /* of net_fault() */
};

/* getaddrinfo() for l. */
int net_resolve(struct net_lookup *l, int flags);

/* Ask; an address is its own answer, at once.  0, or -1 with ERR_IO. */
int net_lookup_begin(struct net_lookup *l, struct err *e);

/* Release what net_lookup_begin() made. */
void net_lookup_free(struct net_lookup *l);

/*
 * Wait for the answer.  1 answered, 0 the deadline passed, -1 with ERR_IO, or ERR_CANCELLED when
 * the descriptor cancel (-1: none) can be read.
 */
int net_lookup_wait(struct net_lookup *l, int cancel, int64_t deadline, struct err *e);

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
 * Wait until some of n sockets, at most NET_ADDRESSES_MAX, have connected or failed, and mark them
 * in ended.  Returns their number, 0 at the deadline, -1 with ERR_IO or, as above, ERR_CANCELLED.
 */
int net_connect_wait(const int *fds, bool *ended, size_t n, int cancel, int64_t deadline,
    struct err *e);

/* The result of an ended attempt: 0 connected, or the fault. */
int net_connect_fault(int fd);

void net_close_socket(int fd);

#endif
