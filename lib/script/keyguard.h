/* SPDX-License-Identifier: ISC */
#ifndef LIB_SCRIPT_KEYGUARD_H
#define LIB_SCRIPT_KEYGUARD_H

/*
 * Which keys a script may touch.  The child checks first, so that the error names the script's
 * line; the parent checks again, because it doesn't trust the child.
 */

#include "lib/script/script.h"

/*
 * Whether a script may read or change a normalised key or, with tree, delete it with all below it.
 * The key must be one of the prefixes or lie below one.  Whatever the prefixes are, it may neither
 * belong to Slipway's own settings, HKLM\SOFTWARE\Slipway, nor (tree) hold them. 0, or -1 with
 * ERR_SCRIPT.
 */
int
keyguard_check(const char *key, bool tree, const char *const *prefixes, size_t n, struct err *e);

/*
 * keyguard_check() by the facts of a script, whose DefaultApplication (facts->default_key) may
 * besides be read (to: NULL) and be set to its own application.  name: of the value; NULL with
 * tree.
 */
int keyguard_touch(const struct script_facts *facts, const char *key, bool tree, const char *name,
    const struct value *to, struct err *e);

#endif
