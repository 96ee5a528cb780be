/* SPDX-License-Identifier: ISC */
/* Winsock, for net.c. */
#include "lib/os/net.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/net_system.h"

#include <mstcpip.h> /* after windows.h */

/* Milliseconds between two looks at a socket that cancels, while a name is resolved. */
#define CANCEL_LOOK_MS 50

const char *
net_words(int fault, char out[NET_WORDS_SIZE])
{
	struct err e;

	err_windows(&e, (DWORD)fault, "network");
	snprintf(out, NET_WORDS_SIZE, "%.*s", NET_WORDS_SIZE - 1, e.text + strlen("network: "));
	return out;
}

static DWORD WINAPI
lookup_thread(void *arg)
{
	struct net_lookup *l = arg;

	l->rc = net_resolve(l, AI_ADDRCONFIG);
	SetEvent((HANDLE)l->ready[0]);
	net_lookup_release(l);
	return 0;
}

static int
ask_in_thread(struct net_lookup *l, struct err *e)
{
	HANDLE thread;

	atomic_store(&l->owners, 2);
	if ((thread = CreateThread(NULL, 0, lookup_thread, l, 0, NULL)) == NULL) {
		atomic_store(&l->owners, 1);
		return err_windows(e, GetLastError(), "thread for the resolver");
	}
	CloseHandle(thread);
	return 0;
}

void
net_lookup_free(struct net_lookup *l)
{
	if (l->ready[0] != 0)
		CloseHandle((HANDLE)l->ready[0]);
}

int
net_lookup_begin(struct net_lookup *l, struct err *e)
{
	WSADATA unused;
	int rc = WSAStartup(MAKEWORD(2, 2), &unused);

	if (rc != 0)
		return err_windows(e, (DWORD)rc, "sockets");
	if ((l->ready[0] = (intptr_t)CreateEventW(NULL, TRUE, FALSE, NULL)) == 0)
		return err_windows(e, GetLastError(), "event for the resolver");
	/* An address needs no thread and no waiting. */
	if (net_resolve(l, AI_NUMERICHOST) != 0)
		return ask_in_thread(l, e);
	SetEvent((HANDLE)l->ready[0]);
	return 0;
}

/*
 * Nothing waits for an event and a socket that is the program's: look at the socket now and then.
 */
int
net_lookup_wait(struct net_lookup *l, int cancel, int64_t deadline, struct err *e)
{
	WSAPOLLFD p = { .fd = (SOCKET)(unsigned)cancel, .events = POLLRDNORM };
	int left;

	do {
		left = clock_left_ms(deadline);
		if (cancel >= 0 && left > CANCEL_LOOK_MS)
			left = CANCEL_LOOK_MS;
		if (WaitForSingleObject((HANDLE)l->ready[0], (DWORD)left) == WAIT_OBJECT_0)
			return 1;
		if (cancel >= 0 && WSAPoll(&p, 1, 0) > 0)
			return err_setx(e, ERR_CANCELLED, "cancelled");
	} while (clock_left_ms(deadline) > 0);
	return 0;
}

int
net_lookup_take(const struct net_lookup *l, const struct addrinfo **out, struct err *e)
{
	char words[NET_WORDS_SIZE];

	if (l->rc != 0 || l->list == NULL)
		return err_setx(e, ERR_NETWORK, "%s", net_words(l->rc, words));
	*out = l->list;
	return 0;
}

static void
set_option(SOCKET fd, int level, int name, DWORD value)
{
	setsockopt(fd, level, name, (const char *)&value, sizeof value);
}

/* Keep an idle connection alive in routers, and detect a dead one within a minute. */
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
	SOCKET fd = WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
	    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
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

int
net_connect(const struct sockaddr_storage *addr, socklen_t len, int *fault)
{
	SOCKET fd = new_socket(addr->ss_family);

	if (fd != INVALID_SOCKET &&
	    (connect(fd, (const struct sockaddr *)addr, len) == 0 ||
		WSAGetLastError() == WSAEWOULDBLOCK))
		return (int)fd;
	*fault = WSAGetLastError();
	if (fd != INVALID_SOCKET)
		closesocket(fd);
	return -1;
}

/* select(), because WSAPoll() before Windows 10 2004 doesn't report a failed connection. */
int
net_connect_wait(const int *fds, bool *ended, size_t n, int cancel, int64_t deadline, struct err *e)
{
	int ms = clock_left_ms(deadline), rc;
	struct timeval t = { ms / 1000, ms % 1000 * 1000 };
	fd_set connected, failed, ends;

	FD_ZERO(&connected);
	FD_ZERO(&ends);
	if (cancel >= 0)
		FD_SET((SOCKET)(unsigned)cancel, &ends);
	FD_ZERO(&failed);
	for (size_t i = 0; i < n; i++) {
		FD_SET((SOCKET)fds[i], &connected);
		FD_SET((SOCKET)fds[i], &failed);
	}
	if ((rc = select(0, &ends, &connected, &failed, &t)) == SOCKET_ERROR)
		return err_windows(e, (DWORD)WSAGetLastError(), "select");
	if (cancel >= 0 && FD_ISSET((SOCKET)(unsigned)cancel, &ends))
		return err_setx(e, ERR_CANCELLED, "cancelled");
	for (size_t i = 0; i < n; i++)
		ended[i] =
		    FD_ISSET((SOCKET)fds[i], &connected) || FD_ISSET((SOCKET)fds[i], &failed);
	return rc;
}

int
net_connect_fault(int fd)
{
	int fault = 0, len = sizeof fault;

	if (getsockopt((SOCKET)fd, SOL_SOCKET, SO_ERROR, (char *)&fault, &len) == SOCKET_ERROR)
		return WSAGetLastError();
	return fault;
}

void
net_close_socket(int fd)
{
	closesocket((SOCKET)fd);
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

int
net_wait(struct net *n, bool write, int64_t deadline, struct err *e)
{
	WSAPOLLFD fd = { .fd = n->fd, .events = (SHORT)(write ? POLLIN | POLLOUT : POLLIN) };
	int rc = WSAPoll(&fd, 1, clock_left_ms(deadline));

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

int64_t
net_rtt_ms(const struct net *n)
{
	(void)n;
	return 0;
}
