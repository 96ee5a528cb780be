/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_WAY_WINDOWS_H
#define LIB_OS_WAY_WINDOWS_H

/* Who may write in a directory, by its security descriptor. */
#include "lib/base/buf.h"
#include "lib/os/way.h"
#include "lib/os/wide_windows.h"

/*
 * Append to who the users besides administrators, the system, the installer of Windows and self
 * that own a file or directory or may change it or what is made in it, and to mend what icacls
 * needs after the path.  inherited: of a parent, only what a new directory in it inherits.  Nothing
 * is asked but the descriptor: no name, no group of a domain.  Returns 0, or -1 as buf_adds().
 */
int windows_writers(PSECURITY_DESCRIPTOR sd, PSID self, bool inherited, struct buf *who,
    struct buf *mend, struct err *e);

/* The same of who can give a directory another name, or change who may. */
int windows_movers(PSECURITY_DESCRIPTOR sd, PSID self, struct buf *who, struct buf *mend,
    struct err *e);

/* The same of one file: who can write to it. */
enum way_others windows_others(PSECURITY_DESCRIPTOR sd, PSID self);

#endif
