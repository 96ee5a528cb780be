/* SPDX-License-Identifier: ISC */
/*
 * Commands of the maintainer's own, by /bin/sh.
 *
 * A hook is a process group, so that it can be ended with all its processes.  If we have the
 * terminal, the hook gets it, because a program of the hook may ask for a passphrase there.
 */
#include "server/rollover/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/process.h"

#define LOOK_MS 10   /* between checks whether the hook has ended */
#define END_MS	2000 /* between SIGTERM and SIGKILL, once the limit is over */

/* The terminal, if we are in its foreground, or -1. */
static int
terminal_open(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (fd != -1 && tcgetpgrp(fd) != getpgrp()) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A background process may give the terminal away only while it ignores this signal. */
static void
terminal_give(int fd, pid_t group)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction was;

	if (fd == -1)
		return;
	sigaction(SIGTTOU, &ignore, &was);
	tcsetpgrp(fd, group);
	sigaction(SIGTTOU, &was, NULL);
}

static pid_t
start_hook(const char *command, int terminal)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		terminal_give(terminal, getpid());
		process_restore();
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid != -1)
		setpgid(pid, pid); /* parent and child both do this; the first call counts */
	return pid;
}

/* As waitpid(), but returns 0 when the time is over. */
static pid_t
wait_until(pid_t pid, int64_t deadline, int *status)
{
	pid_t ended;

	while ((ended = waitpid(pid, status, WNOHANG)) == 0 || (ended == -1 && errno == EINTR)) {
		if (clock_mono_ms() >= deadline)
			return 0;
		clock_sleep_ms(LOOK_MS);
	}
	return ended;
}

/* Ends the hook with all its processes: by SIGTERM, then by SIGKILL. */
static void
end_now(pid_t pid)
{
	int status;

	kill(-pid, SIGTERM);
	kill(-pid, SIGCONT); /* a stopped process gets no signal */
	if (wait_until(pid, clock_mono_ms() + END_MS, &status) == 0) {
		kill(-pid, SIGKILL);
		while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
			;
	}
	kill(-pid, SIGKILL);
}

int
hook_run(unsigned seconds, const char *command, const struct hook_variable *variables, size_t n,
    struct err *e)
{
	int64_t deadline = clock_mono_ms() + (int64_t)seconds * 1000;
	int status = 0, terminal;
	pid_t pid, ended = -1;

	for (size_t i = 0; i < n; i++)
		if (setenv(variables[i].name, variables[i].value, 1) == -1)
			return err_set(e, ERR_IO, "hook");
	terminal = terminal_open();
	if ((pid = start_hook(command, terminal)) == -1)
		err_set(e, ERR_IO, "hook: start /bin/sh");
	else if ((ended = wait_until(pid, deadline, &status)) == -1)
		err_set(e, ERR_IO, "hook: wait");
	else if (ended == 0)
		err_setx(e, ERR_TIMEOUT,
		    "the hook was not done within %u s and was ended, with what it had started",
		    seconds);
	if (ended == 0)
		end_now(pid);
	terminal_give(terminal, getpgrp());
	if (terminal != -1)
		close(terminal);
	if (ended != pid || pid == -1)
		return -1;
	if (WIFSIGNALED(status)) {
		/* Ctrl-C at the terminal was meant for this process, too. */
		if (terminal != -1 && WTERMSIG(status) == SIGINT)
			raise(SIGINT);
		return err_setx(e, ERR_CONFLICT, "the hook was ended by signal %d",
		    WTERMSIG(status));
	}
	return WEXITSTATUS(status) == 0
	    ? 0
	    : err_setx(e, ERR_CONFLICT, "the hook ended with status %d", WEXITSTATUS(status));
}
