/* SPDX-License-Identifier: ISC */
/* The process on POSIX systems. */
#include "lib/os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#include "lib/base/list.h"

/* Bytes of stack that a program of ours wants: the usual limit. */
#define STACK_SIZE ((size_t)8 << 20)

static bool was_closed[3];
static struct sigaction file_size_before;
static struct rlimit core_before;
static bool begun, core_limited;

/* The lowest free descriptor is fd.  Anything that can't be written to is as good as the device. */
static void
open_null(int fd)
{
	int got = open("/dev/null", O_RDWR);

	if (got == -1)
		got = open("/", O_RDONLY | O_DIRECTORY);
	was_closed[fd] = got == fd;
	/* It stays open: it is fd. */
	/* cppcheck-suppress resourceLeak */
}

static void
begin(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
			open_null(fd);
	begun = sigaction(SIGXFSZ, &ignore, &file_size_before) == 0;
}

/* The body of a program that runs on a stack of our own. */
static struct {
	ucontext_t caller, body;
	int (*run)(int argc, char **argv);
	int argc, rc;
	char **argv;
} own;

static void
run_own(void)
{
	own.rc = own.run(own.argc, own.argv);
}

/* Returns a stack of our own where the process's limit is lower than usual, or NULL. */
static void *
own_stack(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_STACK, &r) == -1 || r.rlim_cur >= STACK_SIZE)
		return NULL;
	return malloc(STACK_SIZE);
}

int
process_main(int (*run)(int argc, char **argv), int argc, char **argv)
{
	void *stack;

	begin();
	if ((stack = own_stack()) == NULL || getcontext(&own.body) == -1)
		return run(argc, argv);
	own.run = run;
	own.argc = argc;
	own.argv = argv;
	own.body.uc_stack.ss_sp = stack;
	own.body.uc_stack.ss_size = STACK_SIZE;
	own.body.uc_link = &own.caller;
	makecontext(&own.body, run_own, 0);
	swapcontext(&own.caller, &own.body);
	return own.rc;
}

void
process_keep_secrets(void)
{
	struct rlimit none;

	if (getrlimit(RLIMIT_CORE, &core_before) == 0) {
		none = (struct rlimit){ 0, core_before.rlim_max };
		core_limited = setrlimit(RLIMIT_CORE, &none) == 0;
	}
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	/*
	 * A core file that goes to a program (core_pattern) knows no limit.  The leak check of
	 * AddressSanitizer has to look into its own process.
	 */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static const char *interrupt_text;

static void
on_interrupt(int number)
{
	if (write(STDERR_FILENO, interrupt_text, strlen(interrupt_text)) == -1) {
		/* nobody reads it */
	}
	raise(number); /* the handler is gone: it ends the process when this returns */
}

void
process_tell_interrupt(const char *text)
{
	struct sigaction tell = { .sa_handler = on_interrupt, .sa_flags = SA_RESETHAND }, before;

	interrupt_text = text;
	if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
		sigaction(SIGINT, &tell, NULL);
}

static const int held[] = { SIGINT, SIGTERM, SIGHUP };
static struct sigaction held_before[N(held)];
static const char *held_text;
static volatile sig_atomic_t held_came;

static void
on_held(int number)
{
	if (held_came) {
		signal(number, SIG_DFL);
		raise(number); /* it ends the process when this returns */
		return;
	}
	held_came = 1;
	if (write(STDERR_FILENO, held_text, strlen(held_text)) == -1) {
		/* nobody reads it */
	}
}

void
process_hold_interrupt(const char *text)
{
	/* What is under way goes on. */
	struct sigaction hold = { .sa_handler = on_held, .sa_flags = SA_RESTART };

	held_text = text;
	held_came = 0;
	for (size_t i = 0; i < N(held); i++)
		if (sigaction(held[i], NULL, &held_before[i]) == 0 &&
		    held_before[i].sa_handler != SIG_IGN)
			sigaction(held[i], &hold, NULL);
}

bool
process_interrupted(void)
{
	return held_came != 0;
}

bool
process_release_interrupt(void)
{
	bool came;

	for (size_t i = 0; i < N(held); i++)
		sigaction(held[i], &held_before[i], NULL);
	came = held_came != 0;
	held_came = 0;
	return came;
}

void
process_restore(void)
{
	if (core_limited)
		setrlimit(RLIMIT_CORE, &core_before);
	for (int fd = 0; fd < 3; fd++)
		if (was_closed[fd])
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (begun)
		sigaction(SIGXFSZ, &file_size_before, NULL);
}
