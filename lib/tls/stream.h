/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_STREAM_H
#define LIB_TLS_STREAM_H

/* How bytes are moved: over a descriptor, or by the caller's functions. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/bio.h>

#include "slipway/tls.h"

struct stream {
	int fd;	    /* -1: read and write */
	bool owned; /* the descriptor is closed at the end */
	long (*read)(void *arg, void *buf, size_t len);
	long (*write)(void *arg, const void *buf, size_t len);
	void *arg;
	bool started; /* first holds the first byte, which was only peeked at */
	unsigned char first;
	bool begun; /* head is the first byte that the peer sent */
	unsigned char head;
	bool ended;	  /* the peer's data ended */
	int fault;	  /* errno of the call that failed */
	int64_t deadline; /* clock_mono_ms() at which the handshake ends, or 0 */
	bool blocking, late;
	bool waits;	  /* the last call said WANT_* */
	int cancel;	  /* the program's, whose being readable ends a wait; -1: none */
	bool cancelled;	  /* ... did so: the call said WANT_* */
	bool now;	  /* nothing is waited for, whatever the descriptor is like */
	bool nonblocking; /* a call said that it would block (Windows, which doesn't tell before) */
	int64_t
	    since; /* clock_mono_ms() of the caller's first look at the descriptor; 0: none yet */
	int limit_ms[2]; /* the descriptor's own, read and write; 0: none, -1: not looked at yet */
};

/*
 * A call of the program begins.  The descriptor's own limits of time (SO_RCVTIMEO, SO_SNDTIMEO) are
 * for the whole of it, however many looks at the descriptor it takes and however many signals come.
 */
void stream_begin(struct stream *s);

/*
 * Bytes (0 at the end), WANT_* or ERROR.  A descriptor that blocks is waited for until the
 * deadline, then late is set; or until the program cancels.
 */
long stream_read(struct stream *s, void *buf, size_t len);
long stream_write(struct stream *s, const void *buf, size_t len);

/*
 * Drop what the peer has sent and still sends, at most max bytes: 0 when its data ended or failed,
 * 1 when max is reached, or WANT_*.
 */
long stream_drop(struct stream *s, size_t max);

/* Look at the first byte without taking it: 1, 0 at the end, WANT_* or ERROR. */
long stream_peek(struct stream *s, unsigned char *first);

/*
 * Platform calls: whether fd blocks; whether a call that got no data yet may wait on (if not, it
 * may be cancelled); whether a short write won't wait; end our direction; close.
 */
bool stream_blocks(int fd);
bool stream_waits(struct stream *s);
bool stream_has_room(const struct stream *s);
void stream_end(struct stream *s);
void stream_close(struct stream *s);
long stream_fd_read(struct stream *s, void *buf, size_t len);
long stream_fd_write(struct stream *s, const void *buf, size_t len);
const char *stream_fault(const struct stream *s);

/* The BIO that joins a stream to OpenSSL.  NULL when memory runs out. */
BIO_METHOD *stream_method(void);

#endif
