/* SPDX-License-Identifier: ISC */
/*
 * The system's log: the datagrams of syslog(3), which the journal reads.  syslog() itself waits for
 * a service that doesn't read, with no end.
 */
#include "lib/os/log_system.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds that all lines of this process together wait for room. */
#define WAIT_MS 500

static const char *name;
static int socket_fd = -1;
static int left_ms = WAIT_MS;

bool
log_system_needed(void)
{
	return false;
}

/* systemd names the stream that it made of standard output or error: "DEVICE:INODE". */
bool
log_system_unseen(void)
{
	const char *journal = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (isatty(STDERR_FILENO))
		return false;
	return journal == NULL || sscanf(journal, "%llu:%llu", &device, &inode) != 2 ||
	    fstat(STDERR_FILENO, &st) == -1 || st.st_dev != device || st.st_ino != inode;
}

void
log_system_open(const char *program)
{
	name = program;
}

/* Connect as the service wants it: datagrams, or a stream of lines that end in NUL. */
static void
connect_to_service(void)
{
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };
	const struct sockaddr_un where = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };

	for (size_t i = 0; i < sizeof types / sizeof types[0] && socket_fd == -1; i++) {
		socket_fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (socket_fd != -1 &&
		    connect(socket_fd, (const struct sockaddr *)&where, sizeof where) == -1) {
			close(socket_fd);
			socket_fd = -1;
		}
	}
}

/* A service that starts anew has another socket: connect a second time. */
static void
send_line(const char *line, size_t len)
{
	for (int tries = 0; tries < 2; tries++) {
		struct pollfd p = { .events = POLLOUT };

		if (socket_fd == -1)
			connect_to_service();
		if ((p.fd = socket_fd) == -1 || send(socket_fd, line, len, MSG_NOSIGNAL) != -1)
			return;
		if (errno == EAGAIN) {
			int waits = left_ms;

			left_ms = 0;
			if (poll(&p, 1, waits) > 0)
				left_ms = waits;
			else
				return;
		} else {
			close(socket_fd);
			socket_fd = -1;
		}
	}
}

void
log_system(enum log_level level, const char *line)
{
	static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
	char text[4 * LOG_LINE_MAX + 128], when[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof when, "%b %e %T", &tm);
	n = snprintf(text, sizeof text, "<%d>%s %.64s[%ld]: %s", LOG_USER | priorities[level], when,
	    name, (long)getpid(), line);
	/* With the NUL, which ends a line of a stream and is nothing in a datagram. */
	if (n > 0 && (size_t)n < sizeof text)
		send_line(text, (size_t)n + 1);
}

int
log_system_register(const char *program, struct err *e)
{
	(void)program;
	(void)e;
	return 0;
}

int
log_system_unregister(const char *program, struct err *e)
{
	(void)program;
	(void)e;
	return 0;
}
