/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_DATE_H
#define LIB_BASE_DATE_H

/*
 * Times in seconds since 1970-01-01T00:00:00Z, and the one text form that metadata, state and
 * output use: "2026-03-01T12:00:00Z" (RFC 3339, UTC, no fraction).
 */
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define DATE_DAY_SECONDS 86400

/* Bytes of such a text, with the final NUL. */
#define DATE_TEXT_SIZE 21

/* Bytes of the day in it, "2026-03-01". */
#define DATE_DAY_LENGTH 10

/* Years that date_parse() takes. */
#define DATE_YEAR_MIN 1970
#define DATE_YEAR_MAX 9999

/*
 * The time that a text of exactly 20 characters names.  Returns 0 with *out set, or -1 with *out
 * unchanged if the text is no real date and time.
 */
int date_parse(const char *text, size_t len, int64_t *out);

/* The text for t; a time outside the years above is clamped to them. */
void date_format(int64_t t, char out[DATE_TEXT_SIZE]);

/*
 * The time of a date in UTC, whose fields are within their ranges: timegm(), which not every
 * platform has.
 */
int64_t date_of_tm(const struct tm *date);

#endif
