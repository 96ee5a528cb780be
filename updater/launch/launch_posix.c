/* SPDX-License-Identifier: ISC */
/*
 * Becoming the program, on POSIX systems: the same process, so that its exit status, signals and
 * standard streams are its own.
 */
#include "updater/launch/launch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/os/output.h"
#include "lib/os/process.h"

static struct sigaction pipe_before;

void
launch_begin(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, &pipe_before);
	output_limit(LAUNCH_OUTPUT_MS);
}

int
launch(char **argv, struct err *e)
{
	fflush(stdout);
	fflush(stderr);
	sigaction(SIGPIPE, &pipe_before, NULL);
	process_restore();
	execvp(argv[0], argv);
	if (errno == ENOENT) {
		err_setx(e, ERR_NOENT,
		    "%s: no such program; give its path, or put its directory into PATH", argv[0]);
		return LAUNCH_NOT_FOUND;
	}
	err_set(e, ERR_ACCESS, "%s can't be started", argv[0]);
	return LAUNCH_NOT_RUNNABLE;
}
