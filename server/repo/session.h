/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_SESSION_H
#define SERVER_REPO_SESSION_H

/*
 * Changing a repository: opens it, makes one change and ends it, either at once with the keys that
 * are here or, with a request's file, as a signing request.
 *
 *	session_begin(), edits of s->c, change_seal(), session_sign(), session_write(),
 *	session_end()
 */
#include "server/repo/change.h"

/* Most keys made in one session. */
#define SESSION_KEYS_MAX TUF_KEYS_MAX

struct session {
	struct repo *r;
	struct keystore *ks;
	struct change *c;
	struct passphrases p; /* the caller's; set it before session_begin() */
	const char *action;   /* the command's name, for the log */
	const char *request;  /* the file of the signing request to write, or NULL: go live */
	int64_t days;	      /* term of the roles of the change; 0: the default */
	bool no_deploy;	      /* for the command: --no-deploy */
	/* for the log: what was let through, an array of words; owned, or NULL */
	json_t *allowed;
	/* Private keys made here; session_end() removes them when nothing was written. */
	struct {
		char role[APPLICATION_NAME_MAX + 1], id[SHA256_HEX_SIZE];
	} made[SESSION_KEYS_MAX];
	size_t nmade;
	bool done;
};

/*
 * Opens the repository at path, which must outlive the result, keeps other changes out until
 * repo_close() and completes an interrupted change.  With read, reads its metadata as repo_open()
 * does.  NULL with ERR_BUSY, ERR_CONFLICT (the record is damaged or missing, or the clock or the
 * live metadata is older than its last line) and others.
 */
struct repo *session_lock(const char *path, bool read, struct err *e);

/*
 * Locks the repository and opens its keys for a change called action.  The caller has set p,
 * request, days and allowed; the other members of *s are filled in.  Returns 0 or -1; call
 * session_end() in both cases.
 */
int session_begin(struct session *s, const char *repo, const char *action, struct err *e);
void session_end(struct session *s);

/*
 * Makes a private key of role in keys/.  Returns its public object (a new reference), or NULL.
 * Keys of snapshot and timestamp aren't encrypted.
 */
json_t *session_new_key(struct session *s, const char *role, enum tuf_kind kind, struct err *e);

/*
 * Returns the key object in a file that `key new` wrote, or of a public key in PEM form (a new
 * reference), or NULL.
 */
json_t *session_read_key(const char *path, struct err *e);

/*
 * Signs with the keys in keys/ and checks that they suffice; writes nothing.  For a request does
 * nothing.  Returns 0 or -1.
 */
int session_sign(struct session *s, struct err *e);

/* Records the change and then puts it live, or writes the request.  Returns 0 or -1. */
int session_write(struct session *s, struct err *e);

/* Appends the result in words, which begin with done ("published"), and the next step.  0 or -1. */
int session_report(const struct session *s, const char *done, struct buf *out, struct err *e);

#endif
