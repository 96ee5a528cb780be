/* SPDX-License-Identifier: ISC */
/* The clocks of Windows. */
#include "lib/os/clock.h"

#include "lib/os/wide_windows.h"

int64_t
clock_wall(void)
{
	FILETIME t;

	GetSystemTimePreciseAsFileTime(&t);
	return windows_time_ns((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) / 1000000000;
}

int64_t
clock_mono_ms(void)
{
	return (int64_t)GetTickCount64();
}

int64_t
clock_boot_ms(void)
{
	return (int64_t)GetTickCount64();
}

void
clock_sleep_ms(int64_t ms)
{
	int64_t end = clock_mono_ms() + ms;

	for (; ms > 0; ms = end - clock_mono_ms())
		Sleep(ms > INT32_MAX ? INT32_MAX : (DWORD)ms);
}
