/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_CONFINE_WINDOWS_H
#define LIB_OS_CONFINE_WINDOWS_H

/*
 * What a child is confined by before its first instruction.  Not for others.
 */
#include "lib/os/confine.h"
#include "lib/os/wide_windows.h"

/*
 * A token of this user that opens only what everybody can open, has no privilege and is of low
 * integrity.  NULL where the system gives none.
 */
HANDLE confine_token(void);

/*
 * A job whose processes end with its handle, with the limits of want (may be NULL), for one
 * process.  NULL with e filled in.
 */
HANDLE confine_job(const struct confine_want *want, struct err *e);

/*
 * What a process that is in the job already can't do on the desktop.  Where the system allows that:
 * not in a job within others.
 */
void confine_desktop(HANDLE job);

#endif
