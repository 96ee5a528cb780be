/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_FETCH_FETCH_H
#define UPDATER_FETCH_FETCH_H

/*
 * Fetching files of a repository from the first of its servers that answers:
 * sftp://user@host:port/path or file:///path.  Nothing here believes the bytes that arrive; the
 * caller verifies them.
 */

#include "lib/os/confine.h"
#include "lib/base/err.h"
#include "lib/sftp/file.h"
#include "lib/sftp/sftp_session.h"

struct fetch_config {
	const char *const *urls; /* servers, tried in this order */
	size_t nurls;
	const char *const *host_keys; /* pinned: fingerprints (lib/sftp/fingerprint.h) */
	size_t nhost_keys;
	/* private login key (OpenSSH or PEM); NULL for file: URLs */
	const char *key_file;
	const char *password_file; /* instead of a key, or NULL */
	/*
	 * Most milliseconds for connecting and logging in to one server, and of each silence
	 * afterwards.
	 */
	int64_t connect_ms;
	/* clock_mono_ms() at which everything ends with ERR_TIMEOUT */
	int64_t deadline;
	/* Called once for each server that failed before another was tried; may be NULL. */
	void (*failed)(void *arg, const char *url, const struct err *why);
	void *arg;
	struct sftp_session_child *child; /* not NULL where a URL is sftp: */
};

struct fetch;

/*
 * Reads the login and begins to connect to the first server, in the background.  The
 * configuration's texts must outlive the handle.  NULL with ERR_CONFIG or ERR_NOMEM; fetch_files()
 * reports servers that can't be reached.
 */
struct fetch *fetch_start(const struct fetch_config *config, struct err *e);

/*
 * Fetches those of n files that are SFTP_FILE_PENDING, many in flight at once, answered in any
 * order. When a connection breaks, unfinished files go on at their offsets, on the same server once
 * more if it had sent something, then on the next server.  A server has its share of the time that
 * is left, at most connect_ms, to connect and for each silence; a server that only dribbles while
 * there is another counts as silent.  An answer about one file (there is none, it may not be read)
 * is final; the next server isn't asked.  Returns 0 when every file is SFTP_FILE_OK or
 * SFTP_FILE_ABSENT; -1 with the first fault in e otherwise: ERR_NETWORK, ERR_TIMEOUT, ERR_HOSTKEY,
 * ERR_AUTH, ERR_PROTOCOL, ERR_ACCESS, ERR_TOO_LARGE, ERR_UNSAFE (a path), ERR_CONFLICT (the file is
 * shorter than offset), ERR_IO, or an error of data().  No file is SFTP_FILE_PENDING afterwards.
 */
int fetch_files(struct fetch *f, struct sftp_file *files, size_t n, struct err *e);

/* A file for fetch_files(), which puts at most out->max bytes into out.  path is borrowed. */
struct sftp_file fetch_into(const char *path, struct buf *out);

/*
 * The caller rejected what the server sent: calls failed() and goes to the next server.  Returns
 * false when why is no server's fault, or when every server has been left.
 */
bool fetch_next(struct fetch *f, const struct err *why);

/* Returns whether the server, not this machine, caused why. */
bool fetch_is_servers_fault(const struct err *why);

/* Returns the URL of the server that answered, or NULL before one did.  Owned by f. */
const char *fetch_server(const struct fetch *f);

/*
 * Returns how the child that speaks with the server is confined; NULL for a directory, or before
 * the child said so.  Owned by f, until the next call.
 */
const struct confined *fetch_confined(const struct fetch *f);

/* Whether the server that is asked uses Nagle's algorithm, as far as it can be told. */
enum sftp_nagle fetch_nagle(const struct fetch *f);

/* The deadline of the configuration. */
int64_t fetch_deadline(const struct fetch *f);

/* Closes the connection without waiting for the peer.  f may be NULL. */
void fetch_end(struct fetch *f);

#endif
