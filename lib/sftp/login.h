/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_LOGIN_H
#define LIB_SFTP_LOGIN_H

/*
 * The private key or the password that a station logs in with, kept apart from the session that
 * uses it.  The session knows the public key and asks for signatures, so that it can run in a
 * process that never has the private key.  It gets a password when it has found the server's host
 * key good.
 *
 * Files as ssh-keygen writes them ("OPENSSH PRIVATE KEY") and PEM (PKCS#8, SEC1), not encrypted;
 * ed25519, and ECDSA over NIST P-256, P-384 and P-521.  RSA is refused: libssh2 1.10 signs with
 * SHA-1 only, which no current server takes.
 */

#include "lib/base/buf.h"

/* Bytes of a public key, of data to sign, and of a signature. */
#define LOGIN_BLOB_MAX	    1024
#define LOGIN_DATA_MAX	    (16u * 1024)
#define LOGIN_SIGNATURE_MAX 512

struct dir;
struct login;

/*
 * Reads a key from a file that only its owner can read.  NULL with ERR_CONFIG (the text says which
 * file and what to do) or ERR_NOMEM.
 */
struct login *login_read(const char *key_file, struct err *e);

/* The same from bytes; name is for messages. */
struct login *login_parse(const char *name, const uint8_t *data, size_t len, struct err *e);

void login_free(struct login *l);

/*
 * Reads a password to log in with instead: the first line of a file that only its owner can read.
 * NULL as login_read().
 */
struct login *login_read_password(const char *file, struct err *e);

/* The same from bytes; name is for messages. */
struct login *
login_parse_password(const char *name, const uint8_t *data, size_t len, struct err *e);

/*
 * Makes an ed25519 key in the new file name, which only its owner can read, durably, and appends
 * the line for authorized_keys (without its end) to line; comment is one line of text.  0, or -1
 * with ERR_EXISTS (the file is there and stays as it is), ERR_SYNTAX (comment), ERR_CRYPTO,
 * ERR_NOMEM or an error of writing.
 */
int
login_make(struct dir *d, const char *name, const char *comment, struct buf *line, struct err *e);

/* The password, or NULL where l is a key.  Owned by l. */
const struct buf *login_password(const struct login *l);

/*
 * The public key as SSH writes it (RFC 4253, section 6.6); empty where l is a password.  Owned by
 * l.
 */
const struct buf *login_blob(const struct login *l);

/* The file that l was read from, for messages. */
const char *login_name(const struct login *l);

/*
 * Appends the signature over len bytes: the part of SSH's signature behind the name of the
 * algorithm (RFC 8709, section 6; RFC 5656, section 3.1.2); l is a key.  0, or -1 with ERR_CRYPTO,
 * ERR_TOO_LARGE or ERR_NOMEM.
 */
int
login_sign(const struct login *l, const uint8_t *data, size_t len, struct buf *out, struct err *e);

#endif
