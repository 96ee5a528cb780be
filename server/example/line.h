/* SPDX-License-Identifier: ISC */
#ifndef SERVER_EXAMPLE_LINE_H
#define SERVER_EXAMPLE_LINE_H

/*
 * What the example Kernel and HI share: a line of their little protocol, and names.
 *
 *   client: REGISTER <HOST>.HIP V<version>      Kernel: WELCOME Slipway Kernel V<version>
 *   client: PING <n>                            Kernel: PONG <n>
 */
#include <stdbool.h>
#include <stddef.h>

#define LINE_SIZE 256  /* bytes of a line, with the final NUL */
#define LINE_END  4096 /* bytes that are waited for its end */

struct line {
	char text[LINE_SIZE];
	size_t len, taken; /* bytes in text, and in all */
};

/*
 * Take one byte.  True when text holds a whole line (without its end); clear it before the next.  A
 * line that is too long is cut, and unprintable characters become '?', because lines end up in
 * logs.
 */
bool line_add(struct line *l, char c);
void line_clear(struct line *l);

/* Whether so many bytes came without the line's end that none is to be expected. */
bool line_endless(const struct line *l);

/*
 * Log a line, which ends with '\n'; while nobody reads the log, lines are dropped and counted, and
 * nobody waits.
 */
__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);

/* "host:port" or "[v6]:port" taken apart; false if it is neither. */
bool split_address(const char *address, char *host, size_t hostsize, char *port, size_t portsize);

#endif
