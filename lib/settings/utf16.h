/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_UTF16_H
#define LIB_SETTINGS_UTF16_H

/* UTF-16LE, as .reg files and the registry have it, to UTF-8 and back (RFC 2781, RFC 3629). */

#include "lib/base/buf.h"

/*
 * Append len bytes of UTF-16LE as UTF-8.  0, or -1 with ERR_SYNTAX (odd length, half a surrogate
 * pair) or as buf_add().
 */
int utf16_to_utf8(const uint8_t *data, size_t len, struct buf *out, struct err *e);

/* Append len bytes of UTF-8 as UTF-16LE.  0, or -1 with ERR_SYNTAX (not UTF-8) or as buf_add(). */
int utf8_to_utf16(const char *text, size_t len, struct buf *out, struct err *e);

#endif
