/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_PIPE_H
#define LIB_OS_PIPE_H

/*
 * One end of a two-way pipe between this process and a child of it: bytes in order, never blocking.
 * A peer that is gone is the end of the stream, never a signal.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* A descriptor; on Windows a struct of pipe_windows.c with two handles. */
typedef intptr_t pipe_end;

#define PIPE_NONE ((pipe_end)-1)

/* Make a pair; neither end is inherited by programs that are started.  0 or -1. */
int pipe_pair(pipe_end ends[2], struct err *e);

/* p may be PIPE_NONE. */
void pipe_close(pipe_end p);

/* Tell the peer that nothing more will be written. */
void pipe_finish(pipe_end p);

/*
 * Read or write as many bytes as is possible at once; *did is their number.  1 some were moved, 0
 * none can be moved now, -1 error.  pipe_read() sets *ended when the peer is gone and all that it
 * wrote was read.  Writing to a peer that is gone is ERR_PROTOCOL.  After a 0, pipe_write() must be
 * called with the same bytes again, or not at all.
 */
int pipe_read(pipe_end p, void *data, size_t len, size_t *did, bool *ended, struct err *e);
int pipe_write(pipe_end p, const void *data, size_t len, size_t *did, struct err *e);

/*
 * Wait until the pipe can be read or written, as asked, or the peer is gone.  deadline is of
 * clock_mono_ms().  0, or -1 with ERR_TIMEOUT or ERR_IO.
 */
int pipe_wait(pipe_end p, bool reading, bool writing, int64_t deadline, struct err *e);

/* Wait until the peer is gone, dropping unread bytes.  False when the deadline passed. */
bool pipe_wait_gone(pipe_end p, int64_t deadline);

#endif
