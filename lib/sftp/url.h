/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_URL_H
#define LIB_SFTP_URL_H

/*
 * Addresses of repositories: sftp://USER@HOST[:PORT]/PATH and file:///PATH (RFC 3986).
 *
 * The text comes from our own configuration, but is checked as if it came from outside: its parts
 * get into packets, calls of the resolver and messages.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/sftp/sftp_frames.h"

/* Bytes of a whole address and of its decoded parts, each with the final NUL. */
#define URL_SIZE      2048
#define URL_PATH_SIZE 1024

#define URL_SFTP_PORT 22

enum url_scheme { URL_SFTP, URL_FILE };

struct url {
	enum url_scheme scheme;
	char user[SFTP_USER_SIZE]; /* "" for file: */
	char host
	    [SFTP_HOST_SIZE]; /* a name or an address, IPv6 without its brackets; "" for file: */
	uint16_t port;	      /* 0 for file: */
	char path
	    [URL_PATH_SIZE]; /* decoded; absolute, without a '/' at its end unless it is "/"; on a drive C:/... */
};

/*
 * Parses len bytes.  Refused are: another scheme, a password, no user (sftp), a host in file: other
 * than localhost, query and fragment, bad or control characters and percent-escapes of them, "."
 * and ".." in the path, parts over their sizes.  0, or -1 with ERR_CONFIG (the text names the
 * address and the fault) and *out unchanged.
 */
int url_parse(const char *text, size_t len, struct url *out, struct err *e);

/*
 * Append the address of a directory of this computer, whose path is absolute.  Returns 0, or -1 as
 * buf_adds().
 */
int url_of_directory(const char *path, struct buf *out, struct err *e);

#endif
