/* SPDX-License-Identifier: ISC */
/*
 * started FILE: the program that a station starts.  Writes the time of its start (ms of
 * CLOCK_MONOTONIC) and the number of its children: the updater, whose process it is, must have left
 * none, dead or alive.
 */
#include <stdio.h>
#include <time.h>

int
main(int argc, char **argv)
{
	struct timespec t;
	int children = 0, pid;
	FILE *f;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if ((f = fopen("/proc/thread-self/children", "r")) == NULL)
		return 3;
	while (fscanf(f, "%d", &pid) == 1)
		children++;
	fclose(f);
	if (argc != 2 || (f = fopen(argv[1], "w")) == NULL)
		return 4;
	fprintf(f, "%lld %d\n", (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000, children);
	return fclose(f) == 0 ? 0 : 5;
}
