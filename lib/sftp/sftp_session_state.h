/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_SESSION_STATE_H
#define LIB_SFTP_SFTP_SESSION_STATE_H

/*
 * The state of a session, and the judging of frames without a child, for session.c and its fuzz
 * harness alone.
 */
#include "lib/sftp/sftp_frames.h"
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
	bool writing; /* it does jobs */
	enum sftp_nagle nagle;
	unsigned signatures;
	int64_t paced_from; /* when there last were enough bytes, of clock_mono_ms() */
	uint64_t paced;	    /* bytes since then */
	int64_t connect_until;
};

/* Files that are being fetched, or (files NULL) jobs that are being done. */
struct sftp_session_work {
	struct sftp_session *c;
	struct sftp_file *files;
	struct sftp_job *jobs;
	size_t n;
	bool moved;
	enum sftp_frame reply; /* the type of answer */
};

/* The server in messages: "host:port", or the path of a directory. */
#define SFTP_SESSION_NAME_SIZE (SFTP_HOST_SIZE + 8)
const char *sftp_session_name(const struct sftp_session *c, char out[SFTP_SESSION_NAME_SIZE]);

/* Reports that the child sent what it must not.  Returns -1. */
int sftp_session_lied(struct sftp_session *c, const char *what, struct err *e);

/* Takes frames until the child is connected, or has ended its work.  0 or -1. */
int sftp_session_listen(struct sftp_session_work *r, struct err *e);

/* The milliseconds that are left, and those of one silence, for a frame G or T.  0 or -1. */
int sftp_session_tell_go(struct sftp_session *c, enum sftp_frame type, struct err *e);

/* sftp_session_take() of a connected child that does jobs, but for E. */
int sftp_session_take_job(struct sftp_session_work *r, const struct frame *f, struct buf *answer,
    struct err *e);

/*
 * Takes a frame of the child.  0: go on (and send answer, where it isn't empty); 1: the child is
 * connected, or at the end of its work; -1: the connection failed, or the child lied.
 */
int sftp_session_take(struct sftp_session_work *r, const struct frame *f, struct buf *answer,
    struct err *e);

#endif
