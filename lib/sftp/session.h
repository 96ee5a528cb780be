/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SESSION_H
#define LIB_SFTP_SESSION_H

/*
 * One connection to one SFTP server, in a fetch child (carry.h).  Whatever the child does, it costs
 * this server and nothing else: it is killed when it sends what it must not, or is silent too long.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/os/confine.h"
#include "lib/base/err.h"
#include "updater/fetch/fetch.h"
#include "lib/sftp/login.h"
#include "lib/sftp/url.h"

struct carrier;

struct carrier_config {
	const struct url *url;
	const char *const *host_keys;
	size_t nhost_keys;
	/* most time to connect and log in, and for hearing nothing afterwards */
	int64_t connect_ms;
	int64_t deadline; /* of clock_mono_ms() */
	/* that can still be tried, this one counted: they share the time that is left */
	size_t servers;
	bool ecdsa; /* ask for the server's ECDSA host key */
	/* of carrier_early(): taken and set to NULL where there is one; may be NULL */
	struct child **early;
};

/*
 * A child that is started before it is known which server it will be for, so that it gets ready
 * while its parent finds out.  What nobody takes is ended with child_end().  NULL: there is none,
 * and carrier_start() will say why.
 */
struct child *carrier_early(void);

/*
 * Start the child, which connects at once.  What c points to must outlive the handle.  NULL with
 * what child_start() gave.
 */
struct carrier *carrier_start(const struct carrier_config *c, struct err *e);

/*
 * What to log in with, which must outlive the handle; before carrier_run(), which tells of a child
 * that is gone.  0, or -1 with ERR_NOMEM.
 */
int carrier_login(struct carrier *c, const struct login *login, struct err *e);

/*
 * Fetch those of n files that are FETCH_PENDING, as fetch_files() says.  0 when all of them have a
 * result; -1 with the fault of the connection, which is of no more use then.  *moved: something had
 * come, bytes or results.
 */
int carrier_run(struct carrier *c, struct fetch_file *files, size_t n, bool *moved, struct err *e);

/*
 * After a failure with ERR_HOSTKEY: whether the server's other key may be the one that is pinned.
 */
bool carrier_other_key(const struct carrier *c);

/* How the child is confined; NULL before it said so. */
const struct confined *carrier_confined(const struct carrier *c);

/* End the child and reap it.  c may be NULL. */
void carrier_end(struct carrier *c);

#endif
