/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_COMMON_SPAWN_WINDOWS_H
#define TESTS_UNIT_COMMON_SPAWN_WINDOWS_H

/*
 * Starting a program with a text on its standard input, and reading its output.
 */
#include <stdint.h>
#include <wchar.h>

#include "lib/base/buf.h"

/*
 * Runs a command line and waits for its end.  Appends its standard output to out and its standard
 * error to err; more than their limits fails the test.  Returns the exit code.
 */
uint32_t spawn(const wchar_t *line, const char *input, struct buf *out, struct buf *err);

/*
 * The same program with other arguments (UTF-8, ended by NULL); the first is the one behind the
 * program's name.
 */
uint32_t spawn_self(char *const *args, const char *input, struct buf *out, struct buf *err);

/* The path of this program in UTF-8. */
const char *spawn_self_path(void);

#endif
