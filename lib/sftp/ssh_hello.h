/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SSH_HELLO_H
#define LIB_SFTP_SSH_HELLO_H

/*
 * What a server sends in clear: text before its identification (RFC 4253, section 4.2), the
 * identification, and the algorithms that it has (section 7.1).  Pure: bytes in, texts out.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/sftp/file.h"

/* Bytes of it that are kept, and of an identification without its line's end. */
#define SSH_HELLO_MAX	       (64u * 1024)
#define SSH_IDENTIFICATION_MAX 255

/*
 * Finds the identification in the bytes that came.  1: it begins at *at; 0: it isn't there yet; -1
 * with ERR_PROTOCOL: it is too long.
 */
int ssh_hello_find(const uint8_t *data, size_t len, size_t *at, struct err *e);

/* Appends what a server said instead of its identification, made safe, or nothing.  0 or -1. */
int ssh_hello_said(const uint8_t *data, size_t len, struct buf *out, struct err *e);

/*
 * When the beginning of a connection was seen, milliseconds of one clock: our identification left,
 * the server's identification came, its list of algorithms began to come.  rtt: the round-trip
 * time.  waited: the server's identification was waited for, and read when it came.
 */
struct ssh_hello_times {
	int64_t sent, identified, listed, rtt;
	bool waited;
};

/*
 * Whether the server uses Nagle's algorithm.  It sends its identification and then, once it has
 * ours, its list: right behind, or a round trip later, when the first is acknowledged.  Unknown
 * where the round trip is too short to tell, the server is slow, or ours came too late to have been
 * there.
 */
enum sftp_nagle ssh_hello_nagle(const struct ssh_hello_times *t);

/* Kinds of algorithms; of each a side has a list with commas. */
enum ssh_kind { SSH_KIND_KEX, SSH_KIND_HOSTKEY, SSH_KIND_CIPHER, SSH_KIND_MAC, SSH_KINDS };

/*
 * Appends each kind that has nothing in common, with what both sides have, from the bytes that
 * begin with the identification.  Nothing is appended where the server's list didn't come.  0 or
 * -1.
 */
int ssh_hello_compare(const uint8_t *data, size_t len, const char *const ours[SSH_KINDS],
    struct buf *out, struct err *e);

#endif
