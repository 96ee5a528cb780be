/* SPDX-License-Identifier: ISC */
/* The standard streams on Windows.  The limit isn't kept: a write to a full pipe waits. */
#include "lib/os/output.h"

#include <stdio.h>

void
output_limit(int64_t ms)
{
	(void)ms;
}

void
output_write(enum output_stream stream, const char *text, size_t len)
{
	FILE *f = stream == OUTPUT_STDOUT ? stdout : stderr;

	fwrite(text, 1, len, f);
	fflush(f);
}
