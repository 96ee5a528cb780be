/* SPDX-License-Identifier: ISC */
/*
 * Descriptors of POSIX sockets.
 */
#include "lib/tls/stream.h"

#include <errno.h>
#include <fcntl.h>
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

/* A call under the handshake's deadline doesn't block: again() waits. */
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
 * Whether to call again after a failure.  Wait only now: most bytes of a handshake have arrived
 * before they are read, and a poll() before each read would cost more than the read.
 */
static bool
again(const struct stream *s, short events)
{
	struct pollfd p = { .fd = s->fd, .events = events };

	if (errno == EINTR)
		return true;
	if (!bounded(s) || (errno != EAGAIN && errno != EWOULDBLOCK))
		return false;
	if (clock_left_ms(s->deadline) > 0)
		poll(&p, 1, clock_left_ms(s->deadline));
	return true;
}

static long
result(struct stream *s, ssize_t n, long want)
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
	ssize_t n;

	do {
		if (!in_time(s))
			return SLIPWAY_TLS_ERROR;
		n = recv(s->fd, buf, len, bounded(s) ? MSG_DONTWAIT : 0);
	} while (n == -1 && again(s, POLLIN));
	return result(s, n, SLIPWAY_TLS_WANT_READ);
}

long
stream_fd_write(struct stream *s, const void *buf, size_t len)
{
	ssize_t n;

	do {
		if (!in_time(s))
			return SLIPWAY_TLS_ERROR;
		n = send(s->fd, buf, len, MSG_NOSIGNAL | (bounded(s) ? MSG_DONTWAIT : 0));
	} while (n == -1 && again(s, POLLOUT));
	return result(s, n, SLIPWAY_TLS_WANT_WRITE);
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
