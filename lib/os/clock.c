/* SPDX-License-Identifier: ISC */
/* The clocks: what all platforms share. */
#include "lib/os/clock.h"

#include <limits.h>

int
clock_left_ms(int64_t deadline)
{
	int64_t left = deadline - clock_mono_ms();

	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int
clock_check(int64_t deadline, const char *doing, struct err *e)
{
	return deadline == CLOCK_NEVER || clock_mono_ms() < deadline
	    ? 0
	    : err_setx(e, ERR_TIMEOUT, "the deadline passed while %s", doing);
}
