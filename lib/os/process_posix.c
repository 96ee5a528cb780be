/* SPDX-License-Identifier: ISC */
/* The process on POSIX systems. */
#include "lib/os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

static bool was_closed[3];
static struct sigaction file_size_before;
static bool begun;

/* The lowest free descriptor is fd.  Anything that can't be written to is as good as the device. */
static void
open_null(int fd)
{
	int got = open("/dev/null", O_RDWR);

	if (got == -1)
		got = open("/", O_RDONLY | O_DIRECTORY);
	was_closed[fd] = got == fd;
}

void
process_begin(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			open_null(fd);
	begun = sigaction(SIGXFSZ, &ignore, &file_size_before) == 0;
}

void
process_restore(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (was_closed[fd])
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (begun)
		sigaction(SIGXFSZ, &file_size_before, NULL);
}
