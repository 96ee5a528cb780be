/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_LOG_SYSTEM_H
#define LIB_OS_LOG_SYSTEM_H

/*
 * The log of the operating system, for log.c.
 */
#include "lib/os/log.h"

#include <stdbool.h>

/*
 * Whether nobody could see standard error, so that errors and warnings belong into the system's log
 * without being asked for.
 */
bool log_system_needed(void);

/* program isn't copied. */
void log_system_open(const char *program);

/* Write a line, which holds no control characters. */
void log_system(enum log_level level, const char *line);

#endif
