/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_OPEN_POSIX_H
#define LIB_OS_OPEN_POSIX_H

/* What the POSIX files of dir.h, file.h and move.h share. */
#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "lib/os/file_system.h"

struct dir {
	int fd;
	char *path;
	bool shared; /* share.h */
	gid_t gid;   /* then: its group */
};

/* A struct dir of a descriptor, which it owns also after an error.  path is copied. */
struct dir *dir_wrap(int fd, const char *path, struct err *e);

/*
 * The directory leaf of parent as a descriptor; where it is missing it is made, with sync durably,
 * with exactly these permissions, whatever the umask says, and with the set-group-ID bit that it
 * inherits.  Nothing but the descriptor is used once it is made, because somebody who may write to
 * parent can put a link in its place.  A directory that isn't this user's keeps its permissions.
 * -1 with errno.
 */
int dir_make_in(int parent, const char *leaf, mode_t mode, bool sync);

/*
 * The directory that holds name, below d, as a descriptor that the caller closes; *leaf is name's
 * last part.  -1 with errno.
 */
int file_open_parent(struct dir *d, const char *name, const char **leaf);

/* Open name below d as file.h promises, or as a plain path where d is NULL.  -1 with errno. */
int file_open_at(struct dir *d, const char *name, int flags, mode_t mode);

/* The walk by descriptor, for kernels without openat2: for file_open_at() and its test. */
int file_open_walk(int dirfd, const char *name, int flags, mode_t mode);

/*
 * Make the names in a directory durable.  A file system that has no such call (EINVAL on CIFS and
 * some FUSE) is no error; dir_sync_lost() tells of it.  0, or -1 with errno.
 */
int file_sync_names(int dirfd);

/* Close a descriptor; errno stays. */
void file_drop(int fd);

/* Fill in e from errno, naming d/name.  -1. */
int file_fail(const struct dir *d, const char *name, struct err *e);

/* Open an existing regular file with these flags.  -1 with e filled in. */
int file_open_regular(struct dir *d, const char *name, int flags, struct stat *st, struct err *e);

/*
 * Whether fd is on a file system that keeps no owners and modes, such as FAT: all that is there has
 * those that it was mounted with.
 */
bool file_modes_fixed(int fd);

/*
 * Set the permissions of what this process made.  A file system that can't keep them is no error;
 * file_modes_lost() tells of it.  0, or -1 with errno.
 */
int file_change_mode(int fd, mode_t mode);

/* The permissions of a new file or directory in d: more than mode where d is shared (share.h). */
mode_t file_share_mode(const struct dir *d, unsigned mode);

/* Give what was made in a shared d its group and these permissions.  0, or -1 with errno. */
int file_share_new(const struct dir *d, int fd, unsigned mode);

/* Whether a file isn't one that the members of a shared d change in place. */
bool file_share_odd(const struct dir *d, const struct stat *st);

#endif
