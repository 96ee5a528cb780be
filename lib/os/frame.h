/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_FRAME_H
#define LIB_OS_FRAME_H

/*
 * Frames over a pipe to a child or parent: four bytes of length in network order, one byte that
 * is its type, and the content.  The length counts the content alone.
 *
 * A side that sends also reads, into a buffer of fixed size, so that two sides that send at the
 * same time don't wait for each other for ever.  Whatever the other side does, a call ends at its
 * deadline and holds no more memory than the limit of frames_open().
 */

#include "lib/base/wire.h"
#include "lib/os/pipe.h"

#define FRAME_HEADER_SIZE 5u

/* Largest limit that frames_open() takes, bytes of content. */
#define FRAME_SIZE_MAX (16u * 1024 * 1024)

/* A deadline that never passes. */
#define FRAME_FOREVER INT64_MAX

struct frames;

struct frame {
	uint8_t type;
	const uint8_t *data; /* valid until the next frame_recv() or frames_close() */
	size_t len;
};

/*
 * max: most bytes of content of one frame, either way.  p is owned from now on, also on failure.
 * NULL with ERR_TOO_LARGE (max) or ERR_NOMEM.
 */
struct frames *frames_open(pipe_end p, size_t max, struct err *e);
void frames_close(struct frames *f);
pipe_end frames_pipe(const struct frames *f);

/*
 * Send one frame.  0, or -1 with ERR_TOO_LARGE (nothing was sent), ERR_TIMEOUT, ERR_PROTOCOL (the
 * other side is gone) or ERR_IO; after any of the last three the stream can only be closed.
 */
int frame_send(struct frames *f, uint8_t type, const void *data, size_t len, int64_t deadline,
    struct err *e);

/*
 * Receive one frame.  1 received, 0 the stream ended between two frames, -1 with ERR_TIMEOUT,
 * ERR_PROTOCOL (a length over the limit, an end in the middle of a frame) or ERR_IO.
 */
int frame_recv(struct frames *f, struct frame *out, int64_t deadline, struct err *e);

/*
 * Texts in frames: strings of wire.h that end in their only NUL.
 *
 * frame_name() returns the next text of at most max bytes, or NULL with w->bad set where there is
 * none.
 */
const char *frame_name(struct wire *w, size_t max);
int frame_put_name(struct buf *b, const char *text, struct err *e);

/*
 * Errors in frames.  frame_err() fills in e with the next error of the other process and returns
 * -1; a code that makes no sense becomes ERR_PROTOCOL.
 */
int frame_err(struct wire *w, struct err *e);
int frame_put_err(struct buf *b, const struct err *what, struct err *e);

#endif
