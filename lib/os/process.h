/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PROCESS_H
#define LIB_OS_PROCESS_H

/* What a program of ours sets in its process, and takes back for the programs that it starts. */
#include <stdbool.h>

/*
 * All that main() does: returns what run() returns.  Opens the null device for those of descriptors
 * 0 to 2 that are closed: else the next file that is opened would be one of them, and messages
 * would be written into it.  Ignores SIGXFSZ: a file that grows over the process's limit is an
 * error (EFBIG) and not the end.  Where the limit of the stack is low, run() has another stack.
 */
int process_main(int (*run)(int argc, char **argv), int argc, char **argv);

/*
 * Before this process reads a key or a password: no core file of it is written from now on, and no
 * other process of this user looks into it.
 */
void process_keep_secrets(void);

/*
 * From now on Ctrl-C writes text (which stays the caller's) to standard error before it ends this
 * process as ever; not where the caller of this process had it ignored.
 */
void process_tell_interrupt(const char *text);

/*
 * From now on the first Ctrl-C or request to end (SIGINT, SIGTERM, SIGHUP; on Windows Ctrl-C and
 * Ctrl-Break) is only noted, and writes text (which stays the caller's) to standard error; the next
 * one ends this process as ever.  What the caller of this process had ignored stays so.  Holds
 * don't nest.
 */
void process_hold_interrupt(const char *text);

/* Whether one came since process_hold_interrupt(). */
bool process_interrupted(void);

/* All is as before process_hold_interrupt().  Returns whether one came meanwhile. */
bool process_release_interrupt(void);

/*
 * Before a program is executed in place of this one: descriptors that were closed are closed by the
 * execution, and signals and the
 * limit of core files are as they came.
 */
void process_restore(void);

#endif
