/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_SHARE_H
#define LIB_OS_SHARE_H

/*
 * Directories that the members of a group change together.
 *
 * A shared directory belongs to the group, which may write in it, and has the set-group-ID bit, so
 * that all that is made there is the group's.  What this process makes or replaces in a struct dir
 * that was told to be shared, and in those that dir_below() opens below it, may be written by the
 * group too, whatever the umask: files of any mode that lets in others than the owner, those with
 * FILE_FOR_GROUP, locks and directories.  Files for the owner alone (0600) stay that.
 *
 * Members needn't trust each other with their other files: nothing below a struct dir is reached
 * through a symbolic link (dir.h), and a file that is changed in place (a lock, file_append()) has
 * to be the group's and may have no second name.
 *
 * Windows has no such groups here: there, nothing is shared.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/os/file.h"

/* Bytes of a group's name, with the NUL. */
#define SHARE_NAME_SIZE 256

/* Finds a group by its name or number.  0, or -1 with ERR_USAGE, or ERR_CONFIG on Windows. */
int share_find(const char *group, uint32_t *gid, struct err *e);

/* Whether this process may do as a member of the group does.  root may. */
bool share_is_member(uint32_t gid);

/* The group's name, or its number where it has none. */
void share_name(uint32_t gid, char out[SHARE_NAME_SIZE]);

/* The name of an account, or its number where it has none. */
void share_account(uint32_t uid, char out[SHARE_NAME_SIZE]);

/* The number of this process's account; 0 on Windows. */
uint32_t share_me(void);

/*
 * From now on d is shared with the group that it belongs to.  0, or -1 with ERR_UNSAFE where its
 * mode isn't one of a shared directory.
 */
int dir_share(struct dir *d, struct err *e);

/* d is shared no longer: what is made in it has exactly the mode that is asked for. */
void dir_unshare(struct dir *d);

/* Whether d is shared; gid (may be NULL) gets its group. */
bool dir_is_shared(const struct dir *d, uint32_t *gid);

/*
 * Gives an existing file or directory of this user, no link, to a group, with permissions mode
 * (octal; 02000 and 01000 count).  name "." is d itself.  0, or -1; ERR_UNSAFE for a file with a
 * second name, and for a private key that others can't read, but could then.
 */
int share_give(struct dir *d, const char *name, uint32_t gid, unsigned mode, struct err *e);

#endif
