/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_MOVE_H
#define LIB_OS_MOVE_H

/*
 * The names of files, and what a transaction over many files does to them: links, moves without a
 * sync each, removal.  dir.h says what a name is and which errors there are.
 */
#include "lib/os/dir.h"

/* Rename within one file system, replacing to.  Both directories are synced before it returns 0. */
int
file_rename(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e);

/*
 * Give a file a second name.  1 done, 0 where the file system or its rules don't allow that (copy
 * instead), -1; ERR_EXISTS when newname is there, ERR_BUSY as of file_move().  Not durable before
 * dir_sync().
 */
int
file_link(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e);

/*
 * file_rename() without the syncs, so that many moves share one.  1 moved, 0 there is no such name,
 * -1; on Windows ERR_BUSY where a program has the moved file open, or runs or has open the replaced
 * one.
 */
int
file_move(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e);

/* Make a regular file's content and permissions durable; set its permissions.  0 or -1. */
int file_sync(struct dir *d, const char *name, struct err *e);
int file_set_mode(struct dir *d, const char *name, unsigned mode, struct err *e);

/*
 * On Windows, give the regular file d/name the owner and access list that it has to have as
 * root/path, wherever it is now: a move changes neither.  keep: of the file that is there, if that
 * may stay as it is, with the attributes that a person may have set (hidden, system, not
 * content-indexed); else what the directory hands down, or the nearest one that is there
 * (lib/base/acl.h has the rules).  On POSIX nothing is changed.  0 or -1.
 */
int file_set_list(struct dir *d, const char *name, struct dir *root, const char *path, bool keep,
    struct err *e);

/*
 * Remove a file (or link).  1 removed, 0 it was not there, -1 error, ERR_BUSY as of file_move().
 * Not durable before dir_sync().
 */
int file_remove(struct dir *d, const char *name, struct err *e);

/* Remove an empty directory.  1 removed, 0 not there, no directory or not empty, -1 error. */
int dir_remove(struct dir *d, const char *name, struct err *e);

#endif
