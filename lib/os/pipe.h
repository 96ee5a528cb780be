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

/* A descriptor; on Windows what pipe_windows.c makes of two handles. */
typedef intptr_t pipe_end;

#define PIPE_NONE ((pipe_end)-1)

/* Make a pair; neither end is inherited by programs that are started.  0 or -1. */
int pipe_pair(pipe_end ends[2], struct err *e);

/* p may be PIPE_NONE. */
void pipe_close(pipe_end p);

/* Tell the peer that nothing more will be written. */
void pipe_finish(pipe_end p);

/*
 * Read or write what is possible at once, *did says how many bytes.  1 something was done, 0
 * nothing is possible now,
 * -1 error; pipe_read() sets *ended when the peer is gone and all that it wrote was read.  Writing
 * to a peer that is gone is ERR_PROTOCOL.  After a 0, pipe_write() is called again with the same
 * bytes, or never again.
 */
int pipe_read(pipe_end p, void *data, size_t len, size_t *did, bool *ended, struct err *e);
int pipe_write(pipe_end p, const void *data, size_t len, size_t *did, struct err *e);

/*
 * Wait until it can be read from or written to, as asked, or the peer is gone.  deadline is of
 * clock_mono_ms(). 0, or -1 with ERR_TIMEOUT or ERR_IO.
 */
int pipe_wait(pipe_end p, bool reading, bool writing, int64_t deadline, struct err *e);

/* Wait until the peer is gone; what it wrote before may be lost.  Whether it is. */
bool pipe_wait_gone(pipe_end p, int64_t deadline);

#endif
