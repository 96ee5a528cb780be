/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_OWNED_H
#define LIB_OS_OWNED_H

/*
 * Who can change what a privileged process believes.
 *
 * On Windows nobody is asked who is a member of a group: the good owners are administrators, the
 * system and the installer of Windows, and a single account is none of them, be it an
 * administrator's or this process's own.  What one of them made, another one can use.
 */
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/os/dir.h"

/* What to look at, besides a path and the way to it.  A sum of these. */
enum {
	OWNED_ENTRIES = 1, /* all that is directly in the directory */
	OWNED_SECRET = 2,  /* on Windows: others can't read it either (on POSIX its reader looks) */
	OWNED_USERS = 4	   /* on Windows: this user counts as a good owner, too */
};

/*
 * Whether nobody but root and this user (on Windows: the good owners) can change what path leads
 * to: the path itself, all directories and links on the way, and with OWNED_ENTRIES the entries,
 * but for the one called except (or NULL).  What isn't there is no fault.  On Windows directories
 * above %ProgramData% are the system's own affair, and outside of it only path itself counts.
 * Returns 0, or -1 with ERR_UNSAFE and words that say how to mend it, or what looking gives.
 */
int owned_check(const char *path, unsigned what, const char *except, struct err *e);

/*
 * On Windows, take out of all this the entries of single accounts where the owner is a good one.
 * With adopt, take out any entry of others, and make administrators the owner: only after a person
 * looked at owned_show() and agreed.  On POSIX nothing is changed.  Returns 0 or -1.
 */
int owned_mend(const char *path, unsigned what, const char *except, bool adopt, struct err *e);

/*
 * On Windows, append the paths that owned_mend() leaves without adopt, each with its owner and with
 * whom its entries let in; on POSIX nothing.  Names of accounts are looked up, which may take long.
 * Returns 0 or -1.
 */
int owned_show(const char *path, unsigned what, const char *except, struct buf *out, struct err *e);

/*
 * The same for one regular file in d alone: whoever opened d vouches for the way to it.  Returns 0,
 * or -1 with ERR_UNSAFE, or what looking gives; ERR_NOENT where there is no such file.
 */
int owned_file(struct dir *d, const char *name, struct err *e);

#endif
