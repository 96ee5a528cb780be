/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_SIGN_H
#define LIB_TUF_SIGN_H

/* Signatures over metadata. */

#include "lib/tuf/privkey.h"

/*
 * Append to out a whole metadata file: {"signatures": [...], "signed": signed_part}, signed by n
 * keys. The file ends in a newline.
 */
int sign_metadata(const json_t *signed_part, struct privkey *const *keys, size_t n, struct buf *out,
    struct err *e);

/*
 * Add k's signature to a metadata object {"signatures", "signed"}, replacing an earlier one of the
 * same key.
 */
int sign_add(json_t *metadata, const struct privkey *k, struct err *e);

/* Append the text of a metadata object to out, as sign_metadata() writes it. */
int sign_write(const json_t *metadata, struct buf *out, struct err *e);

#endif
