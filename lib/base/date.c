/* SPDX-License-Identifier: ISC */
/* Dates as text, without the C library's time zones and locales. */
#include "lib/base/date.h"

#include <stdio.h>

#include "lib/base/number.h"

#define DAY 86400

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
static int64_t
days_of(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, yoe = y % 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
date_of(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

int
date_parse(const char *text, size_t len, int64_t *out)
{
	uint64_t year, month, day, h, m, s;
	int year_back, month_back, day_back;
	int64_t days;

	if (len != DATE_TEXT_SIZE - 1 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
	    text[13] != ':' || text[16] != ':' || text[19] != 'Z' ||
	    number_parse(text, 4, DATE_YEAR_MIN, DATE_YEAR_MAX, &year) == -1 ||
	    number_parse(text + 5, 2, 1, 12, &month) == -1 ||
	    number_parse(text + 8, 2, 1, 31, &day) == -1 ||
	    number_parse(text + 11, 2, 0, 23, &h) == -1 ||
	    number_parse(text + 14, 2, 0, 59, &m) == -1 ||
	    number_parse(text + 17, 2, 0, 59, &s) == -1)
		return -1;
	/* The 30th of February comes back as another day. */
	days = days_of((int64_t)year, (int)month, (int)day);
	date_of(days, &year_back, &month_back, &day_back);
	if (day_back != (int)day)
		return -1;
	*out = days * DAY + (int64_t)(h * 3600 + m * 60 + s);
	return 0;
}

int64_t
date_of_tm(const struct tm *date)
{
	int64_t days = days_of(date->tm_year + 1900, date->tm_mon + 1, date->tm_mday);

	return days * DAY + date->tm_hour * 3600 + date->tm_min * 60 + date->tm_sec;
}

void
date_format(int64_t t, char out[DATE_TEXT_SIZE])
{
	char text[64];
	int64_t last = days_of(DATE_YEAR_MAX, 12, 31) * DAY + DAY - 1;
	int year, month, day, rest;

	t = t < 0 ? 0 : t > last ? last : t;
	date_of(t / DAY, &year, &month, &day);
	rest = (int)(t % DAY);
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, rest / 3600,
	    rest / 60 % 60, rest % 60);
	for (int i = 0; i < DATE_TEXT_SIZE; i++)
		out[i] = text[i];
}
