/* SPDX-License-Identifier: ISC */
/* There is no window. */
#include "updater/cmd/window.h"

void
window_begin(const char *line, int after_ms, bool silent)
{
	(void)line, (void)after_ms, (void)silent;
}

bool
window_is_begun(void)
{
	return false;
}

void
window_say(const char *line)
{
	(void)line;
}

void
window_end(void)
{
}
