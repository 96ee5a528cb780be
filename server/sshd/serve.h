/* SPDX-License-Identifier: ISC */
#ifndef SERVER_SSHD_SERVE_H
#define SERVER_SSHD_SERVE_H

/*
 * Texts of an SFTP service for a repository: sshd's configuration and the host key's fingerprint.
 * No I/O.
 */
#include "lib/base/buf.h"

/* Bytes of a configuration. */
#define SERVE_CONFIG_MAX (64u * 1024)

struct serve_config {
	const char *listen; /* numeric address */
	unsigned port;
	const char *user;		       /* the only account that may log in */
	const char *hostkey, *authorized_keys; /* absolute paths */
};

/*
 * Appends the private configuration of `serve`.  -1 with ERR_UNSAFE when sshd can't read a path.
 */
int serve_config(const struct serve_config *c, struct buf *out, struct err *e);

/* Append the block for a permanent, chrooted service, and the commands that prepare its account. */
int serve_permanent(const char *user, const char *chroot, struct buf *out, struct err *e);

/* The same for the account that deploys: it may write in two directories of the chroot. */
int serve_writer(const char *user, const char *chroot, struct buf *out, struct err *e);

struct serve_setup {
	const char *user, *chroot; /* of the stations */
	const char *keys;	   /* lines of authorized_keys */
	const char *writer;	   /* who may write in the chroot's two directories */
	const char *writer_keys;   /* likewise; NULL: an account that is there */
};

/*
 * Appends a script for sh that makes all of that on the update server, as root.  Returns 0, or -1
 * with ERR_USAGE for a name that some part of it wouldn't take literally, or ERR_SYNTAX for keys
 * that aren't lines of text.
 */
int serve_setup(const struct serve_setup *s, struct buf *out, struct err *e);

/*
 * Appends a systemd service and timer that refresh the repository (an absolute path) as user and,
 * where chroot isn't NULL, copy the refreshed files to the permanent service's directory.  place:
 * where the refresh deploys to, sftp: or an absolute path, or NULL.
 */
int serve_units(const char *repo, const char *user, const char *chroot, const char *place,
    struct buf *out, struct err *e);

/* Append the fingerprint (lib/sftp/fingerprint.h) of a public key file's text. */
int serve_fingerprint(const char *public, struct buf *out, struct err *e);

#endif
