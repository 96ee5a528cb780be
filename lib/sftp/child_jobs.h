/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_CHILD_JOBS_H
#define LIB_SFTP_CHILD_JOBS_H

/* The jobs of a fetch child, for child.c alone: the frames O, T, B, W, N, D and J. */
#include "lib/os/frame.h"
#include "lib/sftp/ssh.h"

struct child_jobs;

/* root: the path on the server (copied).  NULL with ERR_NOMEM. */
struct child_jobs *child_jobs_new(struct frames *parent, const char *root, struct err *e);
void child_jobs_free(struct child_jobs *c);

/* Takes the jobs of a frame O.  0, or -1 with ERR_PROTOCOL or ERR_NOMEM. */
int child_jobs_take(struct child_jobs *c, const struct frame *f, struct err *e);

/*
 * Does them, by a frame T, and forgets them.  0; 1 with the fault of the connection in why; or -1
 * when the parent is gone.
 */
int child_jobs_do(struct child_jobs *c, struct ssh *ssh, const struct frame *f, struct err *why,
    struct err *e);

#endif
