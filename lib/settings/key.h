/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_KEY_H
#define LIB_SETTINGS_KEY_H

/*
 * Rules for key paths and for names of values.  Keys and names are compared without regard to ASCII
 * case, in every locale: ascii_same().
 */
#include <stdbool.h>

#include "lib/base/buf.h"

/* Bytes: the registry's own limits. */
#define SETTING_KEY_MAX	 1024
#define SETTING_PART_MAX 255
#define SETTING_NAME_MAX 255

/*
 * Normalise a key path: '/' becomes '\', HKEY_LOCAL_MACHINE and HKEY_CURRENT_USER become HKLM and
 * HKCU, the root is written in upper case, "Computer\" before it is dropped.  Refuses empty parts,
 * control characters, bytes that are not UTF-8, other roots, parts and paths over the limits.
 * Appends to out.  0, or -1 with ERR_SYNTAX or ERR_TOO_LARGE.
 */
int setting_key_normal(const char *key, size_t len, struct buf *out, struct err *e);

/*
 * A value's name: UTF-8, no control characters, not empty, no '=' at its start.  0 or -1 with
 * ERR_SYNTAX.
 */
int setting_name_check(const char *name, size_t len, struct err *e);

/* Whether the normalised key is prefix itself or lies below it, without regard to case. */
bool setting_key_within(const char *key, const char *prefix);

/* A hash that agrees with ascii_same(), for our own tables; an adversary can find collisions. */
uint64_t setting_hash(const char *text, size_t len, uint64_t seed);

#endif
