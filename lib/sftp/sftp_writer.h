/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_WRITER_H
#define LIB_SFTP_SFTP_WRITER_H

/*
 * Changing the files of a directory over one SFTP session (version 3,
 * draft-ietf-secsh-filexfer-02), and looking at them: the jobs of job.h, many at a time, in any
 * order.  Jobs that depend on each other are added one after the other was done.
 *
 * Pure state as sftp.h, with the same calls.  Nothing the server says is believed: replies must
 * answer a request that is open, names that sftp_job_name() refuses are ignored, and what the
 * server can make us hold is one packet.
 *
 * With posix-rename@openssh.com a rename replaces a file that is there in one step.  Without it
 * the server's own rename is used, which may refuse that.  With fsync@openssh.com the bytes of a
 * file are durable before it is renamed.
 */
#include "lib/sftp/job.h"

/* Jobs that are under way at a time, and their writes without an answer. */
#define SFTP_WRITER_JOBS   32u
#define SFTP_WRITER_WRITES 64u

/* Bytes of one packet of the server; OpenSSH sends no longer ones. */
#define SFTP_WRITER_PACKET_MAX (256u * 1024)

struct sftp_writer;

/* root is the absolute path on the server (copied).  NULL with ERR_NOMEM. */
struct sftp_writer *sftp_writer_new(const char *root, struct err *e);
void sftp_writer_free(struct sftp_writer *w);

/*
 * Adds a job, unless its result isn't SFTP_JOB_PENDING.  The struct must stay where it is until it
 * has a result or w is freed.  A job that sftp_job_check() refuses fails at once.  0, or -1 with
 * ERR_NOMEM.
 */
int sftp_writer_add(struct sftp_writer *w, struct sftp_job *j, struct err *e);

/*
 * As sftp_output(), sftp_sent(), sftp_input() and sftp_done().  sftp_writer_output() calls pull()
 * of jobs, sftp_writer_input() the others.
 */
int sftp_writer_output(struct sftp_writer *w, const uint8_t **bytes, size_t *len, struct err *e);
void sftp_writer_sent(struct sftp_writer *w, size_t len);
int sftp_writer_input(struct sftp_writer *w, const uint8_t *bytes, size_t len, struct err *e);
bool sftp_writer_done(const struct sftp_writer *w);

#endif
