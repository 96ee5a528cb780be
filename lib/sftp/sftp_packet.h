/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_PACKET_H
#define LIB_SFTP_SFTP_PACKET_H

/*
 * Packets of SFTP version 3 (draft-ietf-secsh-filexfer-02): writing the few requests that reading
 * files takes, and reading the replies to them.  No state, no I/O.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

/* Packet types (section 3) and status codes (section 7) that are used here. */
enum sftp_type {
	SFTP_INIT = 1,
	SFTP_VERSION = 2,
	SFTP_OPEN = 3,
	SFTP_CLOSE = 4,
	SFTP_READ = 5,
	SFTP_FSTAT = 8,
	SFTP_STATUS = 101,
	SFTP_HANDLE = 102,
	SFTP_DATA = 103,
	SFTP_ATTRS = 105
};

enum sftp_code {
	SFTP_OK = 0,
	SFTP_EOF = 1,
	SFTP_NO_SUCH_FILE = 2,
	SFTP_PERMISSION_DENIED = 3,
	SFTP_FAILURE = 4,
	SFTP_BAD_MESSAGE = 5,
	SFTP_NO_CONNECTION = 6,
	SFTP_CONNECTION_LOST = 7,
	SFTP_OP_UNSUPPORTED = 8
};

/* Limits of the draft: bytes of a handle, and of any packet that a peer must be able to take. */
#define SFTP_HANDLE_MAX 256
#define SFTP_REPLY_MAX	34000

/* Each appends a request to out.  0, or -1 with ERR_NOMEM or ERR_TOO_LARGE. */
int sftp_put_init(struct buf *out, struct err *e);
int sftp_put_open(struct buf *out, uint32_t id, const char *root, const char *path, struct err *e);
int sftp_put_read(struct buf *out, uint32_t id, const uint8_t *handle, size_t len, uint64_t offset,
    uint32_t bytes, struct err *e);
/* SFTP_FSTAT or SFTP_CLOSE. */
int sftp_put_handle(struct buf *out, enum sftp_type type, uint32_t id, const uint8_t *handle,
    size_t len, struct err *e);

/* A reply other than DATA.  Pointers lead into the packet. */
struct sftp_reply {
	uint8_t type;
	uint32_t id;	     /* for VERSION: the version */
	uint32_t code;	     /* STATUS */
	const char *message; /* STATUS: what the server says, not terminated */
	size_t messagelen;
	const uint8_t *handle; /* HANDLE */
	size_t handlelen;
	bool has_size, has_mode; /* ATTRS */
	uint64_t size;
	uint32_t mode;
};

/*
 * Reads one packet without its length field.  0, or -1 with ERR_PROTOCOL: a type that answers
 * nothing that is asked here, fields that are cut off, bytes left over, a handle that is empty or
 * over its limit.
 */
int sftp_reply_parse(const uint8_t *packet, size_t len, struct sftp_reply *out, struct err *e);

#endif
