/* SPDX-License-Identifier: ISC */
/* The system's log: syslog(3), which the journal reads. */
#include "lib/os/log_system.h"

#include <syslog.h>

bool
log_system_needed(void)
{
	return false;
}

void
log_system_open(const char *program)
{
	openlog(program, LOG_PID, LOG_USER);
}

void
log_system(enum log_level level, const char *line)
{
	static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

	syslog(priorities[level], "%s", line);
}
