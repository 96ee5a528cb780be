/* SPDX-License-Identifier: ISC */
/*
 * measure COMMAND [ARGUMENT...]: runs COMMAND and prints one line: its microseconds of CPU, its
 * peak of memory in KiB, and the microseconds of its run.  This is a separate small program,
 * because memory before exec() counts toward the peak.  Exits with COMMAND's status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long
microseconds(struct timeval t)
{
	return t.tv_sec * 1000000ll + t.tv_usec;
}

int
main(int argc, char **argv)
{
	struct timespec from, to;
	struct rusage used;
	int status;
	pid_t pid;

	if (argc < 2) {
		fputs("usage: measure COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	if ((pid = fork()) == -1) {
		perror("fork");
		return 1;
	}
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null == -1 || dup2(null, STDOUT_FILENO) == -1)
			_exit(127);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	while (wait4(pid, &status, 0, &used) == -1)
		if (errno != EINTR) {
			perror("wait4");
			return 1;
		}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%lld %ld %lld\n", microseconds(used.ru_utime) + microseconds(used.ru_stime),
	    used.ru_maxrss,
	    (to.tv_sec - from.tv_sec) * 1000000ll + (to.tv_nsec - from.tv_nsec) / 1000);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
