/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PRIVATE_WINDOWS_H
#define LIB_OS_PRIVATE_WINDOWS_H

/* What this user, administrators and the system alone may use. */
#include <stdbool.h>

#include "lib/os/wide_windows.h"

/*
 * A security descriptor that this user, administrators and the system alone can use, to be freed
 * with LocalFree(); NULL with GetLastError().
 */
PSECURITY_DESCRIPTOR windows_private(void);

/*
 * A security descriptor for what everybody may read and administrators and the system alone may
 * change, which owns what is made by it to administrators.  As windows_private().
 */
PSECURITY_DESCRIPTOR windows_shared(void);

/*
 * The text of either, as the system's SDDL; user: the SID of this user, whom a private one lets in.
 * Protected, so that nothing is inherited from %ProgramData%, where every user may create files.
 */
#define WINDOWS_SDDL_SIZE 256
void windows_sddl(bool shared, const wchar_t *user, wchar_t out[WINDOWS_SDDL_SIZE]);

/* Whether an absolute path with '/' is below %ProgramData%, and not that itself. */
bool windows_in_programdata(const char *path);

/*
 * Whether nobody but this user, administrators and the system can change an open file or directory.
 * 0, or -1 with ERR_UNSAFE.
 */
int windows_check_owned(HANDLE h, const char *where, struct err *e);

/*
 * Give an open file (opened with WRITE_DAC) the access list of windows_private().  0 or an error.
 */
DWORD windows_make_private(HANDLE h);

/*
 * Whether nobody but this user, administrators and the system can use an open file or directory.
 * 0, or -1 with ERR_ACCESS.
 */
int windows_check_private(HANDLE h, const char *where, struct err *e);

#endif
