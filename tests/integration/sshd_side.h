/* SPDX-License-Identifier: ISC */
#ifndef TESTS_INTEGRATION_SSHD_SIDE_H
#define TESTS_INTEGRATION_SSHD_SIDE_H

/*
 * The side where a test's servers run: this process's own system, or the Linux that a test for
 * Windows runs on under wine.
 */
#include <stddef.h>

#include "tests/integration/sshd.h"

#define SIDE_ARGUMENTS_MAX 7

/*
 * Run a command by the shell.  True when it succeeded; word, where not NULL, is the first line that
 * it printed.
 */
bool side_run(const char *command, char *word, size_t size);

/* Start a program that ends with this one at the latest.  Its process, or 0. */
int side_start(const char *const argv[], unsigned descriptors);

/*
 * The beginning of the URL of a directory on that side, before its absolute path: "file://" where
 * it is this process's own.
 */
const char *side_file_url(void);

/* Whether a symbolic link on that side is one for this process. */
bool side_shows_links(void);

/* Signal every process below pid, and, unless only those are meant, pid itself. */
void side_signal(int pid, enum sshd_signal sig, bool only_below);

/* pid was killed: wait until it is gone. */
void side_wait(int pid);

/*
 * Whether any process that side_start() started, or another child of this process, is still there.
 */
bool side_busy(void);

#endif
