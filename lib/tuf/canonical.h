/* SPDX-License-Identifier: ISC */
#ifndef LIB_TUF_CANONICAL_H
#define LIB_TUF_CANONICAL_H

/*
 * Canonical JSON: the bytes under signatures and key ids, in the form of securesystemslib: names
 * sorted by code point, no white space, integers only, and in texts only '"' and '\' are escaped;
 * all other characters, control characters included, are raw UTF-8.
 */
#include <jansson.h>

#include "lib/base/buf.h"

/* Most bytes of one canonical text. */
#define CANONICAL_MAX (64u * 1024 * 1024)

/*
 * Append the canonical form of j to out.  0, or -1 with ERR_SYNTAX (a real number), ERR_TOO_LARGE
 * or ERR_NOMEM.
 */
int canonical_json(const json_t *j, struct buf *out, struct err *e);

#endif
