/* SPDX-License-Identifier: ISC */
/* Descriptors of POSIX sockets. */
#include "lib/tls/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/os/clock.h"

bool
stream_blocks(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_NONBLOCK) == 0;
}

/*
 * Time for one look at a descriptor.  The handshake has a deadline; the descriptor's own limit,
 * which the kernel counts anew after each signal and for each look, is counted here.
 */
struct look {
	struct stream *s;
	bool write;
	int flags; /* MSG_DONTWAIT: the kernel doesn't wait, again() does */
};

static bool
bounded(const struct stream *s)
{
	return s->blocking && s->deadline != 0;
}

static bool
in_time(struct stream *s)
{
	s->late |= bounded(s) && clock_mono_ms() >= s->deadline;
	return !s->late;
}

/*
 * The first look of a call waits in the kernel, which costs least, unless the program may cancel
 * it; that it did so is noted.
 */
static struct look
look_begin(struct stream *s, bool write)
{
	struct look l = { s, write, 0 };

	if (s->now || bounded(s) || (s->blocking && (s->since != 0 || s->cancel != -1)))
		l.flags = MSG_DONTWAIT;
	if (s->blocking && !s->now && s->since == 0)
		s->since = clock_mono_ms();
	return l;
}

/* The program's own limit in milliseconds, 0: none. */
static int
own_limit(struct stream *s, bool write)
{
	struct timeval tv = { 0 };
	socklen_t len = sizeof tv;

	if (s->limit_ms[write] == -1) {
		s->limit_ms[write] = 0;
		if (getsockopt(s->fd, SOL_SOCKET, write ? SO_SNDTIMEO : SO_RCVTIMEO, &tv, &len) ==
		    0)
			s->limit_ms[write] = tv.tv_sec >= INT_MAX / 1000
			    ? INT_MAX
			    : (int)(tv.tv_sec * 1000 + (tv.tv_usec + 999) / 1000);
	}
	return s->limit_ms[write];
}

bool
stream_waits(struct stream *s)
{
	struct pollfd p = { .fd = s->cancel, .events = POLLIN };
	int limit;

	if (s->fd == -1 || !s->blocking || !stream_blocks(s->fd))
		return false;
	s->cancelled = s->cancel != -1 && poll(&p, 1, 0) > 0;
	if (s->cancelled)
		return false;
	limit = own_limit(s, false);
	return limit == 0 || clock_left_ms(s->since + limit) > 0;
}

/* Wait for the descriptor, at most until a time.  Returns false when the program cancels. */
static bool
wait_for(struct stream *s, bool write, int64_t until)
{
	struct pollfd p[] = { { .fd = s->fd, .events = write ? POLLOUT : POLLIN },
		{ .fd = s->cancel, .events = POLLIN } };
	int left = clock_left_ms(until);

	s->cancelled = left > 0 && poll(p, 2, left) > 0 && p[1].revents != 0;
	errno = EAGAIN;
	return !s->cancelled;
}

/*
 * Whether to call again after a failure.  Wait only now: most bytes of a handshake have arrived
 * before they are read, and a poll() before each read would cost more than the read.
 */
static bool
again(struct look *l)
{
	bool empty = errno == EAGAIN || errno == EWOULDBLOCK;
	int64_t until;
	int limit;

	if (!empty && errno != EINTR)
		return false;
	if (!l->s->blocking || l->s->now)
		return !empty;
	if (bounded(l->s)) {
		until = l->s->deadline;
	} else if (empty && l->flags == 0) {
		return false; /* the kernel has waited for the whole limit */
	} else if ((limit = own_limit(l->s, l->write)) == 0 && l->s->cancel == -1) {
		l->flags = 0;
		return true;
	} else {
		until = limit == 0 ? CLOCK_NEVER : l->s->since + limit;
		l->flags = MSG_DONTWAIT;
		/* The program may have made it one that doesn't block. */
		if (clock_left_ms(until) <= 0 || !stream_blocks(l->s->fd)) {
			errno = EAGAIN;
			return false;
		}
	}
	return wait_for(l->s, l->write, until);
}

static long
io_result(struct stream *s, ssize_t n, long want)
{
	if (n >= 0)
		return (long)n;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return want;
	s->fault = errno;
	return SLIPWAY_TLS_ERROR;
}

long
stream_fd_read(struct stream *s, void *buf, size_t len)
{
	struct look l = look_begin(s, false);
	ssize_t n;

	do {
		if (!in_time(s))
			return SLIPWAY_TLS_ERROR;
		n = recv(s->fd, buf, len, l.flags);
	} while (n == -1 && again(&l));
	return io_result(s, n, SLIPWAY_TLS_WANT_READ);
}

long
stream_fd_write(struct stream *s, const void *buf, size_t len)
{
	struct look l = look_begin(s, true);
	ssize_t n;

	do {
		if (!in_time(s))
			return SLIPWAY_TLS_ERROR;
		n = send(s->fd, buf, len, MSG_NOSIGNAL | l.flags);
	} while (n == -1 && again(&l));
	return io_result(s, n, SLIPWAY_TLS_WANT_WRITE);
}

bool
stream_has_room(const struct stream *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };

	return s->fd != -1 && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) != 0;
}

void
stream_end(struct stream *s)
{
	if (s->fd != -1)
		shutdown(s->fd, SHUT_WR);
}

void
stream_close(struct stream *s)
{
	if (s->owned && s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

const char *
stream_fault(const struct stream *s)
{
	return s->fault != 0 ? strerror(s->fault) : "the program's own function failed";
}
