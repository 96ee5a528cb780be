/* SPDX-License-Identifier: ISC */
/*
 * Preloaded: makes fsync() and similar calls return at once, to measure the cost of waiting for the
 * disk.
 */
#include <unistd.h>

__attribute__((visibility("default"))) int
fsync(int fd)
{
	(void)fd;
	return 0;
}

__attribute__((visibility("default"))) int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

__attribute__((visibility("default"))) int
syncfs(int fd)
{
	(void)fd;
	return 0;
}
