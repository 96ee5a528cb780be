/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PRIVATE_WINDOWS_H
#define LIB_OS_PRIVATE_WINDOWS_H

/* What this user, administrators and the system alone may use. */
#include "lib/os/wide_windows.h"

/*
 * A security descriptor that this user, administrators and the system alone can use, to be freed
 * with LocalFree(); NULL with GetLastError().
 */
PSECURITY_DESCRIPTOR windows_private(void);

/*
 * Whether nobody but this user, administrators and the system can use an open file or directory.
 * 0, or -1 with ERR_ACCESS.
 */
int windows_check_private(HANDLE h, const char *where, struct err *e);

#endif
