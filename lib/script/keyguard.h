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

/* A value of an installation, below its key, and the one text that a script may set there. */
struct keyguard_single {
	const char *below, *name, *to; /* to NULL: the script's own application */
};

/*
 * The row of a value that the application that a station has as its default may set, besides what
 * is below its own keys: DefaultApplication, and the switch of D2Update.  NULL: it is none.
 */
const struct keyguard_single *
keyguard_single(const char *installation, const char *key, const char *name);

/*
 * keyguard_check() by the facts of a script, which may besides read single values (to: NULL) and
 * set them to their text, where facts->is_default.  name: of the value; NULL with tree.
 */
int keyguard_touch(const struct script_facts *facts, const char *key, bool tree, const char *name,
    const struct value *to, struct err *e);

#endif
