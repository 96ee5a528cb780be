/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_SESSION_STATE_H
#define LIB_SFTP_SFTP_SESSION_STATE_H

/*
 * The state of a session, and the judging of frames without a child, for session.c and its fuzz
 * harness alone.
 */
#include "lib/sftp/sftp_session.h"

/* A login takes one signature, or two where a server asks twice. */
#define SIGNATURES_MAX 2

/* Bytes of the answer to a child: a signature or a password. */
#define LOGIN_ANSWER_MAX (4 + SFTP_PASSWORD_MAX)

struct sftp_session {
	struct sftp_session_config config;
	const struct login *login;
	struct child *child; /* NULL after it failed */
	struct confined confined;
	bool hello, connected, other_key, password_given;
	enum sftp_nagle nagle;
	unsigned signatures;
	int64_t paced_from; /* when there last were enough bytes, of clock_mono_ms() */
	uint64_t paced;	    /* bytes since then */
	int64_t connect_until;
};

/* Files that are being fetched. */
struct sftp_session_work {
	struct sftp_session *c;
	struct sftp_file *files;
	size_t n;
	bool moved;
};

/*
 * Takes a frame of the child.  0: go on (and send answer, where it isn't empty); 1: the child is
 * connected, or at the end of its work; -1: the connection failed, or the child lied.
 */
int sftp_session_take(struct sftp_session_work *r, const struct frame *f, struct buf *answer,
    struct err *e);

#endif
