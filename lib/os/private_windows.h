/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PRIVATE_WINDOWS_H
#define LIB_OS_PRIVATE_WINDOWS_H

/*
 * Owners and access lists of open files and directories, as the texts of lib/base/acl.h: what this
 * user, administrators and the system alone may use, or change.
 */
#include <stdbool.h>

#include "lib/base/acl.h"
#include "lib/os/file_system.h"
#include "lib/os/wide_windows.h"

/*
 * A security descriptor of ACL_PRIVATE for what is made in the open directory parent (NULL: a
 * pipe), to be freed with LocalFree(); NULL with GetLastError().
 */
PSECURITY_DESCRIPTOR windows_private(HANDLE parent);

/* The same of ACL_SHARED. */
PSECURITY_DESCRIPTOR windows_shared(void);

/* Append the SID of this process's user.  0 or a Windows error. */
DWORD windows_self(struct buf *out);

/* Append the owner and list of what is open with READ_CONTROL.  0 or a Windows error. */
DWORD windows_list(HANDLE h, struct buf *out);

/*
 * Give a list to what is open with WRITE_DAC and READ_CONTROL; with owner, its owner too, where
 * that is another one (WRITE_OWNER).  Nothing is inherited from where the file is now: the entries
 * are those of the text.  0 or a Windows error.
 */
DWORD windows_set_list(HANDLE h, const char *text, bool owner);

/*
 * Switch on, or off again, the privileges with which an administrator may use any file, and give it
 * any owner.  Who lacks them gets none.
 */
void windows_use_any_file(bool on);

/*
 * Whether the system makes lists and owners up from a mode, as wine does: what belongs to this user
 * counts as good there, and nothing is read back.
 */
bool windows_lists_made_up(void);

/* Whether an absolute path with '/' is below %ProgramData%, and not that itself. */
bool windows_in_programdata(const char *path);

/*
 * Give an open file (opened with WRITE_DAC and READ_CONTROL) the access list of windows_private().
 * 0 or an error.
 */
DWORD windows_make_private(HANDLE h, HANDLE parent);

/*
 * Take single accounts' entries out of the list of a private directory whose owner is good, which a
 * privileged process found, and which is open with WRITE_DAC, WRITE_OWNER and READ_CONTROL.  Any
 * other list stays.  0 or a Windows error.
 */
DWORD windows_drop_accounts(HANDLE h);

/*
 * Whether nobody but this user, administrators and the system can use an open file or directory.
 * 0, or -1 with ERR_ACCESS.
 */
int windows_check_private(HANDLE h, const char *where, struct err *e);

/* A path for a command that a person copies: with '\\', since tools take '/' for an option. */
const char *windows_pasted(const char *path, char out[FILE_SHOWN_MAX]);

#endif
