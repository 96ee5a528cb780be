/* SPDX-License-Identifier: ISC */
#ifndef SERVER_KEYS_KEYSTORE_H
#define SERVER_KEYS_KEYSTORE_H

/*
 * Private keys in files, in a directory of their own that is never served:
 * ROLE.XXXXXXXXXXXXXXXX.pem, where the digits are the first of the key's id, so that a role can
 * have any number of keys and a key can be carried to another machine and back.  Directory 0700,
 * files 0600; a file that others can read is refused.
 */

#include "lib/os/file.h"
#include "server/keys/passphrase.h"
#include "lib/tuf/sign.h"

/* Hexadecimal digits of the key id in a file's name. */
#define KEYSTORE_ID_DIGITS 16

/* Bytes of a key file's name, with the final NUL. */
#define KEYSTORE_NAME_SIZE 128

struct keystore;

/*
 * Opens the directory; with make, creates it.  ERR_ACCESS when others can write or read it.
 */
struct keystore *keystore_open(const char *path, bool make, struct err *e);
/*
 * Opens the directory name in parent, in which others may write; with make, creates it.
 * ERR_UNSAFE when it isn't this user's own, or a link.
 */
struct keystore *keystore_open_in(struct dir *parent, const char *name, bool make, struct err *e);
void keystore_close(struct keystore *ks);

/*
 * Stores k as a key of role, encrypted when passphrase isn't NULL.  ERR_EXISTS if the file exists.
 */
int keystore_add(struct keystore *ks, const char *role, const struct privkey *k,
    const char *passphrase, struct err *e);

/* Whether there is a file for this key.  1, 0 or -1. */
int keystore_has(struct keystore *ks, const char *role, const char *keyid, struct err *e);

/*
 * Loads a role's private key.  An encrypted key gets its passphrase from p, and sets *encrypted
 * (which may be NULL).  Returns NULL with ERR_NOENT (no such file), ERR_AUTH (wrong passphrase),
 * ERR_CONFLICT (the file holds another key), ERR_ACCESS, or an error of passphrase_get().  At a
 * terminal a wrong passphrase is asked for again; the right one is remembered until ks is closed.
 */
struct privkey *keystore_load(struct keystore *ks, const char *role, const char *keyid,
    const struct passphrases *p, bool *encrypted, struct err *e);

/* The same for any file with a private key in PEM form. */
struct privkey *
keystore_read(const char *path, const struct passphrases *p, bool *encrypted, struct err *e);

/* Whether the private key in a file is encrypted.  1, 0 or -1. */
int keystore_sealed(const char *path, struct err *e);

/* The first digits of a key's id, from the name of its file. */
bool keystore_digits(const char *path, char digits[KEYSTORE_ID_DIGITS + 1]);

/* Removes a role's private key, if its file exists. */
int keystore_remove(struct keystore *ks, const char *role, const char *keyid, struct err *e);

/*
 * Writes the public half beside the key, ROLE.XXXXXXXXXXXXXXXX.pub, and appends its path to path.
 */
int keystore_add_public(struct keystore *ks, const char *role, const struct privkey *k,
    struct buf *path, struct err *e);

/*
 * Calls each with the role and the first digits of the id of every private key.  Returns 0 or -1.
 */
int keystore_list(struct keystore *ks,
    int (*each)(void *arg, const char *role, const char *digits, struct err *e), void *arg,
    struct err *e);

/* Whether a private key's file is encrypted.  0 or -1. */
int keystore_encrypted(struct keystore *ks, const char *role, const char *keyid, bool *encrypted,
    struct err *e);

/* The directory, for messages. */
const char *keystore_path(const struct keystore *ks);

#endif
