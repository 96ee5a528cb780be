#ifndef BASE_LOG_SYSTEM_H
#define BASE_LOG_SYSTEM_H

/*
 * The log of the operating system, for log.c.
 */
#include "base/log.h"

/* program isn't copied. */
void log_system_open(const char *program);

/* Write a line, which holds no control characters. */
void log_system(enum log_level level, const char *line);

#endif
