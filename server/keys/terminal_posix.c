/* SPDX-License-Identifier: ISC */
/* Asking the person at the terminal, on POSIX systems. */
#include "server/keys/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

/* What was in force before. */
struct before {
	struct sigaction actions[HELD];
	sigset_t mask;
};

/* They come only while ppoll() waits: one that came just before it isn't missed. */
static void
hold(struct before *b)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t all;

	caught = 0;
	sigemptyset(&sa.sa_mask);
	sigemptyset(&all);
	for (size_t i = 0; i < HELD; i++)
		sigaddset(&all, held[i]);
	sigprocmask(SIG_BLOCK, &all, &b->mask);
	for (size_t i = 0; i < HELD; i++)
		sigaction(held[i], &sa, &b->actions[i]);
}

static void
release(const struct before *b)
{
	for (size_t i = 0; i < HELD; i++)
		sigaction(held[i], &b->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &b->mask, NULL);
	if (caught != 0)
		raise(caught);
}

static int
read_line(int fd, const sigset_t *mask, struct buf *out, struct err *e)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char c;
		ssize_t n = ppoll(&p, 1, NULL, mask);

		if (n == -1 && errno == EINTR && caught == 0)
			continue;
		if (n == 1)
			n = read(fd, &c, 1);
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
	struct before b;
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
	hold(&b);
	if (tcsetattr(fd, TCSAFLUSH, &quiet) == -1 ||
	    write(fd, prompt, strlen(prompt)) != (ssize_t)strlen(prompt))
		err_set(e, ERR_IO, "the terminal");
	else
		rc = read_line(fd, &b.mask, out, e);
	tcsetattr(fd, TCSAFLUSH, &was);
	close(fd);
	release(&b);
	return rc == 0 ? 1 : -1;
}
