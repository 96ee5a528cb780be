/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_SESSION_H
#define LIB_SFTP_SFTP_SESSION_H

/*
 * One connection to one SFTP server, in a fetch child (sftp_frames.h).  Whatever the child does,
 * only this server is lost: a child that sends a forbidden frame, or is silent for too long, is
 * killed.
 */

#include "lib/os/child.h"
#include "lib/sftp/file.h"
#include "lib/sftp/job.h"
#include "lib/sftp/login.h"
#include "lib/sftp/url.h"

struct sftp_session;

/*
 * Where children come from.  early was started before it was known which server it is for, so that
 * it prepares meanwhile: child_start() of role, or NULL.  A session takes it and sets it to NULL;
 * the caller ends an unused one with child_end().
 */
struct sftp_session_child {
	const struct child_role *role;
	struct child *early;
};

struct sftp_session_config {
	const struct url *url;
	const char *const *host_keys;
	size_t nhost_keys;
	/* most milliseconds to connect and log in, and of each silence afterwards */
	int64_t connect_ms;
	int64_t deadline; /* of clock_mono_ms() */
	/* servers that can still be tried, with this one: they share the time that is left */
	size_t servers;
	bool ecdsa; /* ask for the server's ECDSA host key */
	struct sftp_session_child *child;
};

/*
 * Starts the child, which connects at once.  What c points to must outlive the handle.  NULL with
 * the error of child_start().
 */
struct sftp_session *sftp_session_start(const struct sftp_session_config *c, struct err *e);

/*
 * Tells the child the public half of login, which must outlive the handle; call it once, before
 * sftp_session_run(), which reports a child that is gone.  0, or -1 with ERR_NOMEM.
 */
int sftp_session_login(struct sftp_session *c, const struct login *login, struct err *e);

/*
 * Fetches those of n files that are SFTP_FILE_PENDING, and sets their results.  0 when all of them
 * have one; -1 with the error of the connection, which is of no more use then, and pending files
 * keep the offset that they reached.  *moved: bytes or results had come.
 */
int sftp_session_run(struct sftp_session *c, struct sftp_file *files, size_t n, bool *moved,
    struct err *e);

/*
 * Does those of n jobs that are SFTP_JOB_PENDING, many at a time and in any order, and sets their
 * results; n isn't 0, url is sftp:.  A session does jobs or fetches files, not both.  0 when all of
 * them have a result; -1 with the error of the connection, which is of no more use then.
 */
int sftp_session_do(struct sftp_session *c, struct sftp_job *jobs, size_t n, struct err *e);

/* After ERR_HOSTKEY: returns whether the server's other key may be the pinned one. */
bool sftp_session_other_key(const struct sftp_session *c);

/* Whether the server uses Nagle's algorithm; unknown before it is connected. */
enum sftp_nagle sftp_session_nagle(const struct sftp_session *c);

/* Returns how the child is confined; NULL before it said so. */
const struct confined *sftp_session_confined(const struct sftp_session *c);

/* Ends the child and reaps it.  c may be NULL. */
void sftp_session_end(struct sftp_session *c);

#endif
