/* SPDX-License-Identifier: ISC */
/* How long certificates and roles are still valid. */
#include "server/cmd/term.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "server/cmd/command.h"

struct term
term_start(int64_t warn_days)
{
	return (struct term){ .now = clock_wall(),
		.warn = warn_days == COMMAND_WARN_DAYS_NONE ? -1 : warn_days * DATE_DAY_SECONDS };
}

int64_t
term_days(struct term *t, int64_t to)
{
	int64_t left = to - t->now;

	if (t->warn != -1 && left <= t->warn)
		t->expiring = true;
	return left <= 0 ? -1 : left / DATE_DAY_SECONDS;
}

const char *
term_text(int64_t days, bool early, char out[TERM_TEXT_SIZE])
{
	if (days < 0)
		return "EXPIRED";
	snprintf(out, TERM_TEXT_SIZE, "%s%" PRId64 " days left", early ? "NOT VALID YET, " : "",
	    days);
	return out;
}
