/*
 * TCP connections with Winsock.
 */
#include "base/net.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/windows.h"

#include <mstcpip.h>	/* after windows.h */
#include <ws2tcpip.h>

#define FAULT_SIZE	512

/* A question to the resolver, shared with the thread that asks it; whoever lets go last frees it. */
struct lookup {
	atomic_int owners;
	char host[NI_MAXHOST];
	char port[8];
	struct addrinfo *list;
	int rc;			/* of getaddrinfo() */
	HANDLE ready;		/* an event: rc and list are there */
};

struct attempt {
	SOCKET fd;		/* INVALID_SOCKET: not begun, or failed */
	struct sockaddr_storage addr;
	socklen_t len;
};

struct net_dial {
	char host[NI_MAXHOST];
	uint16_t port;
	struct lookup *lookup;	/* NULL once answered */
	struct attempt tries[NET_ADDRESSES_MAX];
	size_t n, begun;
	char faults[FAULT_SIZE];	/* what each address that failed said */
};

struct net {
	SOCKET fd;
	int fault;		/* Winsock's error that broke the connection */
	char words[FAULT_SIZE];	/* of net_fault() */
};

/* Winsock's words for an error. */
static const char *
words_of(int error, char out[FAULT_SIZE])
{
	struct err e;

	err_windows(&e, (DWORD)error, "network");
	snprintf(out, FAULT_SIZE, "%.*s", FAULT_SIZE - 1, e.text + strlen("network: "));
	return out;
}

static void
lookup_release(struct lookup *l)
{
	if (l == NULL || atomic_fetch_sub(&l->owners, 1) != 1)
		return;
	if (l->list != NULL)
		freeaddrinfo(l->list);
	if (l->ready != NULL)
		CloseHandle(l->ready);
	free(l);
}

static int
resolve(struct lookup *l, int flags)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | flags };

	return getaddrinfo(l->host, l->port, &hints, &l->list);
}

static DWORD WINAPI
lookup_thread(void *arg)
{
	struct lookup *l = arg;

	l->rc = resolve(l, AI_ADDRCONFIG);
	SetEvent(l->ready);
	lookup_release(l);
	return 0;
}

/* 1 answered at once, 0 a thread is asking, -1 error. */
static int
lookup_start(struct lookup *l, struct err *e)
{
	HANDLE thread;

	if ((l->ready = CreateEventW(NULL, TRUE, FALSE, NULL)) == NULL)
		return err_windows(e, GetLastError(), "event for the resolver");
	/* An address needs no thread and no waiting. */
	if (resolve(l, AI_NUMERICHOST) == 0)
		return 1;
	atomic_store(&l->owners, 2);
	if ((thread = CreateThread(NULL, 0, lookup_thread, l, 0, NULL)) == NULL) {
		atomic_store(&l->owners, 1);
		return err_windows(e, GetLastError(), "thread for the resolver");
	}
	CloseHandle(thread);
	return 0;
}

static void
note_fault(struct net_dial *d, const struct attempt *a, int num)
{
	char where[NI_MAXHOST], words[FAULT_SIZE];
	size_t len = strlen(d->faults);

	if (getnameinfo((const struct sockaddr *)&a->addr, a->len, where, sizeof where, NULL, 0,
		NI_NUMERICHOST) != 0)
		snprintf(where, sizeof where, "?");
	snprintf(d->faults + len, sizeof d->faults - len, "%s%s: %s", len > 0 ? ", " : "", where,
	    words_of(num, words));
}

static void
set_option(SOCKET fd, int level, int name, DWORD value)
{
	setsockopt(fd, level, name, (const char *)&value, sizeof value);
}

/* A connection that only waits, while the other side or we work, is kept by routers and known to be dead within a minute. */
static void
keep_alive(SOCKET fd)
{
	/* On, milliseconds of idleness, and between the probes, of which Windows sends ten. */
	struct tcp_keepalive values = { 1, 30000, 3000 };
	DWORD n;

	WSAIoctl(fd, SIO_KEEPALIVE_VALS, &values, sizeof values, NULL, 0, &n, NULL, NULL);
}

/* A socket that doesn't block and isn't inherited. */
static SOCKET
new_socket(int family)
{
	SOCKET fd = WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	u_long on = 1;

	if (fd == INVALID_SOCKET)
		return fd;
	if (ioctlsocket(fd, FIONBIO, &on) == 0) {
		set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		keep_alive(fd);
		return fd;
	}
	closesocket(fd);
	return INVALID_SOCKET;
}

