/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_COMMON_BAD_END_H
#define TESTS_UNIT_COMMON_BAD_END_H

/*
 * Children that end in a wrong way, on every platform.
 */
#include <stdbool.h>

/*
 * Crashes; child_end() reports these words.  SLOW: a frame, or the start of a child, can take a
 * thousand times longer than elsewhere (wine).
 */
void crash(void);
#ifdef _WIN32
#define CRASHED	     "ended by exception 0xc0000005"
#define BAD_END_SLOW true
#else
#define CRASHED	     "ended by signal 11"
#define BAD_END_SLOW false
#endif

/* Never returns. */
void hang(void);

/* Whether a child of this process is left, running or not reaped. */
bool has_children(void);

#endif
