/* SPDX-License-Identifier: ISC */
#ifndef LIB_SETTINGS_VIEW_H
#define LIB_SETTINGS_VIEW_H

/*
 * The 32-bit view of the registry.  Where a 32-bit program of 64-bit Windows opens a key below
 * HKLM\SOFTWARE, it gets the one of the same name below HKLM\SOFTWARE\WOW6432Node.  HKCU has one
 * view (Windows' documentation: "Registry Keys Affected by WOW64").  Slipway reads and writes the
 * 64-bit view, in every build; a key of the other one is a path like any other.
 */
#include "lib/settings/changeset.h"

#define SETTINGS_VIEW32 "HKLM\\SOFTWARE\\WOW6432Node"

/* Whether a normalised key is of the 32-bit view. */
bool view32_has(const char *key);

/* Appends the key of the 32-bit view that stands for a normalised one.  1, 0 there is none, -1. */
int view32_of(const char *key, struct buf *out, struct err *e);

/* Appends the key that a key of the 32-bit view stands for, or the key itself.  0 or -1. */
int view64_of(const char *key, struct buf *out, struct err *e);

/* Whether c changes a vendor's key (SETTINGS_VENDOR_KEY), and nothing of its 32-bit view. */
bool view32_lacks(const struct changeset *c);

/*
 * For files that people bring: -1 with ERR_SYNTAX and the key to write for a normalised key of the
 * 32-bit view, which a station with RegistryView writes itself; else 0.
 */
int view32_refuse(const char *key, struct err *e);

/*
 * Appends to c, for each of its changes of a vendor's key or below it, the same change of the
 * 32-bit view; nothing where view32_lacks() says no: c is whole already.  Returns 0, or -1 with
 * ERR_TOO_LARGE or ERR_NOMEM and c unchanged.
 */
int view32_mirror(struct changeset *c, struct err *e);

#endif
