/* SPDX-License-Identifier: ISC */
/*
 * Two-way pipes on POSIX systems: a pair of sockets, because send() has a flag against SIGPIPE.
 * Ignoring the signal instead would pass to every program that we start.
 */
#include "lib/os/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/os/clock.h"

/*
 * Above the standard streams and the child's descriptor, so that child_spawn() overwrites no end
 * when it puts them in place.
 */
#define LOWEST 4

static int
raise_above(pipe_end *p, struct err *e)
{
	int fd;

	if (*p >= LOWEST)
		return 0;
	if ((fd = fcntl((int)*p, F_DUPFD_CLOEXEC, LOWEST)) == -1)
		return err_set(e, ERR_IO, "pipe");
	close((int)*p);
	*p = fd;
	return 0;
}

int
pipe_pair(pipe_end ends[2], struct err *e)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == -1)
		return err_set(e, ERR_IO, "pipe");
	ends[0] = fds[0];
	ends[1] = fds[1];
	if (raise_above(&ends[0], e) == 0 && raise_above(&ends[1], e) == 0)
		return 0;
	pipe_close(ends[0]);
	pipe_close(ends[1]);
	return -1;
}

void
pipe_close(pipe_end p)
{
	if (p != PIPE_NONE)
		close((int)p);
}

void
pipe_finish(pipe_end p)
{
	shutdown((int)p, SHUT_WR);
}

int
pipe_read(pipe_end p, void *data, size_t len, size_t *did, bool *ended, struct err *e)
{
	ssize_t n;

	*did = 0;
	do
		n = recv((int)p, data, len, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n > 0) {
		*did = (size_t)n;
		return 1;
	}
	/* A peer that ends with unread bytes resets the connection. */
	if (n == 0 || errno == ECONNRESET) {
		*ended = true;
		return 0;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return 0;
	return err_set(e, ERR_IO, "pipe");
}

int
pipe_write(pipe_end p, const void *data, size_t len, size_t *did, struct err *e)
{
	ssize_t n;

	*did = 0;
	do
		n = send((int)p, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n >= 0) {
		*did = (size_t)n;
		return n > 0;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return err_setx(e, ERR_PROTOCOL, "pipe: the other end is gone");
	return err_set(e, ERR_IO, "pipe");
}

/* poll() until the deadline.  What happened, 0 at the deadline, -1. */
static int
poll_pipe(pipe_end p, short events, int64_t deadline, short *revents)
{
	struct pollfd pfd = { .fd = (int)p, .events = events };

	for (;;) {
		int64_t left = deadline - clock_mono_ms();
		int rc;

		if (left < 0)
			left = 0;
		rc = poll(&pfd, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (rc == -1 && errno == EINTR)
			continue;
		if (rc == 0 && left > INT_MAX)
			continue;
		*revents = pfd.revents;
		return rc;
	}
}

int
pipe_wait(pipe_end p, bool reading, bool writing, int64_t deadline, struct err *e)
{
	short events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0)), got;

	/* The deadline also ends a peer that takes one byte at a time. */
	if (clock_mono_ms() >= deadline)
		return err_setx(e, ERR_TIMEOUT, "no answer in time");
	switch (poll_pipe(p, events, deadline, &got)) {
	case -1:
		return err_set(e, ERR_IO, "poll");
	case 0:
		return err_setx(e, ERR_TIMEOUT, "no answer in time");
	default:
		return 0;
	}
}

bool
pipe_wait_gone(pipe_end p, int64_t deadline)
{
	short got;

	return poll_pipe(p, 0, deadline, &got) > 0 && (got & (POLLHUP | POLLERR)) != 0;
}
