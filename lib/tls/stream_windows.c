/* SPDX-License-Identifier: ISC */
/*
 * Sockets of Winsock: a descriptor is a SOCKET, whose values Windows keeps within 32 bits (as for
 * OpenSSL).
 *
 * Winsock doesn't tell whether a socket blocks.  Each socket is taken for one that does until a
 * call says that it would block.  A call that Winsock ends by a limit of time leaves a socket
 * that can't be used: a part of the bytes may have been sent.  So the limits of the program are
 * waited for before each call.  The limit of a handshake, whose end ends the connection, is set
 * for the call, because a socket that doesn't block ignores it; only when less than SHORT_MS is
 * left, which Winsock wouldn't keep, is that waited for, too.
 */
#include "lib/tls/stream.h"

#include <limits.h>

#include "lib/os/clock.h"
#include "lib/os/wide_windows.h"

#define SHORT_MS  500	       /* Winsock's shortest limit of time */
#define PIECE_MAX (16u * 1024) /* bytes that a socket with room takes without waiting */

bool
stream_blocks(int fd)
{
	(void)fd;
	return true;
}

static bool
may_cancel(const struct stream *s)
{
	return s->cancel != -1 && !s->now && !s->nonblocking;
}

/* Here the system counts a limit for each look; nothing interrupts one. */
bool
stream_waits(struct stream *s)
{
	WSAPOLLFD p = { .fd = (SOCKET)(unsigned)s->cancel, .events = POLLRDNORM };

	s->cancelled = s->fd != -1 && may_cancel(s) && WSAPoll(&p, 1, 0) > 0;
	return s->fd != -1 && !s->cancelled;
}

static SOCKET
socket_of(const struct stream *s)
{
	return (SOCKET)(unsigned)s->fd;
}

/* The limit of time that the program has set for a socket, in milliseconds; 0: none. */
static int
own_limit(struct stream *s, bool write)
{
	DWORD ms = 0;
	int len = sizeof ms;

	if (s->limit_ms[write] == -1) {
		if (getsockopt(socket_of(s), SOL_SOCKET, write ? SO_SNDTIMEO : SO_RCVTIMEO,
			(char *)&ms, &len) != 0)
			ms = 0;
		s->limit_ms[write] = ms > INT_MAX ? INT_MAX : (int)ms;
	}
	return s->limit_ms[write];
}

enum wait { WAIT_READY, WAIT_LIMIT, WAIT_LATE, WAIT_CANCELLED };

/*
 * Wait until the socket is ready, the program's own limit or that of the handshake, or the program
 * cancels.
 */
static enum wait
wait_until(struct stream *s, bool write, int64_t until, enum wait end)
{
	WSAPOLLFD p[] = { { .fd = socket_of(s), .events = write ? POLLWRNORM : POLLRDNORM },
		{ .fd = (SOCKET)(unsigned)s->cancel, .events = POLLRDNORM } };
	int n;

	do
		n = WSAPoll(p, may_cancel(s) ? 2 : 1, (int)clock_left_ms(until));
	while (n == 0 && clock_left_ms(until) > 0);
	if (n > 0 && p[0].revents == 0)
		return WAIT_CANCELLED;
	return n == 0 ? end : WAIT_READY;
}

/* Wait before a call for as long as the call must not. */
static enum wait
wait_before(struct stream *s, bool write)
{
	int own = s->nonblocking ? 0 : own_limit(s, write);
	int64_t now = clock_mono_ms(), until;

	if (s->now)
		return wait_until(s, write, now, WAIT_LIMIT);
	if (s->deadline != 0 && now >= s->deadline)
		return WAIT_LATE;
	if (s->since == 0)
		s->since = now;
	until = s->since + own;
	if (own > 0 && (s->deadline == 0 || until < s->deadline))
		return wait_until(s, write, until, WAIT_LIMIT);
	if (s->deadline != 0 && !s->nonblocking &&
	    (own > 0 || may_cancel(s) || s->deadline - now < SHORT_MS))
		return wait_until(s, write, s->deadline, WAIT_LATE);
	if (may_cancel(s))
		return wait_until(s, write, CLOCK_NEVER, WAIT_READY);
	return WAIT_READY;
}

/* A limit of time that is set for one call. */
struct limit {
	int option; /* SO_RCVTIMEO or SO_SNDTIMEO; 0: none was set */
};

/* Set what is left for the handshake on a socket that has no limit. */
static void
limit_set(struct stream *s, bool write, struct limit *l)
{
	int option = write ? SO_SNDTIMEO : SO_RCVTIMEO;
	DWORD ms = (DWORD)clock_left_ms(s->deadline);

	l->option = 0;
	if (s->deadline != 0 && !s->nonblocking && own_limit(s, write) == 0 && ms > 0 &&
	    setsockopt(socket_of(s), SOL_SOCKET, option, (const char *)&ms, sizeof ms) == 0)
		l->option = option;
}

static long
io_result(struct stream *s, int n, const struct limit *l, long want)
{
	const DWORD none = 0;
	int error = n == SOCKET_ERROR ? WSAGetLastError() : 0;

	if (l->option != 0)
		setsockopt(socket_of(s), SOL_SOCKET, l->option, (const char *)&none, sizeof none);
	if (error == 0)
		return n;
	if (error == WSAEWOULDBLOCK) {
		s->nonblocking = true;
		return want;
	}
	s->late = error == WSAETIMEDOUT && l->option != 0;
	s->fault = error;
	return SLIPWAY_TLS_ERROR;
}

/* Whether the call may be made; if not, *n is its result. */
static bool
may_call(struct stream *s, bool write, long *n)
{
	enum wait w = wait_before(s, write);

	s->late |= w == WAIT_LATE;
	s->cancelled |= w == WAIT_CANCELLED;
	*n = w == WAIT_LATE ? SLIPWAY_TLS_ERROR
	    : write	    ? SLIPWAY_TLS_WANT_WRITE
			    : SLIPWAY_TLS_WANT_READ;
	return w == WAIT_READY;
}

long
stream_fd_read(struct stream *s, void *buf, size_t len)
{
	struct limit l;
	long n;

	if (!may_call(s, false, &n))
		return n;
	limit_set(s, false, &l);
	return io_result(s, recv(socket_of(s), buf, (int)len, 0), &l, SLIPWAY_TLS_WANT_READ);
}

long
stream_fd_write(struct stream *s, const void *buf, size_t len)
{
	struct limit l;
	long n;

	if (!may_call(s, true, &n))
		return n;
	limit_set(s, true, &l);
	if (len > PIECE_MAX && !s->nonblocking &&
	    (l.option != 0 || may_cancel(s) || own_limit(s, true) != 0))
		len = PIECE_MAX;
	return io_result(s, send(socket_of(s), buf, (int)len, 0), &l, SLIPWAY_TLS_WANT_WRITE);
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
