/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_DUMP_H
#define LIB_SETTINGS_DUMP_H

/* All settings below a key, in one of three forms. */
#include <jansson.h>

#include "lib/settings/settings.h"

/*
 * Appends the settings below key, or below HKLM and HKCU where key is NULL, in the form of a key
 * file, or of a .reg file without its first line.  Returns 0, or -1: ERR_NOENT where there is no
 * such key, and what reading gave.
 */
int dump_text(struct settings *s, const char *key, struct buf *out, struct err *e);
int dump_reg(struct settings *s, const char *key, struct buf *out, struct err *e);

/*
 * The same as {"KEY": {"NAME": {"type", "value"}}}: a dword and a qword as a number (a text where
 * JSON's integers end), a multi as an array, bytes in hexadecimal.  Returns a new reference, or
 * NULL with e.
 */
json_t *dump_json(struct settings *s, const char *key, struct err *e);

#endif
