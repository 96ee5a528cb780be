/* SPDX-License-Identifier: ISC */
/* Asking the person at the terminal, on POSIX systems. */
#include "server/keys/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Signals that would end or stop us while the echo is off. */
static const int held[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

#define HELD (sizeof held / sizeof held[0])

static volatile sig_atomic_t caught;

static void
on_signal(int number)
{
	caught = number;
}

static void
hold(struct sigaction old[HELD])
{
	struct sigaction sa = { .sa_handler = on_signal };

	caught = 0;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < HELD; i++)
		sigaction(held[i], &sa, &old[i]); /* no SA_RESTART: read() must return */
}

static void
release(const struct sigaction old[HELD])
{
	for (size_t i = 0; i < HELD; i++)
		sigaction(held[i], &old[i], NULL);
	if (caught != 0)
		raise(caught);
}

static int
read_line(int fd, struct buf *out, struct err *e)
{
	for (;;) {
		char c;
		ssize_t n = read(fd, &c, 1);

		if (n == -1 && errno == EINTR && caught == 0)
			continue;
		if (n == -1)
			return err_set(e, ERR_IO, "read from the terminal");
		if (n == 0)
			return err_setx(e, ERR_USAGE, "end of file at the terminal");
		if (c == '\n')
			return 0;
		if (buf_addc(out, c, e) == -1)
			return -1;
	}
}

int
terminal_ask(const char *prompt, bool echo, struct buf *out, struct err *e)
{
	struct sigaction old[HELD];
	struct termios was, quiet;
	int fd, rc = -1;

	if ((fd = open("/dev/tty", O_RDWR | O_CLOEXEC)) == -1)
		return 0;
	if (tcgetattr(fd, &was) == -1) {
		close(fd);
		return 0;
	}
	quiet = was;
	if (!echo) {
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		quiet.c_lflag |= ECHONL;
	}
	hold(old);
	if (tcsetattr(fd, TCSAFLUSH, &quiet) == -1 ||
	    write(fd, prompt, strlen(prompt)) != (ssize_t)strlen(prompt))
		err_set(e, ERR_IO, "the terminal");
	else
		rc = read_line(fd, out, e);
	tcsetattr(fd, TCSAFLUSH, &was);
	close(fd);
	release(old);
	return rc == 0 ? 1 : -1;
}
