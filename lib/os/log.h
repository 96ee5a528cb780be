/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_LOG_H
#define LIB_OS_LOG_H

/*
 * Logging for main() and command functions; nothing else logs.
 *
 * One line an event on standard error: "program[pid]: level: subject: want …, got …; consequence";
 * at a terminal without "[pid]", unless log_also() was called.
 * Or, on request, as a line of JSON: {"time", "program", "pid", "level", "text"}, and to the
 * system's log besides. Control characters are escaped as \xNN, so that what a peer sent can't
 * forge a line. The state is one process-wide sink, set up once by main(); calls are safe from
 * several threads.
 */

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Bytes of one line; longer ones are cut. */
#define LOG_LINE_MAX 2048

/* Name the program (not copied) and choose the most talkative level that is written. */
void log_open(const char *program, enum log_level most);

/*
 * "syslog": each line also goes to the system's log (syslog(3), which the journal reads), with
 * details that standard error doesn't get.  "json": lines of JSON on standard error.  0, or -1 for
 * another word.  Once, after log_open().
 */
int log_also(const char *where);

/*
 * Whether errors and warnings go to the system's log, too, where log_also() wasn't told "syslog".
 * AUTO: where standard error is neither a terminal nor the system's log itself.
 */
enum log_system_when { LOG_SYSTEM_AUTO, LOG_SYSTEM_ALWAYS, LOG_SYSTEM_NEVER };
void log_to_system(enum log_system_when when);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Write a line at a level. */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
