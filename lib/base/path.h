/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_PATH_H
#define LIB_BASE_PATH_H

/*
 * Names of files: which ones from outside may be used, and joining.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Bytes of a relative path, and of one component of it. */
#define PATH_REL_MAX	   1024
#define PATH_COMPONENT_MAX 200

/*
 * Whether len bytes at path are a relative path that means the same file on every platform, and
 * stays below the directory that it is opened in.  '/' separates; refused are: empty, over the
 * limits, not UTF-8, a leading or doubled or final '/', "." and "..", control characters and any of
 * \ : * ? " < > |, a component that ends in '.' or ' ', and the device names that Windows reserves
 * (CON, PRN, AUX, NUL, CONIN$, CONOUT$, COM0 to COM9, LPT0 to LPT9, with any extension).
 * 0, or -1 with ERR_UNSAFE or ERR_TOO_LARGE and a text that names the path and the fault.
 */
int path_check(const char *path, size_t len, struct err *e);

/* Compare two paths the way a file system without regard to case does (ASCII letters only). */
int path_casecmp(const char *a, const char *b);

/* Most bytes of the name of an application or an installation. */
#define APPLICATION_NAME_MAX 64

/*
 * Whether an application or an installation may have this name: 1 to APPLICATION_NAME_MAX letters,
 * digits, '.', '_' and '-', the first neither '.' nor '-'; no role of TUF and no device of Windows
 * has this name.  application_check() returns 0, or -1 with ERR_USAGE and the fault.
 */
bool valid_application_name(const char *name);
int application_check(const char *name, struct err *e);

/*
 * "dir/name", without doubling a '/' that dir ends in.  An empty dir, or an absolute name, gives
 * name. Appends to out.  0, or -1 with ERR_NOMEM or ERR_TOO_LARGE.
 */
int path_join(struct buf *out, const char *dir, const char *name, struct err *e);

/* The part after the last '/'; points into path. */
const char *path_base(const char *path);

/*
 * Append the absolute path, without links, of something that is there.  0, or -1 with ERR_NOENT,
 * ERR_ACCESS and others of the system, or as buf_adds().
 */
int path_real(struct buf *out, const char *path, struct err *e);

/* Whether path is absolute on this platform. */
bool path_absolute(const char *path);

/*
 * Separators where the platform has two: '/', as all of this program's own paths have, and what
 * other programs and people there write.  In place; on POSIX systems a path stays as it is.
 */
void path_slashes(char *path);
void path_native(char *path);

#endif
