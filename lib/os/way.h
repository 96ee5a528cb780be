/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_WAY_H
#define LIB_OS_WAY_H

/*
 * The way to a directory in which a privileged process puts a release's files: nobody else may
 * choose where it leads.
 *
 * Each directory above the named one has to belong to root or to this user, and nobody else may
 * write there: not others, not by an access list, and not a group, unless root is its only member.
 * Links there that belong to root or to this user are followed; others are refused.  In a sticky
 * directory of root's (/tmp), where everybody makes names but nobody replaces root's, only
 * directories of root's that are there are entered: links are refused, and nothing is made.  The
 * named directory itself may belong to anybody, and a group may write there: way_writers().
 *
 * The way is walked by descriptor, so that a later change of a name has no effect.  For processes
 * that aren't privileged, and on Windows, the functions are dir_open() and dir_make().
 */
#include "lib/os/dir.h"

#include "lib/base/buf.h"

/*
 * dir_open() and dir_make() with these rules: ERR_UNSAFE with the directory, and the command that
 * mends it, where somebody else can choose the way.
 */
struct dir *way_open(const char *path, struct err *e);
struct dir *way_make(const char *path, unsigned mode, struct err *e);

/*
 * Append to who the users that can write in a directory besides root (on Windows administrators and
 * the system) and this user ("user 1000", "group staff", "everybody"), or nothing, and to mend the
 * command that takes this right away; mend may be NULL.  A directory that can't be looked at has no
 * such users.  A missing directory of Windows has those that it would inherit.  0, or -1 as
 * buf_adds().
 */
int way_writers(const char *path, struct buf *who, struct buf *mend, struct err *e);

/*
 * The same of who can put another directory in the place of path, or of one on the way to it, by
 * the list or owner of one above path: the first such one counts.  On POSIX systems nobody is
 * appended, because way_open() refuses that way.
 */
int way_movers(const char *path, struct buf *who, struct buf *mend, struct err *e);

/* Whether somebody else owns a file, or owns and may change it. */
enum way_others { WAY_NOBODY, WAY_MAY_WRITE, WAY_OWNS };

/* The same of the file d/name; WAY_NOBODY where it can't be looked at. */
enum way_others way_others(struct dir *d, const char *name);

#endif