/* Begin with the next address.  An address that fails at once is noted and the one after it is begun. */
static void
begin_next(struct net_dial *d)
{
	while (d->begun < d->n) {
		struct attempt *a = &d->tries[d->begun++];

		a->fd = new_socket(a->addr.ss_family);
		if (a->fd != INVALID_SOCKET && (connect(a->fd, (struct sockaddr *)&a->addr, a->len) == 0 ||
						WSAGetLastError() == WSAEWOULDBLOCK))
			return;
		note_fault(d, a, WSAGetLastError());
		if (a->fd != INVALID_SOCKET)
			closesocket(a->fd);
		a->fd = INVALID_SOCKET;
	}
}

/* Take over the resolver's answer, the families by turns (RFC 8305, section 4), and begin with the first. */
static int
take_addresses(struct net_dial *d, struct err *e)
{
	struct lookup *l = d->lookup;
	const struct addrinfo *same = l->list, *other = l->list;
	char words[FAULT_SIZE];
	int first;

	if (l->rc != 0 || l->list == NULL)
		return err_setx(e, ERR_NETWORK, "%s: no address for this name: %s", d->host,
		    words_of(l->rc, words));
	first = l->list->ai_family;
	for (bool turn = true; d->n < NET_ADDRESSES_MAX && (same != NULL || other != NULL);
	    turn = !turn) {
		const struct addrinfo **from = turn ? &same : &other;

		while (*from != NULL && ((*from)->ai_family == first) != turn)
			*from = (*from)->ai_next;
		if (*from == NULL)
			continue;
		if ((size_t)(*from)->ai_addrlen <= sizeof d->tries[0].addr) {
			memcpy(&d->tries[d->n].addr, (*from)->ai_addr, (*from)->ai_addrlen);
			d->tries[d->n].len = (socklen_t)(*from)->ai_addrlen;
			d->n++;
		}
		*from = (*from)->ai_next;
	}
	lookup_release(l);
	d->lookup = NULL;
	begin_next(d);
	return 0;
}

struct net_dial *
net_dial(const char *host, uint16_t port, struct err *e)
{
	struct net_dial *d = calloc(1, sizeof *d);
	struct lookup *l = calloc(1, sizeof *l);
	WSADATA unused;
	int rc;

	if ((rc = WSAStartup(MAKEWORD(2, 2), &unused)) != 0) {
		err_windows(e, (DWORD)rc, "sockets");
		free(d);
		free(l);
		return NULL;
	}
	if (d == NULL || l == NULL || strlen(host) >= sizeof d->host) {
		err_nomem(e);
		free(d);
		free(l);
		return NULL;
	}
	for (size_t i = 0; i < NET_ADDRESSES_MAX; i++)
		d->tries[i].fd = INVALID_SOCKET;
	d->port = port;
	strcpy(d->host, host);
	strcpy(l->host, host);
	snprintf(l->port, sizeof l->port, "%u", (unsigned)port);
	atomic_init(&l->owners, 1);
	if ((rc = lookup_start(l, e)) == -1) {
		lookup_release(l);
		free(d);
		return NULL;
	}
	d->lookup = l;
	/* Nothing to wait for: let the kernel shake hands while the caller goes on. */
	if (rc == 1 && take_addresses(d, e) == -1) {
		net_dial_free(d);
		return NULL;
	}
	return d;
}

/* Milliseconds for the system's waits: rounded so that it never ends before the deadline, and never is "forever". */
static int
poll_ms(int64_t deadline)
{
	int64_t left = deadline - clock_mono_ms();

	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Which attempts ended.  select(), because WSAPoll() doesn't tell of a connection that failed before Windows 10 2004. */
static int
poll_attempts(WSAPOLLFD *fds, size_t n, int64_t deadline, struct err *e)
{
	int ms = poll_ms(deadline), rc;
	struct timeval t = { ms / 1000, ms % 1000 * 1000 };
	fd_set connected, failed;

	FD_ZERO(&connected);
	FD_ZERO(&failed);
	for (size_t i = 0; i < n; i++) {
		FD_SET(fds[i].fd, &connected);
		FD_SET(fds[i].fd, &failed);
	}
	if ((rc = select(0, NULL, &connected, &failed, &t)) == SOCKET_ERROR)
		return err_windows(e, (DWORD)WSAGetLastError(), "select");
	for (size_t i = 0; i < n; i++)
		fds[i].revents = FD_ISSET(fds[i].fd, &connected) || FD_ISSET(fds[i].fd, &failed) ? POLLOUT : 0;
	return rc;
}

static int
wait_lookup(struct net_dial *d, int64_t deadline, struct err *e)
{
	if (WaitForSingleObject(d->lookup->ready, (DWORD)poll_ms(deadline)) != WAIT_OBJECT_0)
		return err_setx(e, ERR_TIMEOUT, "%s: the name was not resolved in time", d->host);
	return take_addresses(d, e);
}

/* Look at the attempts that ended.  The one that is connected, or NULL. */
static struct attempt *
look(struct net_dial *d, const WSAPOLLFD *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct attempt *a = NULL;
		int fault = 0;
		int len = sizeof fault;

		if (fds[i].revents == 0)
			continue;
		for (size_t k = 0; k < d->begun; k++)
			if (d->tries[k].fd == fds[i].fd)
				a = &d->tries[k];
		if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, (char *)&fault, &len) == SOCKET_ERROR)
			fault = WSAGetLastError();
		if (fault == 0)
			return a;
		note_fault(d, a, fault);
		closesocket(a->fd);
		a->fd = INVALID_SOCKET;
		begin_next(d);
	}
	return NULL;
}

