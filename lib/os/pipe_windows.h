/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PIPE_WINDOWS_H
#define LIB_OS_PIPE_WINDOWS_H

/* The handles of a pipe on Windows, for child_windows.c. */
#include "lib/os/pipe.h"
#include "lib/os/wide_windows.h"

/* The two handles of an end: the one that it is read from, and the one that it is written to. */
#define PIPE_HANDLES 2

/* Copy the handles of p, which keeps them, to out. */
void pipe_handles(pipe_end p, HANDLE out[PIPE_HANDLES]);

/*
 * Make an end of inherited handles, which the end owns from now on.  PIPE_NONE with ERR_IO (no
 * pipes) or ERR_NOMEM.
 */
pipe_end pipe_adopt(const HANDLE handles[PIPE_HANDLES], struct err *e);

#endif
