/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_OUTPUT_H
#define LIB_OS_OUTPUT_H

/*
 * Lines to the standard streams, past stdio.
 *
 * A program that has to go on, whether its lines are read or not, sets a limit: all writing
 * together waits no longer for readers, and lines for which there is no room then are lost.  The
 * streams are shared with other processes, so that their O_NONBLOCK stays as it is.
 */
#include <stddef.h>
#include <stdint.h>

/*
 * Before and behind a line that a terminal rewrites.  It doesn't wrap where it is too long for a
 * narrow terminal: each time, a part of it would stay in the row above.
 */
#define OUTPUT_REWRITE	   "\r\033[?7l"
#define OUTPUT_REWRITE_END "\033[K\033[?7h"

enum output_stream { OUTPUT_STDOUT = 1, OUTPUT_STDERR = 2 };

/* Milliseconds that all later writing waits for readers; without this call it waits for ever. */
void output_limit(int64_t ms);

/* Write a line, or what is left out by the limit or a fault: none of them is an error here. */
void output_write(enum output_stream stream, const char *text, size_t len);

#endif
