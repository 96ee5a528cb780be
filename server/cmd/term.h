/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_TERM_H
#define SERVER_CMD_TERM_H

/* How long certificates and roles are still valid, and --warn-days. */
#include <stdbool.h>
#include <stdint.h>

/* Bytes of the text, with the final NUL. */
#define TERM_TEXT_SIZE 48

struct term {
	int64_t now, warn; /* seconds; warn -1: not asked for */
	bool expiring;	   /* something expires within these seconds */
};

/* Starts with the value of --warn-days, which may be COMMAND_WARN_DAYS_NONE. */
struct term term_start(int64_t warn_days);

/*
 * Returns the whole days until to (seconds since 1970), or -1 when to has passed, and notes whether
 * to is within --warn-days.
 */
int64_t term_days(struct term *t, int64_t to);

/* "3649 days left", "EXPIRED" for days below 0, or with early "NOT VALID YET, 5 days left". */
const char *term_text(int64_t days, bool early, char out[TERM_TEXT_SIZE]);

#endif
