/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_COMMON_CHILDREN_H
#define TESTS_UNIT_COMMON_CHILDREN_H

/*
 * Tests that are their own children.
 */
#include "lib/os/child.h"

#define MAX 1000u /* bytes of a frame in these tests */

/* A deadline in so many milliseconds. */
int64_t in(int64_t ms);

/*
 * The first thing in main(): what the n roles are, which must stay.  Does not return in a child.
 */
void children_main(const struct child_role *roles, size_t n, int argc, char **argv);

/* The role of this name, and a child with it.  The test fails where there is none. */
const struct child_role *role(const char *name);
struct child *start(const char *name);

/* A duty: ends at once, with status 7. */
int exits(struct frames *parent);

#endif
