/* SPDX-License-Identifier: ISC */
/*
 * The standard streams on POSIX systems.
 *
 * O_NONBLOCK belongs to an open file description, which these streams share with whoever started
 * this program and with the program that it becomes.  With a limit a pipe or terminal is opened a
 * second time, through /proc, for a description of our own; a socket has MSG_DONTWAIT.  Where
 * opening it fails (it is another user's), at most PIPE_BUF bytes are written after poll() finds
 * room: that blocks only while another writer fills the pipe in the same moment.
 */
#include "lib/os/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/clock.h"

#define NO_LIMIT (-1)

static int64_t left_ms = NO_LIMIT;

/* Streams that can block, by descriptor. */
static struct own {
	bool tried;
	int fd; /* -1: there is none */
} owns[3];

void
output_limit(int64_t ms)
{
	left_ms = ms;
}

/* A description of the pipe or terminal that nobody shares, or -1. */
static int
own_of(int fd)
{
	struct own *own = &owns[fd];
	char path[32];

	if (!own->tried) {
		own->tried = true;
		own->fd = -1;
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
			own->fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	return own->fd;
}

/* As write(), with EAGAIN where there is no room. */
static ssize_t
write_now(int fd, const char *text, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (S_ISSOCK(st.st_mode))
		return send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
		return write(fd, text, len);
	if (own_of(fd) != -1)
		return write(own_of(fd), text, len);
	if (poll(&p, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(fd, text, len < PIPE_BUF ? len : PIPE_BUF);
}

/* Wait for room, as long as the limit allows.  Returns whether there may be some. */
static bool
wait_for_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int64_t begun = clock_mono_ms();
	int rc;

	if (left_ms == 0)
		return false;
	rc = poll(&p, 1, left_ms == NO_LIMIT ? -1 : left_ms > INT_MAX ? INT_MAX : (int)left_ms);
	if (left_ms != NO_LIMIT) {
		left_ms -= clock_mono_ms() - begun;
		/* A descriptor that poll() calls ready and that takes nothing ends here, too. */
		left_ms = left_ms > 1 ? left_ms - 1 : 0;
	}
	return rc > 0 || (rc == -1 && errno == EINTR);
}

void
output_write(enum output_stream stream, const char *text, size_t len)
{
	int fd = (int)stream;

	while (len > 0) {
		ssize_t n = left_ms == NO_LIMIT ? write(fd, text, len) : write_now(fd, text, len);

		if (n >= 0) {
			text += n;
			len -= (size_t)n;
		} else if (errno != EINTR &&
		    ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait_for_room(fd)))
			return;
	}
}
