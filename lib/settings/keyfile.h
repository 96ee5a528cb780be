/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_KEYFILE_H
#define LIB_SETTINGS_KEYFILE_H

/*
 * One key file in memory: bytes in, edits, bytes out.  No I/O.
 *
 * Lines that are not edited are kept byte for byte: comments, blank lines, order, indentation, line
 * endings, a byte order mark.  A file with one malformed line is refused as a whole.  Grammar:
 * docs/settings.md.
 *
 * Keys are normalised (setting_key_normal()).  After an edit that returned -1 the model must only
 * be freed.
 */

#include "lib/settings/settings.h"

/* Bytes of a key file; keylines.h and keyline.h limit its lines. */
#define KEYFILE_SIZE_MAX (16u * 1024 * 1024)

/* The format of key files, which the first line of those that Slipway makes states. */
#define KEYFILE_FORMAT 1

struct keyfile;

/*
 * Read len bytes.  Only keys below root ("HKLM" or "HKCU") may be in the file.  NULL with
 * ERR_SYNTAX or ERR_TOO_LARGE (the text begins with "line N: "), ERR_VERSION (a newer Slipway made
 * the file), or ERR_NOMEM.
 */
struct keyfile *keyfile_parse(const void *data, size_t len, const char *root, struct err *e);

/* An empty one that states its format once something is in it.  NULL with ERR_NOMEM. */
struct keyfile *keyfile_new(struct err *e);
void keyfile_free(struct keyfile *f);

/* A copy, to be edited.  NULL with ERR_NOMEM. */
struct keyfile *keyfile_copy(const struct keyfile *f, struct err *e);

/* Whether nothing is in it, not even a comment. */
bool keyfile_empty(const struct keyfile *f);

/*
 * Append the whole file to out.  0, or -1 with ERR_TOO_LARGE (over KEYFILE_SIZE_MAX) or ERR_NOMEM.
 */
int keyfile_write(const struct keyfile *f, struct buf *out, struct err *e);

/* A copy of one value into *v, which the caller frees.  1 found, 0 not there, -1 error. */
int keyfile_get(const struct keyfile *f, const char *key, const char *name, struct value *v,
    struct err *e);

/* As settings_list(). */
int keyfile_list(const struct keyfile *f, const char *key, const struct settings_walk *walk,
    struct err *e);

/* Call each() for every value of key and of the keys below it, in the file's order.  0 or -1. */
int keyfile_each(const struct keyfile *f, const char *key,
    int (*each)(void *arg, const char *key, const char *name, const struct value *v, struct err *e),
    void *arg, struct err *e);

/* Edits.  1 when the file changed, 0 when it already had this value, -1 error. */
int keyfile_set(struct keyfile *f, const char *key, const char *name, const struct value *v,
    struct err *e);

/* Returns whether the file changed. */
bool keyfile_delete(struct keyfile *f, const char *key, const char *name);
bool keyfile_delete_tree(struct keyfile *f, const char *key);

#endif
