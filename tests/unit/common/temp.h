/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_COMMON_TEMP_H
#define TESTS_UNIT_COMMON_TEMP_H

/*
 * A directory of its own for each test, removed afterwards: setup and teardown for cmocka.  *state
 * is its struct dir.
 */
#include "lib/os/file.h"

int temp_make(void **state);
int temp_remove(void **state);

/* Remove all that is in a directory.  0 or -1. */
int temp_empty(struct dir *d, struct err *e);

#endif
