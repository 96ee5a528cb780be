/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_CLOCK_H
#define LIB_OS_CLOCK_H

/*
 * Wall time in seconds since 1970-01-01T00:00:00Z, monotonic time in milliseconds, and the one
 * text form that metadata, state and output use: "2026-03-01T12:00:00Z" (RFC 3339, UTC, no
 * fraction).
 */
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Bytes of such a text, with the final NUL. */
#define CLOCK_TEXT_SIZE 21

/* Years that clock_parse() takes. */
#define CLOCK_YEAR_MIN 1970
#define CLOCK_YEAR_MAX 9999

int64_t clock_wall(void);
int64_t clock_mono_ms(void);
void clock_sleep_ms(int64_t ms);

/*
 * Milliseconds until a time of clock_mono_ms(), for poll() and the like: 0 where it has passed, at
 * most INT_MAX.
 */
int clock_left_ms(int64_t deadline);

/*
 * Exactly 20 characters.  0 with *out set, or -1 (out unchanged) if it isn't a real date and time.
 */
int clock_parse(const char *text, size_t len, int64_t *out);

/*
 * The time of a date in UTC, whose fields are within their ranges: timegm(), which not every
 * platform has.
 */
int64_t clock_of_date(const struct tm *date);

/* The text for t; a time outside the years above is clamped to them. */
void clock_format(int64_t t, char out[CLOCK_TEXT_SIZE]);

#endif
