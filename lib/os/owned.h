/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_OWNED_H
#define LIB_OS_OWNED_H

/*
 * Who can change what a privileged process believes.
 */
#include <stdbool.h>

#include "lib/os/dir.h"

/*
 * Whether nobody but root (on Windows: administrators and the system) and this user can change what
 * path leads to: the path itself, all directories and links on the way, and with entries all that
 * is directly in the directory that it names.  What isn't there is no fault.  On Windows
 * directories above %ProgramData% are the system's own affair, and outside of it only path itself
 * counts. Returns 0, or -1 with ERR_UNSAFE and words that say how to mend it, or what looking
 * gives.
 */
int owned_check(const char *path, bool entries, struct err *e);

/*
 * The same for one regular file in d alone: whoever opened d vouches for the way to it.  Returns 0,
 * or -1 with ERR_UNSAFE, or what looking gives; ERR_NOENT where there is no such file.
 */
int owned_file(struct dir *d, const char *name, struct err *e);

#endif
