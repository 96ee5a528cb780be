/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_PATH_H
#define LIB_BASE_PATH_H

/* Names from outside: which of them may name a file or an application. */
#include <stdbool.h>
#include <stddef.h>

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

/*
 * path_check(), and whether the name is one that a release may bring to a station that doesn't have
 * it yet.  Refused are besides: what text_is_safe() refuses, devices of Windows with a superscript
 * digit, and CLOCK$, names like those that Windows makes up ("PROGRA~1"), and a
 * component that begins with ".slipway-", as Slipway's own names do.  0 or -1 as path_check().
 */
int path_portable(const char *path, size_t len, struct err *e);

/*
 * Whether an absolute path of Windows, with '/' or '\\' between its parts, is one that all programs
 * there take, and for the same place: "X:/..." or "//server/share/...", and no part but "." and ".."
 * that path_check() refuses.  Windows drops dots and blanks at the end of a part, and behind "//?/"
 * or "//./" it doesn't.  0, or -1 with ERR_UNSAFE and a text that names the path and the fault.
 */
int path_windows(const char *path, struct err *e);

/*
 * Characters, as Windows counts them (UTF-16), of the longest path that programs there open unless
 * they say that they know longer ones, and of the longest name of a release that lets people hope
 * so, whatever the directory.
 */
#define PATH_PROGRAMS_MAX 259
#define PATH_HOPEFUL_MAX  200

/* The characters of UTF-16 that a text in UTF-8 has. */
size_t path_characters(const char *path);

/* Compare two paths without regard to the case of ASCII letters; fold.h knows the others. */
int path_casecmp(const char *a, const char *b);

/* Most bytes of the name of an application or an installation. */
#define APPLICATION_NAME_MAX 64

/*
 * Whether an application or an installation may have this name: 1 to APPLICATION_NAME_MAX letters,
 * digits, '.', '_' and '-', the first neither '.' nor '-'; no role of TUF and no device of Windows
 * has this name.  application_check() and installation_check() return 0, or -1 with ERR_USAGE and
 * the fault.
 */
bool valid_application_name(const char *name);
int application_check(const char *name, struct err *e);
int installation_check(const char *name, struct err *e);

#endif
