/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_ACCOUNT_POSIX_H
#define LIB_OS_ACCOUNT_POSIX_H

/*
 * What the user database (NSS) says of users and groups.  It may be a server that doesn't answer,
 * and a call can't be told when to stop: each is made in a thread, and all of them together wait at
 * most ACCOUNT_WAIT_MS.  After that, what isn't known is "no".  Calls are safe from several threads.
 */
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/buf.h"

/* Milliseconds. */
#define ACCOUNT_WAIT_MS 2000

/* Append the name, or the home directory, of a user.  1, 0 there is none, or -1 as buf_adds(). */
int account_name(uid_t uid, struct buf *out, struct err *e);
int account_home(uid_t uid, struct buf *out, struct err *e);

/* The same of a group's name. */
int account_group(gid_t gid, struct buf *out, struct err *e);

/* Whether there is a group of this name, and its number. */
bool account_group_number(const char *name, gid_t *out);

/* Whether root is the only member of a group, by its list or as the user's own group. */
bool account_is_roots_group(gid_t gid);

#endif