static struct attempt *
wait_connected(struct net_dial *d, int64_t deadline, struct err *e)
{
	int64_t stagger = clock_mono_ms() + NET_STAGGER_MS;

	for (;;) {
		WSAPOLLFD fds[NET_ADDRESSES_MAX];
		struct attempt *a;
		size_t n = 0;
		bool more = d->begun < d->n;

		for (size_t i = 0; i < d->begun; i++)
			if (d->tries[i].fd != INVALID_SOCKET)
				fds[n++] = (WSAPOLLFD){ .fd = d->tries[i].fd, .events = POLLOUT };
		if (n == 0 && !more) {
			err_setx(e, ERR_NETWORK, "can't connect to %s:%u: %s", d->host,
			    (unsigned)d->port, d->faults);
			return NULL;
		}
		switch (poll_attempts(fds, n, more && stagger < deadline ? stagger : deadline, e)) {
		case -1:
			return NULL;
		case 0:
			if (clock_mono_ms() >= deadline) {
				err_setx(e, ERR_TIMEOUT, "can't connect to %s:%u: no answer in time%s%s",
				    d->host, (unsigned)d->port, d->faults[0] != '\0' ? "; " : "",
				    d->faults);
				return NULL;
			}
			begin_next(d);
			stagger = clock_mono_ms() + NET_STAGGER_MS;
			break;
		default:
			if ((a = look(d, fds, n)) != NULL)
				return a;
		}
	}
}

struct net *
net_dial_wait(struct net_dial *d, int64_t deadline, struct err *e)
{
	struct net *n = NULL;
	struct attempt *a;

	if (d->lookup != NULL && wait_lookup(d, deadline, e) == -1)
		goto out;
	if ((a = wait_connected(d, deadline, e)) == NULL)
		goto out;
	if ((n = calloc(1, sizeof *n)) == NULL) {
		err_nomem(e);
		goto out;
	}
	n->fd = a->fd;		/* n owns it now */
	a->fd = INVALID_SOCKET;
out:
	net_dial_free(d);
	return n;
}

void
net_dial_free(struct net_dial *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n; i++)
		if (d->tries[i].fd != INVALID_SOCKET)
			closesocket(d->tries[i].fd);
	lookup_release(d->lookup);
	free(d);
}

int
net_fd(const struct net *n)
{
	/* Handles of Windows fit 32 bits. */
	return (int)n->fd;
}

static ptrdiff_t
moved(struct net *n, int rc)
{
	int error = rc == SOCKET_ERROR ? WSAGetLastError() : 0;

	if (rc != SOCKET_ERROR)
		return rc;
	if (error == WSAEWOULDBLOCK || error == WSAEINTR)
		return NET_AGAIN;
	n->fault = error;
	words_of(error, n->words);
	return NET_BROKEN;
}

ptrdiff_t
net_send(struct net *n, const void *data, size_t len)
{
	return moved(n, send(n->fd, data, len > INT_MAX ? INT_MAX : (int)len, 0));
}

ptrdiff_t
net_recv(struct net *n, void *data, size_t len)
{
	return moved(n, recv(n->fd, data, len > INT_MAX ? INT_MAX : (int)len, 0));
}

const char *
net_fault(const struct net *n)
{
	return n->fault == 0 ? "closed by the server" : n->words;
}

int
net_wait(struct net *n, bool write, int64_t deadline, struct err *e)
{
	WSAPOLLFD fd = { .fd = n->fd, .events = (SHORT)(write ? POLLIN | POLLOUT : POLLIN) };
	int rc = WSAPoll(&fd, 1, poll_ms(deadline));

	if (rc == SOCKET_ERROR)
		return err_windows(e, (DWORD)WSAGetLastError(), "WSAPoll");
	return rc > 0 ? 1 : 0;
}

int
net_take_fd(struct net *n)
{
	int fd = (int)n->fd;
	u_long off = 0;

	ioctlsocket(n->fd, FIONBIO, &off);
	free(n);
	return fd;
}

void
net_close(struct net *n)
{
	if (n == NULL)
		return;
	closesocket(n->fd);
	free(n);
}
