/*
 * Descriptors of POSIX sockets.
 */
#include "tls_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

bool
stream_blocks(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_NONBLOCK) == 0;
}

/* Whether the descriptor is ready, or need not be waited for.  False: the deadline passed. */
static bool
wait_for(struct stream *s, short events)
{
	struct pollfd p = { .fd = s->fd, .events = events };

	while (s->blocking && s->deadline != 0) {
		int64_t left = s->deadline - clock_mono_ms();

		if (left <= 0) {
			s->late = true;
			return false;
		}
		if (poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left) > 0)
			return true;
	}
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

	if (!wait_for(s, POLLIN))
		return SLIPWAY_TLS_ERROR;
	do
		n = recv(s->fd, buf, len, 0);
	while (n == -1 && errno == EINTR);
	return result(s, n, SLIPWAY_TLS_WANT_READ);
}

long
stream_fd_write(struct stream *s, const void *buf, size_t len)
{
	ssize_t n;

	if (!wait_for(s, POLLOUT))
		return SLIPWAY_TLS_ERROR;
	do
		n = send(s->fd, buf, len, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
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
