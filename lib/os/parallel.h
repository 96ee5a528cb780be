/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PARALLEL_H
#define LIB_OS_PARALLEL_H

/* Work that waits for others, done at once. */
#include <stddef.h>

/* Calls of one parallel_run(). */
#define PARALLEL_MAX 64

/*
 * Calls each(arg, i) for i from 0 to n - 1, at most PARALLEL_MAX, each in a thread of its own, and
 * returns when all have returned.  A call for which the system gives no thread is made by the
 * caller.
 */
void parallel_run(size_t n, void (*each)(void *arg, size_t i), void *arg);

#endif
