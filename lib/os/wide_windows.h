/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_WIDE_WINDOWS_H
#define LIB_OS_WIDE_WINDOWS_H

/* For the _windows.c files: UTF-8 inside, UTF-16 at the edge, and the system's errors as ours. */
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <windows.h>

#include "lib/base/buf.h"

/* UTF-16 of UTF-8, ended by a NUL, to be freed.  NULL with ERR_SYNTAX (not UTF-8) or ERR_NOMEM. */
wchar_t *wide_of(const char *text, struct err *e);

/*
 * Append the UTF-8 of UTF-16 that a NUL ends.  0, or -1 with ERR_SYNTAX (half a surrogate pair) or
 * as buf_add().
 */
int wide_add(struct buf *out, const wchar_t *text, struct err *e);

/*
 * A path as the wide API takes it, to be freed: absolute, '\' for '/', and "\\?\" in front so that
 * its length has no limit and nothing in it is rewritten.  NULL with ERR_SYNTAX, ERR_NOMEM or
 * ERR_IO.
 */
wchar_t *wide_path(const char *path, struct err *e);

/*
 * Fill in e for a system error (GetLastError()): its code, "what: the system's words (Windows error
 * 5)".  -1.
 */
__attribute__((format(printf, 3, 4))) int
err_windows(struct err *e, DWORD error, const char *fmt, ...);

/* An environment variable, appended.  1 set, 0 not set or empty, -1. */
int windows_env(const wchar_t *name, struct buf *out, struct err *e);

/* Nanoseconds since 1970 of a FILETIME's 100 ns units since 1601. */
int64_t windows_time_ns(uint64_t units);

#endif
