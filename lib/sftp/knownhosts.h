/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_KNOWNHOSTS_H
#define LIB_SFTP_KNOWNHOSTS_H

/*
 * Host keys from a file in OpenSSH's known_hosts format (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"),
 * read through libssh2: plain and hashed names, [host]:port.  Names with wildcards never match.
 * Lines marked @cert-authority are ignored; a key on a line marked @revoked counts for no host.
 */

#include "lib/base/buf.h"
#include "lib/sftp/fingerprint.h"

#define KNOWNHOSTS_FILE_MAX (4u * 1024 * 1024) /* bytes */
#define KNOWNHOSTS_KEYS_MAX 16		       /* keys of one host */

struct knownhosts {
	char print[KNOWNHOSTS_KEYS_MAX][FINGERPRINT_SIZE]; /* fingerprints */
	size_t n;
};

/*
 * Finds the keys that file has for a host.  0, or -1 with ERR_HOSTKEY (none; the text says how to
 * get them), ERR_TOO_LARGE, ERR_NOMEM or an error of reading the file.
 */
int knownhosts_find(const char *file, const char *host, uint16_t port, struct knownhosts *out,
    struct err *e);

/* The same from text, which is changed; file is for messages. */
int knownhosts_parse(const char *file, struct buf *text, const char *host, uint16_t port,
    struct knownhosts *out, struct err *e);

#endif
