/* SPDX-License-Identifier: ISC */
#ifndef TESTS_INTEGRATION_SSHD_SIDE_H
#define TESTS_INTEGRATION_SSHD_SIDE_H

/*
 * The side where a test's servers run: this process's own system, or, for a test under wine, the
 * Linux below.
 */
#include <stddef.h>

#include "tests/integration/sshd.h"

#define SIDE_ARGUMENTS_MAX 7

/*
 * Runs a command by the shell.  Returns true when the command succeeded; word, unless NULL, becomes
 * its first line of output.
 */
bool side_run(const char *command, char *word, size_t size);

/* Starts a program that ends at the latest with this process.  Returns its process id, or 0. */
int side_start(const char *const argv[], unsigned descriptors);

/*
 * The beginning of the URL of a directory on that side, before its absolute path: "file://" on this
 * process's own system.
 */
const char *side_file_url(void);

/* Whether this process sees a symbolic link of that side as a link. */
bool side_shows_links(void);

/* Sends a signal to every process below pid and, unless only_below, to pid itself. */
void side_signal(int pid, enum sshd_signal sig, bool only_below);

/* Waits for the end of pid, which was killed. */
void side_wait(int pid);

/*
 * Whether a process of side_start() or another child of this process is left.
 */
bool side_busy(void);

#endif
