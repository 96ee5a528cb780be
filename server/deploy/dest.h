/* SPDX-License-Identifier: ISC */
#ifndef SERVER_DEPLOY_DEST_H
#define SERVER_DEPLOY_DEST_H

/* The directory that a repository is deployed to: of a server, or of this computer. */
#include "lib/sftp/job.h"
#include "lib/sftp/sftp_session.h"
#include "server/deploy/config.h"

struct dest;

/*
 * Opens it.  c and child must outlive the result.  NULL with ERR_NOENT, ERR_CONFIG (the login key)
 * and others; a server that can't be reached is reported by dest_run().
 */
struct dest *
dest_open(const struct deploy_config *c, struct sftp_session_child *child, struct err *e);
void dest_close(struct dest *d);

/*
 * Does n jobs, in any order, and sets their results.  0 when each has one, else -1 with the fault
 * of the connection.
 */
int dest_run(struct dest *d, struct sftp_job *jobs, size_t n, struct err *e);

/*
 * From now on jobs are done also when this process was interrupted (lib/os/process.h), as they
 * clean up; before, dest_run() then does none and returns -1 with ERR_CANCELLED.
 */
void dest_ending(struct dest *d);

/* dest_run(), and the first fault of a job is an error as well. */
int dest_must(struct dest *d, struct sftp_job *jobs, size_t n, struct err *e);

/* The same for a directory of this computer; for dest.c. */
int dest_local_run(struct dir *root, struct sftp_job *jobs, size_t n, struct err *e);

#endif
