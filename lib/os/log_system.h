/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_LOG_SYSTEM_H
#define LIB_OS_LOG_SYSTEM_H

/* The log of the operating system, for log.c. */
#include "lib/base/err.h"
#include "lib/os/log.h"

#include <stdbool.h>

/*
 * Whether standard error is invisible.  Then errors and warnings go to the system's log by default.
 */
bool log_system_needed(void);

/* Whether a person may not see standard error, and it isn't the system's log itself. */
bool log_system_unseen(void);

/* program isn't copied. */
void log_system_open(const char *program);

/* Write a line, which holds no control characters. */
void log_system(enum log_level level, const char *line);

/*
 * Tell the system how this program's lines are shown, for all users: on Windows the event viewer
 * says otherwise that it finds no description; and take that back, which isn't there where it was
 * never told.  Return 0 (on POSIX systems always) or -1.
 */
int log_system_register(const char *program, struct err *e);
int log_system_unregister(const char *program, struct err *e);

#endif
