/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PATH_H
#define LIB_OS_PATH_H

/* Paths of this system: joining, taking apart, and resolving. */
#include <stdbool.h>

#include "lib/base/buf.h"

/*
 * "dir/name", without doubling a '/' that dir ends in.  An empty dir, or an absolute name, gives
 * name. Appends to out.  0, or -1 with ERR_NOMEM or ERR_TOO_LARGE.
 */
int path_join(struct buf *out, const char *dir, const char *name, struct err *e);

/* The part after the last '/'; points into path. */
const char *path_base(const char *path);

/*
 * The bytes of the root that an absolute path begins with: "/"; on Windows "C:/" or
 * "//server/share/" with the last separator, where there is one.  0 where path isn't absolute.
 */
size_t path_root(const char *path);

/* Remove separators at the end of a path, but not of its root. */
void path_trim(char *path);

/*
 * Cut the last part of an absolute path off, and return it: it stays behind the NUL that ends path
 * now.  NULL, with path as it was, when path is a root or names something directly below it.
 */
char *path_cut(char *path);

/*
 * Append the absolute path, without links, of something that is there.  0, or -1 with ERR_NOENT,
 * ERR_ACCESS and others of the system, or as buf_adds().
 */
int path_real(struct buf *out, const char *path, struct err *e);

/*
 * Append an absolute path with the links in it resolved, as far as it is there; the rest, without
 * "." and "..", stays as it is.  0, or -1 as buf_adds().
 */
int path_resolve(struct buf *out, const char *path, struct err *e);

/*
 * Whether two paths of path_resolve() name one place, or one lies in the other, also where a
 * directory is mounted in two places; on Windows without regard to case.
 */
bool path_overlap(const char *a, const char *b);

/* Whether path is absolute on this platform. */
bool path_absolute(const char *path);

/*
 * Whether programs of this system may not be able to open an absolute path for its length: on
 * Windows over PATH_PROGRAMS_MAX characters.  Slipway's own programs open any.
 */
bool path_too_long(const char *path);

/*
 * Separators where the platform has two: '/', as all of this program's own paths have, and what
 * other programs and people there write.  In place; on POSIX systems a path stays as it is.
 */
void path_slashes(char *path);
void path_native(char *path);

#endif
