/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_CONFINE_WINDOWS_H
#define LIB_OS_CONFINE_WINDOWS_H

/*
 * The measures that a parent takes before the first instruction of its child; for child_windows.c.
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
 * Limit the use of the desktop by a process in the job.  Windows refuses this for a job within
 * others.
 */
void confine_desktop(HANDLE job);

#endif
