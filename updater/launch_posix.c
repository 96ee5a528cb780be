/*
 * Becoming the program, on POSIX systems: the same process, so that its exit status, signals and
 * standard streams are its own.
 */
#include "launch.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int
launch(char **argv, struct err *e)
{
	fflush(stdout);
	fflush(stderr);
	execvp(argv[0], argv);
	if (errno == ENOENT) {
		err_setx(e, ERR_NOENT, "%s: no such program; give its path, or put its directory into PATH",
		    argv[0]);
		return LAUNCH_NOT_FOUND;
	}
	err_set(e, ERR_ACCESS, "%s can't be started", argv[0]);
	return LAUNCH_NOT_RUNNABLE;
}
