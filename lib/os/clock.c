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
