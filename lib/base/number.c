/* SPDX-License-Identifier: ISC */
/* Numbers as text. */
#include "lib/base/number.h"

#include <stdio.h>

int
number_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(unsigned char)text[i] - '0';

		if (digit > 9 || digit > max || v > (max - digit) / 10)
			return -1;
		v = v * 10 + digit;
	}
	if (len == 0 || v < min)
		return -1;
	*n = v;
	return 0;
}

void
number_amount(uint64_t bytes, char out[NUMBER_AMOUNT_SIZE])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double n = (double)bytes;
	size_t unit = 0;

	while (n >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
		n /= 1000;
		unit++;
	}
	snprintf(out, NUMBER_AMOUNT_SIZE, unit == 0 ? "%.0f %s" : "%.1f %s", n, units[unit]);
}
