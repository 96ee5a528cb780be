/* SPDX-License-Identifier: ISC */
/*
 * Sockets of Winsock: a descriptor is a SOCKET, whose values Windows keeps within 32 bits (as for
 * OpenSSL).
 *
 * Winsock doesn't tell whether a socket blocks.  So each socket is taken for one that does, and in
 * place of waiting the socket's own limits of time are set for the call: a socket that doesn't
 * block ignores them.
 */
#include "lib/tls/stream.h"

#include <limits.h>

#include "lib/os/clock.h"
#include "lib/os/wide_windows.h"

bool
stream_blocks(int fd)
{
	(void)fd;
	return true;
}

/* Here the system counts a limit for each look; nothing interrupts one. */
bool
stream_waits(struct stream *s)
{
	return s->fd != -1;
}

static SOCKET
socket_of(const struct stream *s)
{
	return (SOCKET)(unsigned)s->fd;
}

/* A limit of time that is set for one call. */
struct limit {
	int option; /* SO_RCVTIMEO or SO_SNDTIMEO; 0: none was set */
	DWORD before;
};

/* Set the time that is left until the deadline.  False: none is, and late is set. */
static bool
limit_set(struct stream *s, int option, struct limit *l)
{
	int64_t left = s->deadline - clock_mono_ms();
	int len = sizeof l->before;
	DWORD ms;

	l->option = 0;
	if (s->deadline == 0)
		return true;
	if (left <= 0) {
		s->late = true;
		return false;
	}
	ms = left > INT_MAX ? INT_MAX : (DWORD)left;
	if (getsockopt(socket_of(s), SOL_SOCKET, option, (char *)&l->before, &len) == 0 &&
	    (l->before == 0 || l->before > ms) &&
	    setsockopt(socket_of(s), SOL_SOCKET, option, (const char *)&ms, sizeof ms) == 0)
		l->option = option;
	return true;
}

/* Whether a call would wait where it may not. */
static bool
would_wait(const struct stream *s, short event)
{
	WSAPOLLFD p = { .fd = socket_of(s), .events = event };

	return s->now && WSAPoll(&p, 1, 0) == 0;
}

/* Whether the program has set a limit of its own, whose end doesn't end the connection. */
static bool
has_own_limit(const struct stream *s, int option)
{
	DWORD ms = 0;
	int len = sizeof ms;

	return getsockopt(socket_of(s), SOL_SOCKET, option, (char *)&ms, &len) == 0 && ms != 0;
}

static long
io_result(struct stream *s, int n, int option, const struct limit *l, long want)
{
	int error = n == SOCKET_ERROR ? WSAGetLastError() : 0;

	if (l->option != 0)
		setsockopt(socket_of(s), SOL_SOCKET, l->option, (const char *)&l->before,
		    sizeof l->before);
	if (error == 0)
		return n;
	if (error == WSAEWOULDBLOCK ||
	    (error == WSAETIMEDOUT && l->option == 0 && has_own_limit(s, option)))
		return want;
	s->late = error == WSAETIMEDOUT && l->option != 0;
	s->fault = error;
	return SLIPWAY_TLS_ERROR;
}

long
stream_fd_read(struct stream *s, void *buf, size_t len)
{
	struct limit l;

	if (would_wait(s, POLLRDNORM))
		return SLIPWAY_TLS_WANT_READ;
	if (!limit_set(s, SO_RCVTIMEO, &l))
		return SLIPWAY_TLS_ERROR;
	return io_result(s, recv(socket_of(s), buf, (int)len, 0), SO_RCVTIMEO, &l,
	    SLIPWAY_TLS_WANT_READ);
}

long
stream_fd_write(struct stream *s, const void *buf, size_t len)
{
	struct limit l;

	if (would_wait(s, POLLWRNORM))
		return SLIPWAY_TLS_WANT_WRITE;
	if (!limit_set(s, SO_SNDTIMEO, &l))
		return SLIPWAY_TLS_ERROR;
	return io_result(s, send(socket_of(s), buf, (int)len, 0), SO_SNDTIMEO, &l,
	    SLIPWAY_TLS_WANT_WRITE);
}

bool
stream_has_room(const struct stream *s)
{
	WSAPOLLFD p = { .fd = socket_of(s), .events = POLLOUT };

	return s->fd != -1 && WSAPoll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

void
stream_end(struct stream *s)
{
	if (s->fd != -1)
		shutdown(socket_of(s), SD_SEND);
}

void
stream_close(struct stream *s)
{
	if (s->owned && s->fd != -1)
		closesocket(socket_of(s));
	s->fd = -1;
}

const char *
stream_fault(const struct stream *s)
{
	static _Thread_local struct err e;

	if (s->fault == 0)
		return "the program's own function failed";
	err_windows(&e, (DWORD)s->fault, "socket");
	return e.text;
}
