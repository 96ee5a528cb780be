/* SPDX-License-Identifier: ISC */
/*
 * Children that end in a wrong way, on POSIX systems.
 */
#include "tests/unit/common/bad_end.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

void
crash(void)
{
	/* Sanitizers have a handler of their own. */
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

void
hang(void)
{
	signal(SIGTERM, SIG_IGN);
	while (pause() == -1)
		;
}

bool
has_children(void)
{
	return waitpid(-1, NULL, WNOHANG) != -1;
}
