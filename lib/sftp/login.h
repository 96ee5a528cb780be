/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_LOGIN_H
#define LIB_SFTP_LOGIN_H

/*
 * What a station logs in with, kept apart from the session that uses it.  A private key: the
 * session knows the public key and asks for signatures, so that it can run in a process that never
 * sees the private one.  Or a password, which the session gets when it has found the server's host
 * key good.
 *
 * Files as ssh-keygen writes them ("OPENSSH PRIVATE KEY") and PEM (PKCS#8, SEC1), encrypted or not;
 * ed25519, and ECDSA over NIST P-256, P-384 and P-521.  RSA is refused: libssh2 1.10 signs with
 * SHA-1 only, which no current server takes.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Bytes of a key file, and of a passphrase or password. */
#define LOGIN_FILE_MAX	     (64u * 1024)
#define LOGIN_PASSPHRASE_MAX 1024

/* Bytes of a public key, of what is signed, and of a signature. */
#define LOGIN_BLOB_MAX	    1024
#define LOGIN_DATA_MAX	    (16u * 1024)
#define LOGIN_SIGNATURE_MAX 512

struct login;

/*
 * Read a key from files that only their owner can read.  passphrase_file (its first line counts)
 * may be NULL for a key that isn't encrypted. NULL with ERR_CONFIG (the text says which file and
 * what to do) or ERR_NOMEM.
 */
struct login *login_read(const char *key_file, const char *passphrase_file, struct err *e);

/* The same from bytes; name is for messages. */
struct login *login_parse(const char *name, const uint8_t *data, size_t len, const char *passphrase,
    struct err *e);

void login_free(struct login *l);

/*
 * A password to log in with instead: the first line of a file that only its owner can read.  NULL
 * as login_read().
 */
struct login *login_read_password(const char *file, struct err *e);

/* The same from bytes; name is for messages. */
struct login *
login_parse_password(const char *name, const uint8_t *data, size_t len, struct err *e);

/* The password, or NULL where l is a key.  Owned by l. */
const struct buf *login_password(const struct login *l);

/*
 * The public key as SSH writes it (RFC 4253, section 6.6); empty where l is a password.  Owned by
 * l.
 */
const struct buf *login_blob(const struct login *l);

/* The file that it was read from, for messages. */
const char *login_name(const struct login *l);

/*
 * Append the signature over len bytes: what follows the name of the algorithm in SSH's signature
 * (RFC 8709, section 6; RFC 5656, section 3.1.2); l is a key.  0, or -1 with ERR_CRYPTO,
 * ERR_TOO_LARGE or ERR_NOMEM.
 */
int
login_sign(const struct login *l, const uint8_t *data, size_t len, struct buf *out, struct err *e);

#endif
