/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_SCHEDULE_H
#define LIB_OS_SCHEDULE_H

/* The scheduled task of Windows that updates a station; systemd's timers aren't asked. */
#include <stdbool.h>
#include <stdint.h>

/* Characters and bytes of the name of its account, and of the path of the file that makes it. */
#define SCHEDULE_WHO_SIZE  256
#define SCHEDULE_FILE_SIZE 1024

struct schedule {
	/* SCHEDULE_UNKNOWN: there are no such tasks here, or this user may not see them */
	enum { SCHEDULE_UNKNOWN, SCHEDULE_MISSING, SCHEDULE_FOUND } found;
	bool enabled, on_battery, as_system;
	char who[SCHEDULE_WHO_SIZE];   /* its account, as the system writes it; may be empty */
	bool ended;		       /* it ran, and the next member is known */
	uint32_t result;	       /* of the last run: an exit code, or the system's error */
	char file[SCHEDULE_FILE_SIZE]; /* from which it is made, beside this program; or empty */
};

/* Ask for the task of this name.  What can't be found out is as if it were good, or unknown. */
void schedule_look(const char *name, struct schedule *out);

#endif
