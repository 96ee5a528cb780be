/* SPDX-License-Identifier: ISC */
#ifndef SERVER_EXAMPLE_LINE_H
#define SERVER_EXAMPLE_LINE_H

/*
 * Shared by the example Kernel and HI: a line of their little protocol, names, and their output.
 *
 *   client: REGISTER <HOST>.HIP V<version>      Kernel: WELCOME <product> V<version>
 *   client: PING <n>                            Kernel: PONG <n>
 */
#include <stdbool.h>
#include <stddef.h>

#define LINE_SIZE 256  /* bytes of a line, with the final NUL */
#define LINE_END  4096 /* bytes after which a line must have ended */

struct line {
	char text[LINE_SIZE];
	size_t len, taken; /* bytes in text, and in all */
};

/*
 * Adds one byte.  Returns true when text holds a whole line (without its end); clear the line
 * before the next byte.  A line that is too long is cut, and unprintable characters become '?',
 * because lines end up in logs.
 */
bool line_add(struct line *l, char c);
void line_clear(struct line *l);

/* Whether too many bytes came without the line's end. */
bool line_endless(const struct line *l);

/*
 * Logs a line, which ends with '\n', without waiting: while nobody reads the log, lines are dropped
 * and counted.
 */
__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);

/*
 * Returns status, or EXIT_FAILURE, after a line in the log, when something couldn't be written to
 * standard output.
 */
int output_status(const char *program, int status);

/* Splits "host:port" or "[v6]:port"; false for another form. */
bool split_address(const char *address, char *host, size_t hostsize, char *port, size_t portsize);

#endif
