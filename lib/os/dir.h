/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_DIR_H
#define LIB_OS_DIR_H

/*
 * Directories.
 *
 * A name is relative to a struct dir and is opened below it without following any symbolic link and
 * without leaving it (openat2 RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS, or a walk by descriptor where
 * the kernel lacks that).  Where dir is NULL the name is a path that the caller vouches for (from
 * the command line or our own configuration) and is opened as the system does.
 *
 * Errors of this header, file.h and move.h: ERR_NOENT, ERR_ACCESS, ERR_EXISTS, ERR_NOSPC,
 * ERR_NOMEM, ERR_IO by errno; ERR_UNSAFE where a symbolic link or something that is no regular file
 * or directory stands in the way.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct dir;

/* Open an existing directory by path (links in it are followed: the caller vouches for it). */
struct dir *dir_open(const char *path, struct err *e);

/*
 * The same, making it and its missing parents with permissions mode (octal) first, durably.  On
 * Windows a mode for the owner alone lets in this user, administrators and the system; what a
 * privileged process makes below %ProgramData% is for administrators alone to change.
 */
struct dir *dir_make(const char *path, unsigned mode, struct err *e);

/* Open a directory below d; with make, create it and missing parents (mode 0755), durably. */
struct dir *dir_below(struct dir *d, const char *name, bool make, struct err *e);

/*
 * Make a directory below d and its missing parents (mode 0755), so that many share one sync: not
 * durable before dir_sync() of each parent, or dir_sync_all().  0, also where it is there, or -1.
 */
int dir_make_below(struct dir *d, const char *name, struct err *e);

/*
 * Open (and make) a directory directly in d that belongs to this user and that nobody else can
 * enter; ERR_UNSAFE when the name belongs to anything else.
 */
struct dir *dir_make_private(struct dir *d, const char *name, struct err *e);
struct dir *dir_open_private(struct dir *d, const char *name, struct err *e);

/*
 * Remove the last n parts of an absolute path that dir_make() made, as far as they are empty and
 * durably.  0 or -1.
 */
int dir_unmake(const char *path, unsigned n, struct err *e);

/*
 * Whether nobody but d's owner (on Windows: administrators and the system besides) can list or
 * change it.  0, or -1 with ERR_ACCESS.
 */
int dir_check_private(struct dir *d, struct err *e);

void dir_close(struct dir *d);

/* The path that d was opened with, for messages.  Owned by d. */
const char *dir_path(const struct dir *d);

/*
 * Make creations, renames and removals in d durable.  Where the file system can't do that for a
 * directory, as some network file systems can't, nothing is done, and dir_sync_lost() is true from
 * then on in this process.
 */
int dir_sync(struct dir *d, struct err *e);
bool dir_sync_lost(void);

/*
 * Call each(arg, name) for every entry but "." and "..", in byte order of the names.  A call that
 * returns -1 (with e filled in) ends the walk.  0 or -1.
 */
int dir_list(struct dir *d, int (*each)(void *arg, const char *name, struct err *e), void *arg,
    struct err *e);

/*
 * Returns the time of the last change of the directory's names, in nanoseconds since 1970; 0: not
 * known.
 */
int64_t dir_changed(struct dir *d);

/*
 * Make all that was written to d's file system durable, which is cheaper than one by one for many
 * files.  1, 0 where the system has no such call, -1.
 */
int dir_sync_all(struct dir *d, struct err *e);

/* The room on d's file system for this user: bytes, and files that can be made. */
struct dir_room {
	uint64_t bytes, files;
};
int dir_room(struct dir *d, struct dir_room *room, struct err *e);

#endif
