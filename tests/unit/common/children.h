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
 * Call it first in main(), with the n roles, which must stay valid.  Doesn't return in a child.
 */
void children_main(const struct child_role *roles, size_t n, int argc, char **argv);

/* Return the role of this name, and a child with this role.  A missing role fails the test. */
const struct child_role *role(const char *name);
struct child *start(const char *name);

/* A duty that ends at once with status 7. */
int exits(struct frames *parent);

#endif
