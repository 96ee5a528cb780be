/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SESSION_H
#define LIB_SFTP_SESSION_H

/*
 * One connection to one SFTP server, in a fetch child (sftp_frames.h).  Whatever the child does, it costs
 * this server and nothing else: it is killed when it sends what it must not, or is silent too long.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/os/child.h"
#include "lib/os/confine.h"
#include "lib/base/err.h"
#include "lib/sftp/file.h"
#include "lib/sftp/login.h"
#include "lib/sftp/url.h"

struct session;

/*
 * Where children come from.  early was started before it was known which server it is for, so that
 * it prepares meanwhile: child_start() of role, or NULL.  A session takes it and sets it to NULL;
 * the caller ends an unused one with child_end().
 */
struct session_child {
	const struct child_role *role;
	struct child *early;
};

struct session_config {
	const struct url *url;
	const char *const *host_keys;
	size_t nhost_keys;
	/* most time to connect and log in, and for hearing nothing afterwards */
	int64_t connect_ms;
	int64_t deadline; /* of clock_mono_ms() */
	/* that can still be tried, this one counted: they share the time that is left */
	size_t servers;
	bool ecdsa; /* ask for the server's ECDSA host key */
	struct session_child *child;
};

/*
 * Start the child, which connects at once.  What c points to must outlive the handle.  NULL with
 * what child_start() gave.
 */
struct session *session_start(const struct session_config *c, struct err *e);

/*
 * What to log in with, which must outlive the handle; before session_run(), which tells of a child
 * that is gone.  0, or -1 with ERR_NOMEM.
 */
int session_login(struct session *c, const struct login *login, struct err *e);

/*
 * Fetch those of n files that are SFTP_FILE_PENDING, as fetch_files() says.  0 when all of them have a
 * result; -1 with the fault of the connection, which is of no more use then.  *moved: something had
 * come, bytes or results.
 */
int session_run(struct session *c, struct sftp_file *files, size_t n, bool *moved, struct err *e);

/*
 * After a failure with ERR_HOSTKEY: whether the server's other key may be the one that is pinned.
 */
bool session_other_key(const struct session *c);

/* How the child is confined; NULL before it said so. */
const struct confined *session_confined(const struct session *c);

/* End the child and reap it.  c may be NULL. */
void session_end(struct session *c);

#endif
