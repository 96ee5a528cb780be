/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_COMMON_CASELESS_POSIX_H
#define TESTS_UNIT_COMMON_CASELESS_POSIX_H

/*
 * A file system without regard to case, for tests that are linked with --wrap of openat, fstatat,
 * renameat, linkat, mkdirat, unlinkat and syscall, and for speed of fsync and syncfs.
 */
#include <stdbool.h>

/* Whether case counts; false at first. */
extern bool caseless;

/*
 * After so many changes of names the process ends with this status before the next, as by a power
 * failure; -1: never.
 */
#define CASELESS_CUT 77
extern long caseless_steps;

#endif
