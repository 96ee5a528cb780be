/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_CLOCK_H
#define LIB_OS_CLOCK_H

/* Wall time in seconds since 1970-01-01T00:00:00Z, and monotonic time in milliseconds. */
#include <stdint.h>

#include "lib/base/err.h"

/* A deadline that never passes. */
#define CLOCK_NEVER INT64_MAX

int64_t clock_wall(void);
int64_t clock_mono_ms(void);
/* The same, and the time that the computer sleeps counts as well. */
int64_t clock_boot_ms(void);
void clock_sleep_ms(int64_t ms);

/*
 * Milliseconds until a time of clock_mono_ms(), for poll() and the like: 0 when the time has
 * passed, at most INT_MAX.
 */
int clock_left_ms(int64_t deadline);

/*
 * For loops: 0 before a time of clock_mono_ms(); at that time -1 with ERR_TIMEOUT, "the deadline
 * passed while ...".
 */
int clock_check(int64_t deadline, const char *doing, struct err *e);

#endif
