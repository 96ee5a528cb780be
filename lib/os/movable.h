/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_MOVABLE_H
#define LIB_OS_MOVABLE_H

/*
 * Whether names can be changed for good, found out before any is.  dir.h says what a name is and
 * which errors there are.
 */
#include "lib/os/dir.h"

/*
 * Looks whether this process can rename or remove name, and move files between it and a directory
 * directly in d; where there is no such name, whether it can be made.  Refuses what is immutable or
 * append-only or in such a directory, a mount point or what is below one, what belongs to somebody
 * else in a sticky directory, and directories that this user may not write to.  What the file
 * system doesn't tell counts as free.  A name whose directory is missing is free.  Returns 0, or -1
 * with ERR_ACCESS and words that say how to mend it, or what looking gives.
 */
int file_check_movable(struct dir *d, const char *name, struct err *e);

/*
 * file_link() of a file that is to be moved later: where the file system doesn't tell what
 * file_check_movable() looks for, a file that can't have a second name, although others there can,
 * is refused with ERR_ACCESS.
 */
int file_link_movable(struct dir *from, const char *name, struct dir *to, const char *newname,
    struct err *e);

#endif
