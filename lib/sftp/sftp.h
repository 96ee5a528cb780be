/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_H
#define LIB_SFTP_SFTP_H

/*
 * Reading many files over one SFTP session (version 3, draft-ietf-secsh-filexfer-02) with as few
 * round trips as the protocol allows: INIT goes out together with the first OPENs; each handle is
 * followed at once by FSTAT and all READs that the windows have room for; nothing waits for a
 * CLOSE.  The size that FSTAT gives saves the READ that would find the end of the file; it is never
 * waited for, and a server that doesn't give it is read until it says EOF.
 *
 * Pure state: bytes in, bytes out, no socket and no clock.  Nothing the server says is believed:
 * replies must answer a request that is open, carry no more than was asked, and lengths are checked
 * before memory is taken.
 */

#include "lib/sftp/file.h"

/*
 * Most bytes that one READ asks for.  A server that answers with less is asked for that much from
 * then on, or, below SFTP_READ_LEAST, for one piece of each file at a time.
 */
#define SFTP_READ_MAX	(255u * 1024)
#define SFTP_READ_LEAST 1024u

/*
 * Bytes of all files that are asked for and not yet handed on, which the server can make us hold:
 * as many as the channel's window.
 */
#define SFTP_WINDOW_BYTES (4u * 1024 * 1024)

/*
 * Requests without reply, and files open at once (OpenSSH's limit is its number of descriptors,
 * often 1,024).
 */
#define SFTP_WINDOW_REQUESTS 4096u
#define SFTP_OPEN_MAX	     960u

struct sftp_limits {
	uint32_t read; /* as the four above */
	uint64_t bytes;
	uint32_t requests;
	uint32_t open;
};

struct sftp;

/*
 * root is the repository's absolute path on the server (copied).  limits may be NULL.  NULL with
 * ERR_NOMEM.
 */
struct sftp *sftp_new(const char *root, const struct sftp_limits *limits, struct err *e);
void sftp_free(struct sftp *s);

/*
 * Asks for n more files, but for those whose result isn't SFTP_FILE_PENDING.  The structs must stay
 * where they are until they have a result or s is freed.  A path that path_check() refuses, or an
 * offset above max, fails at once.  0, or -1 with ERR_NOMEM.
 */
int sftp_add(struct sftp *s, struct sftp_file *files, size_t n, struct err *e);

/*
 * Sets *bytes and *len to the bytes that are to be sent now (0: none), valid until the next call.
 * 0, or -1 with ERR_NOMEM.
 */
int sftp_output(struct sftp *s, const uint8_t **bytes, size_t *len, struct err *e);

/* The caller sent len of these bytes. */
void sftp_sent(struct sftp *s, size_t len);

/*
 * Takes bytes of the server, cut anywhere.  Calls data() of files and sets their results.  0,
 * or -1 with ERR_PROTOCOL, ERR_NETWORK (the server says that it lost its connection) or ERR_NOMEM:
 * the session is of no more use, and files without a result keep SFTP_FILE_PENDING and the
 * offset that they reached.
 */
int sftp_input(struct sftp *s, const uint8_t *bytes, size_t len, struct err *e);

/* Returns whether every file has a result. */
bool sftp_done(const struct sftp *s);

#endif
