/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_PACKET_H
#define LIB_SFTP_SFTP_PACKET_H

/*
 * Packets of SFTP version 3 (draft-ietf-secsh-filexfer-02): writing the requests that reading and
 * writing files takes, and reading the replies to them.  No state, no I/O.
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
	SFTP_WRITE = 6,
	SFTP_FSTAT = 8,
	SFTP_SETSTAT = 9,
	SFTP_FSETSTAT = 10,
	SFTP_OPENDIR = 11,
	SFTP_READDIR = 12,
	SFTP_REMOVE = 13,
	SFTP_MKDIR = 14,
	SFTP_RENAME = 18,
	SFTP_STATUS = 101,
	SFTP_HANDLE = 102,
	SFTP_DATA = 103,
	SFTP_NAME = 104,
	SFTP_ATTRS = 105,
	SFTP_EXTENDED = 200
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
/* SFTP_FSTAT, SFTP_CLOSE or SFTP_READDIR. */
int sftp_put_handle(struct buf *out, enum sftp_type type, uint32_t id, const uint8_t *handle,
    size_t len, struct err *e);

/*
 * Requests that change something.  path is below root; "" is root itself.  mode: of a new file or
 * directory, permission bits.
 */
int sftp_put_create(struct buf *out, uint32_t id, const char *root, const char *path,
    bool exclusive, unsigned mode, struct err *e);
int sftp_put_write(struct buf *out, uint32_t id, const uint8_t *handle, size_t len, uint64_t offset,
    const void *bytes, size_t n, struct err *e);
int sftp_put_fsetstat(struct buf *out, uint32_t id, const uint8_t *handle, size_t len,
    unsigned mode, struct err *e);
/* SFTP_OPENDIR or SFTP_REMOVE. */
int sftp_put_path(struct buf *out, enum sftp_type type, uint32_t id, const char *root,
    const char *path, struct err *e);
/* SFTP_MKDIR or SFTP_SETSTAT. */
int sftp_put_path_mode(struct buf *out, enum sftp_type type, uint32_t id, const char *root,
    const char *path, unsigned mode, struct err *e);
/* posix: by the extension posix-rename@openssh.com, which replaces a file that is there. */
int sftp_put_rename(struct buf *out, uint32_t id, const char *root, const char *from,
    const char *to, bool posix, struct err *e);
/* The extension fsync@openssh.com. */
int sftp_put_fsync(struct buf *out, uint32_t id, const uint8_t *handle, size_t len, struct err *e);

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

/* The extensions that a VERSION names, as far as they are used here. */
struct sftp_extensions {
	bool posix_rename, fsync;
};

/* Reads them from a packet that sftp_reply_parse() took. */
void sftp_extensions_parse(const uint8_t *packet, size_t len, struct sftp_extensions *out);

/* An entry of NAME.  The name isn't terminated, and may hold anything. */
struct sftp_name {
	const char *name;
	size_t len;
	bool has_size, has_mode;
	uint64_t size;
	uint32_t mode;
};

/*
 * Reads a whole packet NAME without its length field, and calls each() for its entries, until
 * each() returns -1.  0, or -1 with ERR_PROTOCOL (also after some calls) or the error of each().
 */
int sftp_names_parse(const uint8_t *packet, size_t len,
    int (*each)(void *arg, const struct sftp_name *name, struct err *e), void *arg, struct err *e);

#endif
