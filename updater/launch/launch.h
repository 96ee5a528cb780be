/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_LAUNCH_LAUNCH_H
#define UPDATER_LAUNCH_LAUNCH_H

/* Becoming the program: arguments, environment, directory and standard streams as they came. */
#include "lib/base/err.h"

/* Exit statuses for a program that can't be started, as shells have them. */
#define LAUNCH_NOT_FOUND    127
#define LAUNCH_NOT_RUNNABLE 126

/* Milliseconds that messages wait, all together, for somebody who doesn't read them. */
#define LAUNCH_OUTPUT_MS 500

/*
 * Output that is closed, or that nobody reads, doesn't stop the program from starting: ignores
 * SIGPIPE, which launch() restores, and limits the waiting of messages.
 */
void launch_begin(void);

/*
 * Whether the program may be started with these arguments at all, before anything is fetched.
 * Returns 0, or one of the statuses above with e filled in; on POSIX systems always 0.
 */
int launch_check(char *const *argv, struct err *e);

/*
 * Whether launch() would find a program that it can start.  Returns 0, or one of the statuses above
 * with e filled in.
 */
int launch_find(const char *name, struct err *e);

/*
 * Become argv[0], looked up in PATH where it has no '/'.  Doesn't return when it works; otherwise
 * returns one of the statuses above with e filled in.  note() is told of things that a program
 * doesn't inherit (on Windows, one that wants elevation).
 */
int launch(char **argv, void (*note)(const char *text), struct err *e);

#endif
