/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PROCESS_H
#define LIB_OS_PROCESS_H

/* What a program of ours sets in its process, and takes back for the programs that it starts. */

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
 * Before a program is executed in place of this one: descriptors that were closed are closed by the
 * execution, and signals and the
 * limit of core files are as they came.
 */
void process_restore(void);

#endif
