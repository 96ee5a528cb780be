/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_COMMON_SPAWN_WINDOWS_H
#define TESTS_UNIT_COMMON_SPAWN_WINDOWS_H

/*
 * Starting a program with given text on its standard input, and what it said.
 */
#include <stdint.h>
#include <wchar.h>

#include "lib/base/buf.h"

/*
 * Run a command line and wait for it; what it wrote to standard output is appended to out, and to
 * standard error to err (both at most to their limits, or the test fails).  Its exit code.
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
