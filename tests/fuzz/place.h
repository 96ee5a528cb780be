/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FUZZ_PLACE_H
#define TESTS_FUZZ_PLACE_H

/*
 * A directory for harnesses that need files, in memory where there is such a file system.  The end
 * of the process removes the directory.
 */
#include "lib/os/file.h"

/* Bytes of a path below it, with the final NUL. */
#define PLACE_PATH 512

/* The path of name below the directory, which is made when it isn't there. */
const char *place_below(const char *name, char path[PLACE_PATH]);

/* Makes a directory with its parents, and opens it. */
struct dir *place_make(const char *name);

/* Writes a file into a directory that exists. */
void place_put(const char *name, const void *data, size_t len);

/* Removes everything that is in the directory. */
void place_empty(void);

#endif
